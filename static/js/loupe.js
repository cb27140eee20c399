// One magnifier for everything in sight: the same place of the image, equally near, in whole pixels of the LR image.

import { devicePixels, multipleFor } from "./pixels.js";
import { say } from "./texts.js";

const LEAST = 8; // pixels of a candidate (and two of the LR image) that always stay in sight
const KEYS = { l: "toggle", "+": "in", "=": "in", "-": "out", 0: "reset", a: "left", d: "right", w: "up", s: "down" };
const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export class Loupe {
  // whole: width and height of the LR image; scale: pixels of a candidate per pixel of it
  constructor(root, whole, scale, changed) {
    Object.assign(this, { root, whole, scale, changed, side: Math.max(...whole) * scale });
    Object.assign(this, { zoom: 1, place: [0.5, 0.5], room: 100, most: whole });
    this.parts = new WeakMap(); // canvas -> [left, top, width, height] of the LR image on it
    root.addEventListener("keydown", (event) => this.key(event), true);
    root.addEventListener("click", (event) => this.click(event));
    // A mouse over the map looks there as long as it is there.
    root.addEventListener("pointermove", (event) => event.target.matches("[data-map]") && this.look(this.under(event)));
    root.addEventListener("pointerout", ({ target }) => target.matches("[data-map]") && this.look());
  }

  // Pixels of the LR image that `room` CSS pixels show before anything is magnified: not all of a large one.
  base(room) {
    const fit = Math.floor(devicePixels(room) / multipleFor(this.side, room) / this.scale);
    return this.whole.map((length) => clamp(fit, 1, length));
  }

  // What `room` CSS pixels show now: the multiple of a candidate's pixels, and the part of the LR image. Where the part
  // does not fit, its middle.
  view(room, base) {
    const wanted = base.map((length) => Math.max(1, Math.floor(length / this.zoom)));
    const multiple = multipleFor(Math.max(...wanted) * this.scale, room);
    const fit = Math.max(1, Math.floor(devicePixels(room) / multiple / this.scale));
    const size = wanted.map((length) => Math.min(length, fit));
    const start = this.whole.map((whole, i) =>
      clamp(Math.round((this.peek ?? this.place)[i] * whole - size[i] / 2), 0, whole - size[i]));
    return { multiple, part: [...start, ...size] };
  }

  get part() {
    return this.view(this.room, this.most).part;
  }

  get partial() {
    return this.part.some((length, i) => i > 1 && length < this.whole[i - 2]);
  }

  get nearest() {
    return Math.max(...this.most) / this.zoom / 2 < Math.max(2, LEAST / this.scale);
  }

  // Buttons, map and moves go by what these CSS pixels show.
  follow(room, base) {
    Object.assign(this, { room, most: base });
    const { part, partial, nearest } = this;
    const off = { in: nearest, out: this.zoom === 1 };
    for (const button of this.root.querySelectorAll("[data-magnify]")) {
      button.setAttribute("aria-disabled", off[button.dataset.magnify] ?? !partial);
    }
    for (const text of this.root.querySelectorAll("[data-magnified]")) text.textContent = `×${this.zoom}`;
    for (const text of this.root.querySelectorAll("[data-in-part]")) text.hidden = !partial || this.zoom > 1;
    this.root.classList.toggle("magnified", partial);
    const [left, top, width, height] = part.map((length, i) => `${(100 * length) / this.whole[i % 2]}%`);
    const frames = this.root.querySelectorAll(".magnifier-frame");
    for (const { style } of frames) Object.assign(style, { left, top, width, height });
  }

  key(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const what = key.startsWith("Arrow") ? shiftKey && key.slice(5).toLowerCase() : KEYS[key.toLowerCase()];
    if (!what) return;
    event.preventDefault();
    event.stopPropagation();
    this.run(what);
  }

  click(event) {
    const button = event.target.closest("[data-magnify]");
    if (button) return this.run(button.dataset.magnify);
    if (!event.target.matches("[data-aim], [data-map]")) return;
    this.place = this.under(event);
    if (!this.partial && !this.nearest) this.zoom = 2;
    this.tell();
  }

  look(place) {
    this.peek = place;
    this.changed();
  }

  // The place of the image, in [0, 1], under the pointer.
  under({ target, clientX, clientY }) {
    const part = target.matches("[data-map]") ? [0, 0, ...this.whole] : this.parts.get(target);
    const { left, top, width, height } = target.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height].map((share, i) =>
      clamp((part[i] + share * part[i + 2]) / this.whole[i], 0, 1));
  }

  run(what) {
    const zoom = { in: this.zoom * 2, out: this.zoom / 2, toggle: this.zoom > 1 ? 1 : 2, reset: 1 }[what] ?? this.zoom;
    if (zoom < 1 || (zoom > this.zoom && this.nearest)) return;
    this.peek = undefined;
    if (what === "reset") this.place = [0.5, 0.5];
    if (WAYS[what]) this.place = this.whole.map((_, i) => this.moved(i, WAYS[what][i]));
    this.zoom = zoom;
    this.tell();
  }

  // By a quarter of what is in sight, and not beyond the edge.
  moved(axis, way) {
    const [whole, start, length] = [this.whole[axis], this.part[axis], this.part[axis + 2]];
    return (clamp(start + way * Math.max(1, Math.round(length / 4)), 0, whole - length) + length / 2) / whole;
  }

  tell() {
    this.look();
    const [x, y] = this.place.map((share) => Math.round(100 * share));
    const text = this.zoom > 1 || this.partial ? say("magnified", { zoom: this.zoom, x, y }) : say("not_magnified");
    for (const live of this.root.querySelectorAll("[data-loupe-live]")) live.textContent = text;
    this.root.dispatchEvent(new CustomEvent("looking", { detail: ["loupe", `${this.zoom} ${x} ${y}`] }));
  }
}
