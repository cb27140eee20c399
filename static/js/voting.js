// The candidates step: pages, picks by mouse, touch and keyboard, and the ballot's form.

import { cancel } from "./again.js";
import { Drafts } from "./drafts.js";
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
    this.drafts = new Drafts(root, () => this.observed(), this.form.elements.csrfmiddlewaretoken.value);
    this.observing = new Observing(root, "picking_ms", this.drafts.kept.observation);
    this.review = this.find("[data-review]") && new Review(this);
    this.tray = new Tray(this);
  }

  observed() {
    return this.observing.json(this.pool.count, this.pool.sizes.length);
  }

  async start() {
    const { signal, pool, root, drafts } = this;
    const { kept } = drafts;
    this.ballot(kept.id ?? crypto.randomUUID());
    await this.loaded(0);
    this.viewing = new Viewing(root, pool.lowRes, pool.bicubic, pool);
    this.observing.start(signal);
    const stored = root.dataset.draft.split(",").filter(Boolean).map(Number);
    const known = (kept.unsent && kept.picks) || stored;
    this.picks = known.filter((position) => position < pool.count).slice(0, this.most);
    this.review?.restore(kept);
    drafts.save({ picks: this.picks });
    this.listen();
    await this.turn(kept.page in pool.sizes ? kept.page : 0);
    this.ahead();
    if (kept.unsent) drafts.later({});
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
  }

  // A ballot that is sent again after a lost answer is the same ballot: it has the same id.
  ballot(id) {
    const field = this.form.elements.submission_id;
    field.value = id;
    this.form.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
      this.drafts.save({ id: field.value });
      this.drafts.hold();
      Object.assign(parameters, { observation: this.observed() }, this.review?.answers());
      if (!this.picks.length) delete parameters.confidence;
    });
    this.form.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
      if (xhr.status < 400) this.drafts.forget();
      else if (xhr.status < 500) this.drafts.save({ id: null });
    });
  }

  // Another answer than the one that may be on its way.
  changed(changes) {
    cancel();
    if (this.drafts.kept.id) this.form.elements.submission_id.value = crypto.randomUUID();
    this.drafts.later({ ...changes, id: null });
  }

  listen() {
    const { root, signal, observing, drafts } = this;
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
    addEventListener("online", () => drafts.send(), { signal });
    addEventListener("pagehide", () => drafts.leave(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && drafts.leave(), { signal });
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

  refit() {
    this.viewing.fit();
    this.review?.draw();
    this.tray.draw();
    this.watch();
  }

  // What is seen between the panel that sticks to the top of a narrow window and the tray.
  watch() {
    const panel = this.find(".compare-panel");
    const above = panel.offsetWidth > 0.8 * this.root.clientWidth ? panel.offsetHeight : 0;
    const shown = !this.review?.open && !this.grid.hidden;
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
    this.grid.hidden = false;
    if (page !== this.page) this.build(page);
    this.render();
    this.watch();
    if (focus !== undefined) this.cell(Math.max(focus, pool.first(page))).focus();
    this.settle();
  }

  build(page) {
    this.cells = this.pool.positions(page).map((position) => {
      const cell = make("button", { type: "button", className: "candidate" }, make("canvas", { className: "pixels" }));
      cell.ariaLabel = say("candidate", { number: position + 1 });
      cell.dataset.position = position;
      return cell;
    });
    reach(this.cells, this.cells[0], false);
    this.grid.replaceChildren(...this.cells);
    const turned = this.page >= 0;
    this.page = page;
    this.viewing.show(this.cells);
    if (!turned) return;
    this.observing.note("page", page);
    this.drafts.later({ page });
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

  takeBack(position) {
    this.toggle(position);
    this.find(this.review?.open ? "[data-review-title]" : '.candidate[tabindex="0"]').focus({ preventScroll: true });
  }

  toggle(position) {
    if (this.cell(position)) reach(this.cells, this.cell(position), false);
    const taken = this.picks.includes(position);
    if (!taken && this.picks.length >= this.most) return this.tray.say(say("full"));
    this.picks = taken ? this.picks.filter((other) => other !== position) : [...this.picks, position];
    this.observing.note(taken ? "unpick" : "pick", position);
    this.changed({ picks: this.picks });
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
