// How the candidates are seen: the grid's size, the image and one candidate enlarged side by side, the comparison.

import { align, multipleFor, paint, unit } from "./pixels.js";

const WIDE = matchMedia("(min-width: 64rem)");
const SMALLEST = 24; // CSS pixels, the least size of a target
const GAP = [4, 24]; // CSS pixels between columns
let size = 96; // CSS pixels of a candidate, kept from trial to trial

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export class Viewing {
  constructor(root, lowRes, candidates, cells) {
    Object.assign(this, { root, lowRes, candidates, cells, shown: 0 });
    this.find = (selector) => root.querySelector(selector);
    this.image = this.find("[data-low-res]");
    this.loupe = this.find("[data-loupe]");
    this.side = Math.max(candidates[0].width, candidates[0].height);
  }

  fit() {
    if (!this.root.isConnected) return;
    const multiple = multipleFor(this.side, size);
    this.cells.forEach((cell, position) => paint(cell.firstChild, this.candidates[position], multiple));
    this.spread((this.candidates[0].width * multiple) / devicePixelRatio);
    this.loupe.hidden = false;
    paint(this.image, this.lowRes, this.beside(this.panelMultiple()));
    this.enlarge(this.shown);
    align([...this.cells.map((cell) => cell.firstChild), this.image, this.loupe.querySelector("canvas")]);
  }

  // Whole pixels between the columns, so that the rows fill the width.
  spread(width) {
    const [least, most] = GAP;
    const cell = Math.ceil(width) + 6;
    const room = this.find("[data-grid]").clientWidth;
    const columns = Math.min(Math.floor((room + least) / (cell + least)), this.cells.length);
    const gap = columns > 1 ? Math.floor((room - columns * cell) / (columns - 1)) : least;
    this.find("[data-grid]").style.setProperty("--gap", `${Math.min(Math.max(gap, least), most)}px`);
  }

  // A candidate's pixel takes `multiple` device pixels, one of the LR image `scale` times that: both have one size.
  beside(multiple) {
    return Math.max(1, Math.round((multiple * this.candidates[0].width) / this.lowRes.width));
  }

  panelMultiple() {
    const room = WIDE.matches ? Math.min(this.image.closest("aside").clientWidth - 2, (innerHeight - 350) / 2) : 104;
    return multipleFor(this.side, room);
  }

  enlarge(position) {
    this.shown = position;
    paint(this.loupe.querySelector("canvas"), this.candidates[position], this.panelMultiple());
    this.find("[data-loupe-name]").textContent = `Candidate ${position + 1}`;
  }

  zoom(direction) {
    const multiple = multipleFor(this.side, size);
    const step = direction * unit() * Math.max(1, Math.round(multiple / unit() / 4));
    const wanted = ((multiple + step) * this.side) / devicePixelRatio;
    if (multiple + step < 1 || wanted < SMALLEST || wanted > this.find("[data-grid]").clientWidth - 6) return;
    size = wanted;
    this.fit();
  }

  compare(picks) {
    const multiple = multipleFor(this.side, Math.min(240, innerWidth / 2 - 44));
    const figure = (bitmap, times, caption) => {
      const canvas = make("canvas", { className: "pixels" });
      paint(canvas, bitmap, times);
      return make("figure", {}, canvas, make("figcaption", { textContent: caption }));
    };
    this.find("[data-compare-row]").replaceChildren(
      figure(this.lowRes, this.beside(multiple), "The image"),
      ...picks.map((position) => figure(this.candidates[position], multiple, `Candidate ${position + 1}`)),
    );
    this.find("dialog").showModal();
    align([...this.root.querySelectorAll("[data-compare-row] canvas")]);
  }
}
