// One picture or pair to be rated: drawn pixel by pixel, answered by buttons or keys, timed from the moment it is seen.

import { get, untilLoaded } from "./loading.js";
import { align, decode, devicePixels, multipleFor, onViewChange, paint } from "./pixels.js";

const ROOM = 512; // CSS pixels; larger pictures are shown as they are
const GAP = 24;
const loaded = new Map();
let stop = new AbortController();

// A picture by its address, which may have been loaded ahead; what failed is asked for again.
function load(url) {
  if (!loaded.has(url)) {
    const picture = get(url).then((answer) => answer.blob()).then(decode);
    loaded.set(url, picture);
    picture.catch(() => loaded.delete(url));
  }
  return loaded.get(url);
}

async function ahead(urls) {
  for (const url of loaded.keys()) if (!urls.includes(url)) loaded.delete(url);
  await Promise.all(urls.map(load)).catch(() => {}); // they are loaded when they are needed
}

// The same whole multiple for all, side by side where they fit, else one below the other.
function fit(root, canvases, bitmaps) {
  const stage = root.querySelector(".rating-stage");
  const width = Math.max(...bitmaps.map((bitmap) => bitmap.width));
  const height = Math.max(...bitmaps.map((bitmap) => bitmap.height));
  const half = (stage.clientWidth - GAP) / 2;
  const beside = bitmaps.length > 1 && devicePixels(half) >= width;
  const room = Math.min(ROOM, beside ? half : stage.clientWidth);
  const multiple = Math.min(multipleFor(width, room), multipleFor(height, Math.max(ROOM / 2, innerHeight * 0.6)));
  stage.classList.toggle("rating-below", bitmaps.length > 1 && !beside);
  canvases.forEach((canvas, i) => paint(canvas, bitmaps[i], multiple));
  align(canvases);
  return multiple;
}

async function start() {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  const root = document.querySelector("[data-rating]");
  if (!root) return;
  const form = root.querySelector("form");
  const choices = form.querySelector("fieldset");
  const canvases = [...root.querySelectorAll("[data-picture]")];
  form.elements.submission_id.value = crypto.randomUUID();
  if (document.activeElement === document.body) root.querySelector("[data-focus]").focus({ preventScroll: true });

  const all = () => Promise.all(canvases.map(({ dataset }) => load(dataset.picture)));
  const bitmaps = await untilLoaded(all, root.querySelector("[data-status]"), "loading_image", "no_image", signal);
  for (const canvas of canvases) canvas.closest("figure").hidden = false;
  let enlargement = fit(root, canvases, bitmaps);
  onViewChange(() => (enlargement = fit(root, canvases, bitmaps)), signal);
  choices.disabled = false;

  const seen = performance.now();
  let hidden = 0;
  let since = document.hidden ? seen : null;
  const away = () => hidden + (since === null ? 0 : performance.now() - since);
  document.addEventListener("visibilitychange", () => {
    hidden = away();
    since = document.hidden ? performance.now() : null;
  }, { signal });
  form.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
    Object.assign(parameters, {
      response_ms: Math.round(performance.now() - seen), hidden_ms: Math.round(away()),
      pixel_ratio: devicePixelRatio, enlargement,
    });
  });
  root.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const button = choices.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }, { signal });
  await ahead(root.dataset.next.split(" ").filter(Boolean));
}

const go = () => start().catch((error) => {
  if (error.name !== "AbortError") throw error;
});

addEventListener("htmx:afterSettle", ({ detail }) => detail.target.id === "main" && go());
go();
