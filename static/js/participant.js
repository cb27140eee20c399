// Starts whatever step the page shows, at first and after each answer of the server.

import "./again.js";
import { screenFits, startCheck } from "./checking.js";
import { Drafts } from "./drafts.js";
import { restore } from "./keep.js";
import { untilLoaded } from "./loading.js";
import { Observing } from "./observing.js";
import { align, multipleFor, onViewChange, paint } from "./pixels.js";
import { Pool } from "./pool.js";
import { Voting } from "./voting.js";

const PATIENCE = 10_000; // milliseconds, then somebody may have stopped the loading and want to press again
let stop = new AbortController();

async function startLabel(root, signal) {
  const canvas = root.querySelector("[data-low-res]");
  const pool = Pool.of(root.dataset.bundle);
  const status = root.querySelector("[data-low-res-text]");
  await untilLoaded(() => pool.low(), status, "loading_image", "no_image", signal);
  const { lowRes } = pool;
  const fit = () => {
    screenFits(root);
    const room = Math.min(Number(canvas.dataset.size), canvas.parentElement.clientWidth);
    paint(canvas, lowRes, multipleFor(Math.max(lowRes.width, lowRes.height), room));
    align([canvas]);
  };
  fit();
  onViewChange(fit, signal);
  const drafts = new Drafts(root, () => observing.json());
  const observing = new Observing(root, "label_ms", drafts.kept.observation);
  observing.start(signal);
  addEventListener("pagehide", () => drafts.leave(), { signal });
  root.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.parameters.observation = observing.json();
  });
}

function start() {
  stop.abort();
  stop = new AbortController();
  restore();
  startCheck();
  const root = document.querySelector("[data-step]");
  Pool.keepOnly(root?.dataset.bundle);
  if (!root) return;
  // Its keys work at once, not only after a click into it.
  if (document.activeElement === document.body) root.querySelector("[data-focus]").focus({ preventScroll: true });
  const started = root.dataset.step === "label" ? startLabel(root, stop.signal) : new Voting(root, stop.signal).start();
  started.catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id !== "main") return;
  start();
  document.querySelector("[data-focus]")?.focus({ preventScroll: true });
});

// A second press on a plain form (consent, withdrawal) does nothing.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, PATIENCE);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

start();
