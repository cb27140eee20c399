// The part of the image that decided: squares of a grid, or an outline that is drawn, or set corner by corner.

import { rove } from "./keys.js";
import { align, multipleFor, paint } from "./pixels.js";
import { say } from "./texts.js";

const ROOM = 320; // CSS pixels
const STEP = 1 / 40; // of the image, for the cross that arrow keys move
const SLIP = 4; // CSS pixels that a finger may slip and still set a corner
const MOST = 300; // corners
const within = (share) => Math.min(1, Math.max(0, Math.round(share * 1e4) / 1e4));

class Part {
  constructor(root, changed) {
    Object.assign(this, { root, changed });
    this.find = (what) => root.querySelector(`[data-region-${what}]`);
    this.cover = this.find("cover");
    this.find("clear").addEventListener("click", () => this.set({}));
  }

  set(value) {
    this.value = value;
    this.show();
    this.changed();
  }

  draw(bitmap) {
    const room = Math.min(ROOM, this.root.clientWidth);
    const canvas = this.root.querySelector("canvas");
    paint(canvas, bitmap, multipleFor(Math.max(bitmap.width, bitmap.height), room));
    align([canvas]);
    this.show();
  }

  show() {
    for (const what of ["clear", "undo"]) if (this.find(what)) this.find(what).disabled = this.empty;
  }
}

class Squares extends Part {
  constructor(root, changed) {
    super(root, changed);
    this.squares = [...this.cover.children];
    this.columns = Number(root.dataset.columns);
    this.cover.style.setProperty("--columns", this.columns);
    this.cover.addEventListener("change", () => this.set(this.value));
    this.cover.addEventListener("keydown", (event) => rove(event, this.squares, this.columns));
  }

  get value() {
    const cells = this.squares.flatMap(({ checked }, cell) => (checked ? [cell] : []));
    return cells.length ? { kind: "grid", columns: this.columns, rows: this.squares.length / this.columns, cells } : {};
  }

  set value({ cells = [] }) {
    this.squares.forEach((square, cell) => (square.checked = cells.includes(cell)));
  }

  get empty() {
    return !this.value.kind;
  }
}

class Outline extends Part {
  constructor(root, changed) {
    super(root, changed);
    Object.assign(this, { points: [], cross: [0.5, 0.5] });
    this.find("undo").addEventListener("click", () => this.undo());
    const on = { keydown: this.key, pointerdown: this.press, pointermove: this.drag, pointerup: this.release };
    for (const kind in on) this.cover.addEventListener(kind, (event) => on[kind].call(this, event));
    for (const kind of ["focus", "blur"]) this.cover.addEventListener(kind, () => this.show());
    this.cover.addEventListener("pointercancel", () => (this.drawn = undefined));
  }

  get value() {
    return this.points.length < 3 ? {} : { kind: "lasso", points: this.points };
  }

  set value({ points = [] }) {
    this.points = points.slice(0, MOST);
  }

  get empty() {
    return !this.points.length;
  }

  get unfinished() {
    return !this.empty && !this.value.kind;
  }

  corners(points) {
    this.set({ points });
    this.find("live").textContent = say("corners", { count: this.points.length });
  }

  undo() {
    this.corners(this.points.slice(0, -1));
  }

  press({ button, pointerId, clientX, clientY }) {
    if (button) return;
    this.cover.setPointerCapture(pointerId);
    Object.assign(this, { from: [clientX, clientY], drawn: [], free: false });
  }

  drag({ clientX, clientY }) {
    if (!this.drawn) return;
    this.free ||= Math.hypot(clientX - this.from[0], clientY - this.from[1]) > SLIP;
    const { left, top, width, height } = this.cover.getBoundingClientRect();
    this.drawn.push([within((clientX - left) / width), within((clientY - top) / height)]);
    if (this.free) this.outline(this.drawn);
  }

  // A stroke is a new outline, all the way round however slowly it was drawn; a tap is one corner more.
  release(event) {
    if (!this.drawn) return;
    this.drag(event);
    const { drawn, free, points } = this;
    const each = Math.ceil(drawn.length / MOST);
    this.corners(free && drawn.length > 2 ? drawn.filter((_, at) => at % each === 0) : [...points, drawn.at(-1)]);
    this.drawn = undefined;
  }

  key(event) {
    const { key, shiftKey } = event;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (shiftKey || !(way || [" ", "Enter", "Backspace"].includes(key))) return;
    event.preventDefault();
    if (key === "Backspace") return this.undo();
    if (!way) return this.corners([...this.points, this.cross]);
    this.cross = this.cross.map((share, i) => within(share + way[i] * STEP));
    this.show();
    const [x, y] = this.cross.map((share) => Math.round(100 * share));
    this.find("live").textContent = say("cross", { x, y });
  }

  show() {
    super.show();
    this.outline(this.points);
    const { style } = this.find("cross");
    this.find("cross").hidden = !this.cover.matches(":focus-visible");
    [style.left, style.top] = this.cross.map((share) => `${100 * share}%`);
  }

  outline(points) {
    for (const shape of this.cover.querySelectorAll("polygon")) shape.setAttribute("points", points.join(" "));
  }
}

export const region = (root, changed) => new { grid: Squares, lasso: Outline }[root.dataset.region](root, changed);
