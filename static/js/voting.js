// The candidates step: picks by mouse, touch and keyboard, the tray, and the ballot's form.

import { Drafts } from "./drafts.js";
import { bundle, picture, untilLoaded } from "./loading.js";
import { onViewChange, paintThumbnail } from "./pixels.js";
import { Viewing, make } from "./viewing.js";

const name = (position) => `candidate ${position + 1}`;

export class Voting {
  constructor(root, signal) {
    this.root = root;
    this.signal = signal;
    this.most = Number(root.dataset.most);
    this.least = Number(root.dataset.least);
    this.find = (selector) => root.querySelector(selector);
    this.form = this.find("form.tray");
    this.grid = this.find("[data-grid]");
    this.drafts = new Drafts(root, this.form.elements.csrfmiddlewaretoken.value);
    this.picks = [];
  }

  async start() {
    this.submissionId();
    const { signal, root } = this;
    const load = () =>
      Promise.all([picture(this.find("[data-low-res]").dataset.lowRes, signal), bundle(root.dataset.bundle, signal)]);
    const [lowRes, candidates] = await untilLoaded(
      load, this.find("[data-pool-status]"), "Loading the candidates …", "The candidates could not be loaded.", signal,
    );
    this.candidates = candidates;
    this.build();
    this.viewing = new Viewing(root, lowRes, candidates, this.cells);
    const draft = root.dataset.draft.split(",").filter(Boolean).map(Number);
    this.picks = this.drafts.restore(draft).filter((position) => position < candidates.length).slice(0, this.most);
    this.grid.hidden = false;
    this.viewing.fit();
    this.render();
    this.listen();
  }

  // Kept until the server has answered, so that a ballot sent again after a lost answer is the same ballot.
  submissionId() {
    const key = `ballot:${this.root.dataset.key}`;
    const id = sessionStorage.getItem(key) ?? crypto.randomUUID();
    sessionStorage.setItem(key, id);
    this.form.elements.submission_id.value = id;
    this.form.addEventListener("htmx:beforeRequest", () => this.drafts.hold());
    this.form.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
      if (detail.xhr.status >= 400) return;
      sessionStorage.removeItem(key);
      this.drafts.forget();
    });
  }

  build() {
    this.cells = this.candidates.map((_, position) => {
      const canvas = make("canvas", { className: "pixels" });
      const cell = make("button", { type: "button", className: "candidate", tabIndex: position ? -1 : 0 }, canvas);
      cell.setAttribute("aria-label", name(position));
      return cell;
    });
    this.grid.replaceChildren(...this.cells);
  }

  listen() {
    const at = (event) => this.cells.indexOf(event.target.closest(".candidate"));
    const on = (kind, action) =>
      this.grid.addEventListener(kind, (event) => at(event) >= 0 && action(at(event), event));
    on("click", (position) => this.toggle(position));
    on("keydown", (position, event) => this.move(position, event));
    on("pointerover", (position) => this.viewing.enlarge(position));
    on("focusin", (position) => this.viewing.enlarge(position));
    this.root.addEventListener("click", ({ target }) => {
      const zoom = target.closest("[data-zoom]");
      if (zoom) this.viewing.zoom(Number(zoom.dataset.zoom));
      if (target.closest("[data-compare]")) this.viewing.compare(this.picks);
      if (target.closest("[data-close]")) this.find("dialog").close();
    });
    addEventListener("pagehide", () => this.drafts.send(), { signal: this.signal });
    onViewChange(() => {
      this.viewing.fit();
      this.tray();
    }, this.signal);
  }

  move(from, event) {
    const columns = this.cells.filter((cell) => cell.offsetTop === this.cells[0].offsetTop).length;
    const last = this.cells.length - 1;
    const to = {
      ArrowLeft: from - 1, ArrowRight: from + 1, ArrowUp: from - columns, ArrowDown: from + columns, Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0 || to > last) return;
    this.reach(to);
    this.cells[to].focus();
  }

  // One stop for the Tab key in the whole grid: the cell that was reached last.
  reach(position) {
    for (const cell of this.cells) cell.tabIndex = -1;
    this.cells[position].tabIndex = 0;
  }

  toggle(position) {
    this.reach(position);
    if (this.picks.includes(position)) this.picks = this.picks.filter((other) => other !== position);
    else if (this.picks.length < this.most) this.picks = [...this.picks, position];
    else return this.say("Take one back first.");
    this.render();
    this.drafts.later(this.picks);
  }

  render() {
    this.cells.forEach((cell, position) => {
      const rank = this.picks.indexOf(position) + 1;
      cell.setAttribute("aria-pressed", String(rank > 0));
      cell.dataset.rank = rank || "";
    });
    const inputs = this.picks.map((value) => make("input", { type: "hidden", name: "positions", value }));
    this.find("[data-positions]").replaceChildren(...inputs);
    this.find("[data-send]").disabled = this.picks.length < this.least;
    this.find("[data-compare]").disabled = !this.picks.length;
    this.tray();
    this.say();
  }

  tray() {
    const items = this.picks.map((position) => {
      const canvas = make("canvas", { className: "pixels" });
      paintThumbnail(canvas, this.candidates[position], 40);
      const button = make("button", { type: "button", className: "tray-pick", title: "Take back" }, canvas);
      button.setAttribute("aria-label", `take back ${name(position)}`);
      button.addEventListener("click", () => {
        this.toggle(position);
        this.cells[position].focus({ preventScroll: true });
      });
      return make("li", {}, button);
    });
    this.find("[data-tray]").replaceChildren(...items);
  }

  say(gentle) {
    const counter = `${this.picks.length} of ${this.most} picked`;
    this.find("[data-counter]").textContent = counter;
    this.find("[data-hint]").textContent = gentle ?? this.hint();
    this.find("[data-hint]").classList.toggle("gentle", gentle !== undefined);
    this.find("[data-live]").textContent = gentle ? `${counter}. ${gentle}` : counter;
  }

  hint() {
    const missing = this.least - this.picks.length;
    if (missing > 0) return `Pick ${missing} ${this.least === this.most ? "more" : "or more"} to go on.`;
    const left = this.most - this.picks.length;
    return left ? `You may pick ${left} more.` : "That is all you can pick.";
  }
}
