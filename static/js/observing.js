// What happens while somebody answers: what is on screen and for how long, and how the picks come about. It goes with
// each answer; after a reload it goes on from what is stored. All times are milliseconds.

const BEAT = 5000; // a longer silence means that the device was asleep
const MOST = 2000; // events
const look = () => ({ ratio: devicePixelRatio, size: `${innerWidth}x${innerHeight}` });
const length = ({ label_ms = 0, picking_ms = 0 }) => label_ms + picking_ms;

export class Observing {
  // step: "label_ms" or "picking_ms"; kept: what this browser has, where that is later than what the server has
  constructor(root, step, kept) {
    const known = [root.dataset.observation, kept ?? "{}"].map((text) => JSON.parse(text));
    this.data = {
      exposure_ms: [], pages: [], events: [], label_ms: null, picking_ms: null, hidden_ms: 0, focus_losses: 0,
      pixel_ratio: null, ratio_changes: 0, ...known.reduce((one, other) => (length(other) > length(one) ? other : one)),
    };
    Object.assign(this, { step, before: length(this.data), onScreen: new Set(), page: -1, covered: false });
  }

  // From now on something is on screen.
  start(signal) {
    Object.assign(this, look(), { hidden: document.hidden });
    this.since = this.last = performance.now();
    const [, , ratio] = this.data.events.findLast(([, kind]) => kind === "ratio") ?? [];
    this.ratio = ratio ?? (this.data.pixel_ratio ??= devicePixelRatio); // another device or zoom than before is a change
    const beat = setInterval(() => this.tick(), BEAT);
    signal.addEventListener("abort", () => {
      clearInterval(beat);
      this.seen?.disconnect();
    });
    addEventListener("focus", () => this.note("focus"), { signal });
    addEventListener("blur", () => this.note("blur", ++this.data.focus_losses), { signal });
    document.addEventListener("visibilitychange", () => {
      this.tick();
      this.hidden = document.hidden;
      this.note(this.hidden ? "hide" : "show");
    }, { signal });
  }

  tick() {
    const now = performance.now();
    const passed = now - this.last;
    this.last = now;
    this.data[this.step] += passed;
    const seen = this.hidden ? 0 : Math.min(passed, 2 * BEAT);
    this.data.hidden_ms += passed - seen;
    this.view();
    if (this.page < 0 || this.covered) return;
    const add = (times, at) => (times[at] = (times[at] ?? 0) + seen);
    add(this.data.pages, this.page);
    for (const position of this.onScreen) add(this.data.exposure_ms, position);
  }

  // Looked at now and then: not every browser tells of a new ratio, and of a window being pulled the last size will do.
  view() {
    const { ratio, size } = look();
    const other = ratio !== this.ratio;
    if (other) this.note("ratio", ratio);
    if (other) this.data.ratio_changes++;
    if (size !== this.size) this.note("resize", size);
    Object.assign(this, { ratio, size });
    if (other) dispatchEvent(new Event("resize")); // for pictures to fit, should nobody have told them
  }

  // This page of candidates is shown now; none for -1. A candidate counts as on screen when half of it, or of the room
  // between `above` and `below`, can be seen.
  show(page, cells, above, below) {
    this.tick();
    this.seen?.disconnect();
    this.onScreen.clear();
    this.page = page;
    this.seen = new IntersectionObserver((entries) => {
      this.tick();
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const seen = intersectionRatio >= 0.5 || intersectionRect.height >= 0.5 * rootBounds.height;
        this.onScreen[seen ? "add" : "delete"](Number(target.dataset.position));
      }
    }, { rootMargin: `${-Math.ceil(above)}px 0px ${-Math.ceil(below)}px`, threshold: [0, 0.1, 0.25, 0.5] });
    for (const cell of cells) this.seen.observe(cell);
  }

  // Something lies over the candidates, or no longer does.
  cover(covered) {
    this.tick();
    this.covered = covered;
  }

  // Of too many events, the oldest goes whose kind comes again at once; picks stay.
  note(kind, value = null) {
    const { events } = this.data;
    events.push([Math.round(this.before + performance.now() - this.since), kind, value]);
    const again = ([, one], at) => !one.endsWith("pick") && one === events[at + 1]?.[1];
    if (events.length > MOST) events.splice(Math.max(events.findIndex(again), 0), 1);
  }

  // As the server takes it. candidates, pages: how many there are
  json(candidates = 0, pages = 0) {
    this.tick();
    const { data } = this;
    const whole = (time) => time && Math.round(time);
    const times = (values, count) => Array.from({ length: count }, (_, at) => whole(values[at] ?? 0));
    return JSON.stringify({
      ...data, exposure_ms: times(data.exposure_ms, candidates), pages: times(data.pages, pages),
      label_ms: whole(data.label_ms), picking_ms: whole(data.picking_ms), hidden_ms: whole(data.hidden_ms),
      window: [innerWidth, innerHeight],
    });
  }
}
