// The candidates step: pages, and picks by mouse, touch and keyboard.

import { Ballot } from "./ballot.js";
import { screenFits } from "./checking.js";
import { make } from "./elements.js";
import { reach, rove } from "./keys.js";
import { untilLoaded } from "./loading.js";
import { Observing } from "./observing.js";
import { onViewChange } from "./pixels.js";
import { Pool } from "./pool.js";
import { Review } from "./review.js";
import { say } from "./texts.js";
import { Tray } from "./tray.js";
import { Viewing } from "./viewing.js";

export class Voting {
  constructor(root, signal) {
    const { most, least, pages, bundle } = root.dataset;
    Object.assign(this, { root, signal, most: Number(most), least: Number(least), picks: [], cells: [], page: -1 });
    this.pool = Object.assign(Pool.of(bundle), { sizes: pages.split(",").map(Number) });
    this.find = (selector) => root.querySelector(selector);
    this.grid = this.find("[data-grid]");
    this.form = this.find("form.tray");
    this.ballot = new Ballot(root, this.form, () => this.observed(), () => this.review?.answers());
    this.observing = new Observing(root, "picking_ms", this.ballot.kept.observation);
    this.review = this.find("[data-review]") && new Review(this);
    this.tray = new Tray(this);
  }

  observed() {
    return this.observing.json(this.pool.count, this.pool.sizes.length);
  }

  async start() {
    const { signal, pool, root, ballot } = this;
    const { kept } = ballot;
    await this.loaded(0);
    this.viewing = new Viewing(root, pool.lowRes, pool.bicubic, pool);
    this.observing.start(signal);
    const { picks, confidence, region } = kept.unsent && kept.picks ? kept : JSON.parse(root.dataset.draft);
    this.picks = picks.filter((position) => position < pool.count).slice(0, this.most);
    this.review?.restore(confidence, region);
    ballot.save({ picks: this.picks, confidence, region });
    this.listen();
    ballot.start(signal);
    await this.turn(kept.page in pool.sizes ? kept.page : 0);
    this.fit();
    this.watch();
    this.ahead();
    if (!kept.id) return;
    // It was on its way when the page was left.
    this.review?.toggle(true);
    this.find("[data-send]").click();
  }

  loaded(page) {
    const status = this.find("[data-pool-status]");
    return untilLoaded(() => this.pool.page(page), status, "loading_candidates", "no_candidates", this.signal);
  }

  // The other pages, then the next trial, while nobody waits for them. What fails is loaded when it is needed.
  async ahead() {
    try {
      await this.pool.rest();
      await this.settle();
      if (this.root.dataset.next) await Pool.ahead(this.root.dataset.next);
    } catch { /* as said */ }
  }

  async settle() {
    if (this.wanted !== this.page) return; // another page is about to be shown
    await this.pool.settle(this.page, this.picks);
    this.tray.draw();
    this.viewing.over?.paint();
  }

  listen() {
    const { root, signal, observing } = this;
    const on = (kind, action) => this.grid.addEventListener(kind, (event) => {
      const { position } = event.target.closest(".candidate")?.dataset ?? {};
      if (position) action(Number(position), event);
    });
    on("click", (position) => this.toggle(position));
    on("keydown", (_, event) => this.key(event));
    for (const kind of ["pointerover", "focusin"]) on(kind, (position) => this.viewing.enlarge(position));
    root.addEventListener("click", ({ target }) => this.click(target.closest("button")?.dataset ?? {}));
    root.addEventListener("looking", ({ detail }) => observing.note(...detail));
    this.find("dialog").addEventListener("close", () => observing.cover(false));
    onViewChange(() => this.refit(), signal);
  }

  click({ zoom, turn, compare, show, take, forward, back }) {
    if (zoom) this.viewing.zoom(Number(zoom));
    if (zoom) this.watch();
    if (turn) this.turn(this.page + Number(turn), 0);
    if (show) this.turn(this.pool.pageOf(Number(show)), Number(show));
    if (take) this.takeBack(Number(take));
    if (forward === "review" || back !== undefined) this.review.toggle(back === undefined);
    else if (forward) this.turn(Number(forward), 0);
    if (compare === undefined) return;
    this.observing.note("compare");
    this.observing.cover(true);
    this.viewing.compare(this.picks);
  }

