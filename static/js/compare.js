// The image and some candidates in a dialog, under the loupe of the page: side by side, or taking turns in one place.

import { make } from "./elements.js";

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const TURN = 600; // milliseconds between turns that come by themselves
const LEAST = 200; // and between any two: nothing flashes more than three times a second

export class Compare {
  constructor(viewing) {
    Object.assign(this, { viewing, dialog: viewing.find("dialog"), last: 0 });
    this.row = viewing.find("[data-compare-row]");
    this.dialog.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-compare-do]");
      if (button) this[button.dataset.compareDo]();
    });
    this.dialog.addEventListener("keydown", ({ key, repeat }) => {
      if (key.toLowerCase() === "f" && !repeat) this.turn();
    });
    this.dialog.addEventListener("close", () => {
      this.pause();
      this.row.replaceChildren();
      viewing.over = undefined;
      viewing.paint();
    });
  }

  open(picks) {
    this.positions = [null, ...picks];
    this.row.replaceChildren(...this.positions.map((position, i) => this.figure(position, i)));
    this.viewing.over = this;
    this.dialog.showModal();
    this.place(false);
  }

  close() {
    this.dialog.close();
  }

  find(what) {
    return this.dialog.querySelector(`[data-compare-do=${what}]`);
  }

  // The first two candidates take turns, or the image and the only one, until others are ticked.
  figure(position, i) {
    const checked = this.positions.length > 2 ? i === 1 || i === 2 : true;
    const tick = make("input", { type: "checkbox", checked });
    return this.viewing.figure(make("label", {}, tick, this.viewing.name(position)));
  }

  paint() {
    this.viewing.paintRow(this.row, this.positions, this.room());
  }

  // CSS pixels for each picture: all in one row where there is space, two in a row on a phone.
  room() {
    const most = innerWidth < 640 ? 2 : 4;
    const columns = this.alone ? 1 : Math.min(this.positions.length, most);
    return Math.min((this.row.clientWidth - 16 * (columns - 1)) / columns, Math.max(innerHeight - 300, 120));
  }

  // Side by side, or all in one place with only one to be seen.
  together() {
    this.place(!this.alone);
  }

  place(alone) {
    this.alone = alone;
    this.pause();
    this.row.classList.toggle("alone", alone);
    this.find("together").setAttribute("aria-pressed", alone);
    this.find("turn").hidden = !alone;
    this.find("alternate").hidden = !alone || CALM.matches;
    this.front(this.ticked()[0]);
    if (alone && this.row.contains(document.activeElement)) this.find("turn").focus();
    this.paint();
  }

  ticked() {
    const figures = [...this.row.children];
    const ticked = figures.filter((figure) => figure.querySelector(":checked"));
    return ticked.length > 1 ? ticked : figures;
  }

  front(figure) {
    for (const other of this.row.children) other.classList.toggle("front", other === figure);
    this.dialog.querySelector("[data-compare-live]").textContent = this.alone && !this.timer ? figure.textContent : "";
  }

  turn() {
    if (!this.alone) return this.place(true);
    if (performance.now() - this.last < LEAST) return;
    this.last = performance.now();
    const ticked = this.ticked();
    const now = ticked.findIndex((figure) => figure.classList.contains("front"));
    this.front(ticked[(now + 1) % ticked.length]);
  }

  alternate() {
    if (this.timer) return this.pause();
    this.timer = setInterval(() => (CALM.matches || !this.dialog.isConnected ? this.pause() : this.turn()), TURN);
    this.find("alternate").setAttribute("aria-pressed", true);
  }

  pause() {
    this.timer = clearInterval(this.timer);
    this.find("alternate").setAttribute("aria-pressed", false);
  }
}
