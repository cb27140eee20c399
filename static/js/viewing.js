// How candidates are seen: the size of the grid, the image and one candidate enlarged beside it, all under one loupe.

import { Compare } from "./compare.js";
import { make } from "./elements.js";
import { Loupe } from "./loupe.js";
import { align, multipleFor, paint, paintThumbnail, unit } from "./pixels.js";
import { say } from "./texts.js";

const WIDE = matchMedia("(min-width: 64rem)");
const SMALLEST = 24; // CSS pixels, the least size of a target
const PART = 256; // CSS pixels; of candidates larger than that a part is shown, as large as fits where that is little
const GAP = [4, 24]; // CSS pixels between columns
let size = 96; // CSS pixels of a candidate, kept from trial to trial
let smooth = false;

export class Viewing {
  // bicubic: the LR image in a candidate's size; candidates.bitmap(position): those of the cells and the picks, or more
  constructor(root, lowRes, bicubic, candidates) {
    Object.assign(this, { root, lowRes, bicubic, candidates });
    this.find = (selector) => root.querySelector(selector);
    [this.image, this.enlarged] = [this.find("[data-low-res]"), this.find("[data-enlarged] canvas")];
    this.loupe = new Loupe(root, [lowRes.width, lowRes.height], bicubic.width / lowRes.width, () => this.soon());
    this.compared = new Compare(this);
    root.addEventListener("click", ({ target }) => target.closest("[data-smooth]") && this.soften());
    root.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
      if (key === "c" && !ctrlKey && !altKey && !metaKey) this.compareShown();
    });
    this.press();
  }

  // Another page of candidates: buttons with a canvas and data-position.
  show(cells) {
    this.cells = cells;
    this.positions = cells.map((cell) => Number(cell.dataset.position));
    this.shown = this.positions[0];
    this.near = new Set(cells); // of a long page, those in sight or nearly so
    this.observer?.disconnect();
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.near[isIntersecting ? "add" : "delete"](target);
      this.soon();
    }, { rootMargin: "50%" });
    for (const cell of cells) this.observer.observe(cell);
    this.fit();
  }

  fit() {
    this.width = this.find("[data-grid]").clientWidth;
    if (!this.root.isConnected || !this.width || !this.cells) return;
    const { side, scale } = this.loupe;
    const room = this.width - 6;
    this.box = Math.min(Math.max(size, Math.min(side / devicePixelRatio, room < 2 * PART ? room : PART)), room);
    this.base = this.loupe.base(this.box);
    const pixel = (scale * multipleFor(side, this.box)) / devicePixelRatio;
    this.room = Math.max(...this.base) * pixel;
    const [wide, high] = this.base.map((length) => Math.ceil(length * pixel - 0.01) + 6);
    this.set({ "--cell-width": wide, "--cell-height": high, "--gap": this.gap(wide) });
    this.find("[data-enlarged]").hidden = false;
    for (const map of this.root.querySelectorAll("[data-map]")) paintThumbnail(map, this.lowRes, 64);
    this.aligned = new WeakMap();
    this.paint();
  }

  set(lengths) {
    for (const [name, length] of Object.entries(lengths)) this.root.style.setProperty(name, `${length}px`);
  }

  // Whole pixels between the columns, so that the rows fill the width.
  gap(cell) {
    const [least, most] = GAP;
    const columns = Math.min(Math.floor((this.width + least) / (cell + least)), this.cells.length);
    const gap = columns > 1 ? Math.floor((this.width - columns * cell) / (columns - 1)) : least;
    return Math.min(Math.max(gap, least), most);
  }

  // CSS pixels for each of the two enlarged pictures.
  panelRoom() {
    const { clientWidth } = this.image.closest("aside");
    // On a phone innerHeight changes while somebody scrolls, as the address bar goes: nothing may move for that.
    const { clientHeight } = document.documentElement;
    if (WIDE.matches) return Math.max(120, Math.min(clientWidth - 2, (clientHeight - 388) / 2));
    return Math.max(80, Math.min((innerWidth - 140) / 2, clientHeight / 7));
  }

  // Once per frame, however often the magnifier moves.
  soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = undefined;
      if (this.base && this.root.isConnected) this.paint();
    });
  }

  paint() {
    if (this.over) return this.over.paint();
    const view = this.loupe.view(this.room, this.base);
    const room = this.panelRoom();
    this.panel = this.loupe.view(room, this.base);
    const drawn = [this.image, this.enlarged];
    this.cells.forEach((cell, i) => {
      if (!this.near.has(cell)) return;
      drawn.push(cell.querySelector("canvas"));
      this.draw(drawn.at(-1), this.positions[i], view);
    });
    this.draw(this.image, null, this.panel);
    this.enlarge(this.shown);
    this.loupe.follow(room, this.base);
    const layout = [view, this.panel].map(({ multiple, part }) => [multiple, part[2], part[3]]).join();
    align(drawn.filter((canvas) => this.aligned.get(canvas) !== layout));
    for (const canvas of drawn) this.aligned.set(canvas, layout);
  }

  // A candidate, or the image for null: one pixel of it is as large as `scale` pixels of a candidate.
  draw(canvas, position, { multiple, part }) {
    const { scale, parts } = this.loupe;
    const bitmap = position === null ? smooth && this.bicubic : this.candidates.bitmap(position);
    parts.set(canvas, part);
    if (bitmap) paint(canvas, bitmap, multiple, part.map((length) => length * scale));
    else if (position === null) paint(canvas, this.lowRes, multiple * scale, part);
  }

  enlarge(position) {
    this.shown = position;
    this.draw(this.enlarged, position, this.panel);
    this.find("[data-enlarged-name]").textContent = this.name(position);
  }

  // For what lies over the grid, the comparison or the review (`over`): figures in a row, and what they show.

  name(position) {
    return position === null ? say("the_image") : say("candidate", { number: position + 1 });
  }

  figure(...captions) {
    const canvas = make("canvas", { className: "pixels", data: { aim: "" } });
    return make("figure", {}, canvas, make("figcaption", {}, ...captions));
  }

  // room: CSS pixels for each picture
  paintRow(row, positions, room) {
    const base = this.loupe.base(room);
    const view = this.loupe.view(room, base);
    const canvases = [...row.querySelectorAll("canvas")];
    canvases.forEach((canvas, i) => this.draw(canvas, positions[i], view));
    this.loupe.follow(room, base);
    align(canvases);
  }

  soften() {
    smooth = !smooth;
    this.press();
    this.soon();
  }

  press() {
    for (const button of this.root.querySelectorAll("[data-smooth]")) button.setAttribute("aria-pressed", smooth);
  }

  zoom(direction) {
    const { side } = this.loupe;
    const multiple = multipleFor(side, this.box);
    const step = direction * unit() * Math.max(1, Math.round(multiple / unit() / 4));
    const room = this.width - 6;
    const part = multiple + step < 1 || this.box * devicePixelRatio < side;
    const wanted = part ? Math.min(this.box * 1.3 ** direction, room) : ((multiple + step) * side) / devicePixelRatio;
    if (wanted < SMALLEST || wanted > room) return;
    size = wanted;
    this.fit();
  }

  compare(picks) {
    this.compared.open([...new Set([...picks, this.guest ?? picks[0]])]);
    this.guest = undefined;
  }

  // The picks and the candidate under the pointer or the focus.
  compareShown() {
    const button = this.find("[data-compare]");
    if (button.hidden || button.disabled || this.over) return;
    this.guest = this.shown;
    button.click();
  }
}