  // On a screen that the study does not allow nothing is shown, until it is one again; or there is a word of warning.
  fit() {
    const { root, form } = this;
    const was = root.matches(".blocked");
    const fits = screenFits(root);
    const blocked = root.matches(".blocked");
    if (blocked && !was) root.focus({ preventScroll: true }); // what had it is gone
    for (const part of form.querySelectorAll(".tray-picks, .tray-buttons")) part.inert = blocked;
    if (blocked) this.find("dialog").close();
    if (fits) this.tray.refresh();
    else this.tray.say(this.find("[data-ratio-notice] strong").textContent);
  }

  refit() {
    this.fit();
    this.viewing.fit();
    this.review?.draw();
    this.tray.draw();
    this.watch();
  }

  // What is seen between the panel that sticks to the top of a narrow window and the tray.
  watch() {
    const panel = this.find(".compare-panel");
    const above = panel.offsetWidth > 0.8 * this.root.clientWidth ? panel.offsetHeight : 0;
    const shown = this.grid.clientWidth > 0;
    this.observing.show(shown ? this.page : -1, shown ? this.cells : [], above, this.form.offsetHeight);
  }

  // Shows a page once all of it is here. focus: a position on it, or 0 for the first one
  async turn(page, focus) {
    const { pool } = this;
    if (!(page in pool.sizes)) return;
    this.wanted = page;
    if (!pool.ready(page)) {
      this.grid.hidden = true;
      this.watch();
      await this.loaded(page);
      if (this.wanted !== page) return;
    }
    this.find("[data-pool-status]").hidden = true; // of a page that did not come, when it is left for another
    this.grid.hidden = false;
    if (page !== this.page) this.build(page);
    this.render();
    this.watch();
    if (focus !== undefined) this.cell(Math.max(focus, pool.first(page))).focus();
    this.settle();
  }

  build(page) {
    this.cells = this.pool.positions(page).map((position) => {
      const number = position + 1;
      const data = { position, number };
      const named = { type: "button", className: "candidate", ariaLabel: say("candidate", { number }) };
      return make("button", { ...named, data }, make("canvas", { className: "pixels" }));
    });
    reach(this.cells, this.cells[0], false);
    this.grid.replaceChildren(...this.cells);
    const turned = this.page >= 0;
    this.page = page;
    this.viewing.show(this.cells);
    if (!turned) return;
    this.observing.note("page", page);
    this.ballot.later({ page });
    this.find("[data-pool]").scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const turn = { PageDown: 1, PageUp: -1 }[event.key];
    const [first] = this.cells;
    if (!turn) return rove(event, this.cells, this.cells.filter((cell) => cell.offsetTop === first.offsetTop).length);
    event.preventDefault();
    this.turn(this.page + turn, 0);
  }

  cell(position) {
    return this.cells[position - this.pool.first(this.page)];
  }

  // The focus goes to the pick that comes to stand in its place.
  takeBack(position) {
    const at = this.picks.indexOf(position);
    this.toggle(position);
    const [list, otherwise] = this.review?.open
      ? ["[data-review-picks]", "[data-review-title]"] : ["[data-tray]", '.candidate[tabindex="0"]'];
    const others = this.root.querySelectorAll(`${list} [data-take]`);
    (others[Math.min(at, others.length - 1)] ?? this.find(otherwise)).focus({ preventScroll: true });
  }

  toggle(position) {
    if (this.cell(position)) reach(this.cells, this.cell(position), false);
    const taken = this.picks.includes(position);
    if (!taken && this.picks.length >= this.most) return this.tray.say(say("full"));
    this.picks = taken ? this.picks.filter((other) => other !== position) : [...this.picks, position];
    this.observing.note(taken ? "unpick" : "pick", position);
    this.ballot.changed({ picks: this.picks });
    this.render();
  }

  // Pages that nobody has looked at yet, from 0.
  unseen() {
    const { pages } = this.observing.data;
    return [...this.pool.sizes.keys()].filter((page) => page !== this.page && !pages[page]);
  }

  render() {
    for (const cell of this.cells) {
      const rank = this.picks.indexOf(Number(cell.dataset.position)) + 1;
      cell.ariaPressed = rank > 0;
      cell.dataset.rank = rank || "";
    }
    this.review?.draw();
    this.tray.draw();
    this.tray.refresh();
  }
}
