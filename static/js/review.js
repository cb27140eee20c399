// The last look before sending: the picks beside the image, the part that decided, how sure.

import { make } from "./elements.js";
import { align, multipleFor, paint } from "./pixels.js";
import { region } from "./region.js";
import { say } from "./texts.js";

const GAP = 16; // CSS pixels
const ROOM = [140, 320];

export class Review {
  constructor(voting) {
    Object.assign(this, { voting, open: false, root: voting.find("[data-review]") });
    this.scale = this.root.querySelector("[data-confidence]");
    this.scale?.addEventListener("change", () => this.changed("confidence", Number(this.confidence)));
    const part = this.root.querySelector("[data-region]");
    this.region = part && region(part, () => this.changed("region", null));
  }

  get confidence() {
    return this.scale?.querySelector(":checked")?.value;
  }

  restore({ confidence, region: part }) {
    for (const choice of this.scale?.querySelectorAll("input") ?? []) choice.checked = choice.value === confidence;
    if (part && this.region) this.region.value = part;
  }

  changed(kind, value) {
    this.voting.observing.note(kind, value);
    this.voting.changed({ confidence: this.confidence, region: this.region?.value });
    this.voting.tray.refresh();
  }

  // The key of a sentence about what is still to do.
  missing() {
    if (!this.voting.picks.length) return undefined;
    if (this.region?.unfinished) return "three_corners";
    return this.scale && !this.confidence ? "say_how_sure" : undefined;
  }

  answers() {
    return { region: JSON.stringify((this.voting.picks.length && this.region?.value) || {}) };
  }

  toggle(open) {
    const { voting } = this;
    this.open = open;
    this.root.hidden = !open;
    for (const part of ["[data-pool]", ".compare-panel"]) voting.find(part).hidden = open;
    voting.observing.note(open ? "review" : "back");
    voting.refit();
    voting.tray.refresh();
    scrollTo(0, 0);
    voting.find(open ? "[data-review-title]" : '.candidate[tabindex="0"]').focus({ preventScroll: true });
  }

  draw() {
    if (!this.open) return;
    const { pool, picks } = this.voting;
    for (const question of this.root.querySelectorAll("fieldset")) question.hidden = !picks.length;
    const list = this.root.querySelector("[data-review-picks]");
    const { width, height } = pool.bicubic; // as large as a candidate
    const multiple = multipleFor(Math.max(width, height), this.room(list.clientWidth, picks.length + 1));
    const figure = (bitmap, ...captions) => {
      const canvas = make("canvas", { className: "pixels" });
      if (bitmap) paint(canvas, bitmap, (multiple * width) / bitmap.width);
      return make("figure", {}, canvas, make("figcaption", {}, ...captions));
    };
    list.replaceChildren(figure(pool.lowRes, say("the_image")), ...picks.map((position) => {
      const number = position + 1;
      const take = make("button", { type: "button", className: "button button-small", textContent: say("take_back") });
      take.dataset.take = position;
      take.ariaLabel = say("take_back_candidate", { number });
      return figure(pool.bitmap(position), say("candidate", { number }), take);
    }));
    if (picks.length) this.region?.draw(pool.lowRes);
    align([...this.root.querySelectorAll("canvas")]);
  }

  // All in one row if they are still large then, else two in a row on a narrow screen.
  room(width, count) {
    const each = (number) => Math.floor((width - GAP * (number - 1)) / number);
    const [least, most] = ROOM;
    return Math.min(most, each(count) < least ? least : each(count));
  }
}
