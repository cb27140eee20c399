// Starts whatever step the page shows, at first and after each answer of the server.

import { picture, untilLoaded } from "./loading.js";
import { align, multipleFor, onViewChange, paint } from "./pixels.js";
import { Voting } from "./voting.js";

let stop = new AbortController();

async function startLabel(root, signal) {
  const canvas = root.querySelector("[data-low-res]");
  const bitmap = await untilLoaded(
    () => picture(canvas.dataset.lowRes, signal), root.querySelector("[data-low-res-text]"),
    "Loading the image …", "The image could not be loaded.", signal,
  );
  const fit = () => {
    const room = Math.min(Number(canvas.dataset.size), canvas.parentElement.clientWidth);
    paint(canvas, bitmap, multipleFor(Math.max(bitmap.width, bitmap.height), room));
    align([canvas]);
  };
  fit();
  onViewChange(fit, signal);
}

function start() {
  stop.abort();
  stop = new AbortController();
  const root = document.querySelector("[data-step]");
  if (!root) return;
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
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

start();
