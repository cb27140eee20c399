// The tray: the picks so far, how many there are and may be, and the one button that leads on.

import { make } from "./elements.js";
import { paintThumbnail } from "./pixels.js";
import { say } from "./texts.js";

export class Tray {
  constructor(voting) {
    Object.assign(this, { voting, find: voting.find, list: voting.find("[data-tray]") });
  }

  // The same picks keep their buttons, and those the focus.
  draw() {
    const { picks, pool } = this.voting;
    if (this.drawn !== String(picks)) {
      const inputs = picks.map((value) => make("input", { type: "hidden", name: "positions", value }));
      this.find("[data-positions]").replaceChildren(...inputs);
      this.list.replaceChildren(...picks.map((position) => this.pick(position)));
      this.drawn = String(picks);
    }
    picks.forEach((position, i) => {
      const bitmap = pool.bitmap(position);
      if (bitmap) paintThumbnail(this.list.children[i].querySelector("canvas"), bitmap, 40);
    });
  }

  pick(position) {
    const button = (what, key, inside) => {
      const title = say(key, { number: position + 1 });
      const data = { [what]: position };
      return make("button", { type: "button", className: `tray-${what}`, title, ariaLabel: title, data }, inside);
    };
    const canvas = make("canvas", { className: "pixels" });
    return make("li", {}, button("show", "show_candidate", canvas), button("take", "take_back_candidate", "×"));
  }

  // Pages to be looked at before picks may be sent, from 0.
  unseen() {
    const { root, picks, least } = this.voting;
    return "seeAll" in root.dataset && (picks.length || least) ? this.voting.unseen() : [];
  }

  refresh() {
    const { review, picks, least, page, pool, root } = this.voting;
    const open = Boolean(review?.open);
    const few = picks.length < least;
    const last = !review || open || !(picks.length || least);
    Object.assign(this.find("[data-send]"), { hidden: !last, disabled: few || Boolean(open && review.missing()) });
    Object.assign(this.find("[data-compare]"), { hidden: open, disabled: !picks.length });
    this.list.hidden = open;
    for (const button of root.querySelectorAll("[data-turn]")) {
      button.disabled = !(page + Number(button.dataset.turn) in pool.sizes);
    }
    if (review) this.lead(open, last, few);
    this.say();
  }

  lead(open, last, few) {
    const [next] = this.unseen();
    const textContent = next === undefined ? say("review") : say("look_at", { page: next + 1 });
    const forward = this.find("[data-forward]");
    Object.assign(forward, { hidden: last, disabled: next === undefined && few, textContent });
    forward.dataset.forward = next ?? "review";
    this.find("[data-back]").hidden = !open;
  }

  say(gentle) {
    const { picks, most, page, pool } = this.voting;
    const counter = say("picked", { count: picks.length, most });
    const place = this.find("[data-place]");
    if (place) place.textContent = say("page", { page: page + 1, pages: pool.sizes.length });
    this.find("[data-counter]").textContent = counter;
    this.find("[data-hint]").textContent = gentle ?? this.hint();
    this.find("[data-hint]").classList.toggle("gentle", gentle !== undefined);
    this.find("[data-live]").textContent = [counter, gentle ?? place?.textContent].filter(Boolean).join(". ");
  }

  hint() {
    const { review, picks, most, least } = this.voting;
    const missing = least - picks.length;
    if (missing > 0) return say(least === most ? "exactly_missing" : "at_least_missing", { count: missing });
    if (review?.open) return say(review.missing() ?? "ready");
    const unseen = this.unseen();
    if (unseen.length) return say("unseen", { pages: unseen.map((page) => page + 1).join(", ") });
    return most > picks.length ? say("may_pick", { count: most - picks.length }) : say("no_more");
  }
}
