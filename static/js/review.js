// The last look before sending: the picks beside the image, the part that decided, how sure.

import { make } from "./elements.js";
import { region } from "./region.js";
import { say } from "./texts.js";

const GAP = 16; // CSS pixels
const ROOM = [140, 320];

export class Review {
  constructor(voting) {
    Object.assign(this, { voting, open: false, root: voting.find("[data-review]") });
    this.list = this.root.querySelector("[data-review-picks]");
    this.scale = this.root.querySelector("[data-confidence]");
    this.scale?.addEventListener("change", () => this.changed("confidence", Number(this.confidence)));
    const part = this.root.querySelector("[data-region]");
    this.region = part && region(part, () => this.changed("region", null));
  }

  get confidence() {
    return this.scale?.querySelector(":checked")?.value;
  }

  restore(confidence, part) {
    const chosen = this.scale?.querySelector(`[value="${confidence}"]`);
    if (chosen) chosen.checked = true;
    if (part && this.region) this.region.value = part;
  }

  changed(kind, value) {
    this.voting.observing.note(kind, value);
    this.voting.ballot.changed({ confidence: this.confidence, region: this.region?.value });
    this.voting.tray.refresh();
  }

  // The key of a sentence about what is still to do.
  missing() {
    if (!this.voting.picks.length) return undefined;
    if (this.region?.unfinished) return "three_corners";
    return this.scale && !this.confidence ? "say_how_sure" : undefined;
  }

  answers() {
    const { confidence, region, voting } = this;
    if (!voting.picks.length) return { confidence: "", region: "" };
    return { confidence: confidence ?? "", region: JSON.stringify(region?.value ?? {}) };
  }

  toggle(open) {
    const { voting } = this;
    this.open = open;
    this.root.hidden = !open;
    for (const part of ["[data-pool]", ".compare-panel"]) voting.find(part).hidden = open;
    voting.viewing.over = open ? this : undefined;
    voting.observing.note(open ? "review" : "back");
    voting.refit();
    if (open) scrollTo(0, 0);
    voting.find(open ? "[data-review-title]" : '.candidate[tabindex="0"]').focus({ preventScroll: open });
  }

  draw() {
    if (!this.open) return;
    const { picks, pool } = this.voting;
    for (const question of this.root.querySelectorAll("fieldset")) question.hidden = !picks.length;
    if (this.drawn !== String(picks)) this.list.replaceChildren(...[null, ...picks].map((one) => this.figure(one)));
    this.drawn = String(picks);
    this.paint();
    if (picks.length) this.region?.draw(pool.lowRes);
  }

  figure(position) {
    const { viewing } = this.voting;
    if (position === null) return viewing.figure(viewing.name(null));
    const take = make("button", {
      type: "button", className: "button button-small", textContent: say("take_back"), data: { take: position },
      ariaLabel: say("take_back_candidate", { number: position + 1 }),
    });
    return viewing.figure(viewing.name(position), take);
  }

  paint() {
    const { picks, viewing } = this.voting;
    viewing.paintRow(this.list, [null, ...picks], this.room(this.list.clientWidth, picks.length + 1));
  }

  // All in one row if they are still large then, else two in a row on a narrow screen.
  room(width, count) {
    const each = (number) => Math.floor((width - GAP * (number - 1)) / number);
    const [least, most] = ROOM;
    return Math.min(most, each(count) < least ? least : each(count));
  }
}
