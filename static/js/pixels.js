// Pictures on canvases whose device pixels are a whole multiple of their own, with smoothing off.

export async function decode(blob) {
  return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

// At a whole ratio such as 2 or 3, multiples of the ratio keep edges on whole CSS pixels too.
export function unit() {
  return Number.isInteger(devicePixelRatio) ? devicePixelRatio : 1;
}

export const devicePixels = (size) => size * devicePixelRatio + 0.01;

// The largest whole multiple at which a picture of `side` pixels fits into `size` CSS pixels; at least 1.
export function multipleFor(side, size) {
  const most = Math.floor(devicePixels(size) / side);
  return Math.max(1, most < unit() ? most : most - (most % unit()));
}

// Browsers that know how many device pixels a canvas takes on screen say when those are not its own.
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) if (!target.isConnected) observer.unobserve(target);
  const wrong = ({ target, devicePixelContentBoxSize: [box] }) =>
    box.inlineSize && (box.inlineSize !== target.width || box.blockSize !== target.height);
  const canvases = entries.filter(wrong).map(({ target }) => target);
  for (const canvas of canvases) resize(canvas, canvas.width, canvas.height);
  align(canvases);
});

function resize(canvas, width, height) {
  canvas.style.width = `${width / devicePixelRatio}px`;
  canvas.style.height = `${height / devicePixelRatio}px`;
  if (canvas.width === width && canvas.height === height) return;
  Object.assign(canvas, { width, height });
  try {
    observer.observe(canvas, { box: "device-pixel-content-box" });
  } catch { /* Safari does not know that: there, `align` goes by the ratio alone */ }
}

// A picture, or the part [left, top, width, height] of it.
export function paint(canvas, bitmap, multiple, [left, top, width, height] = [0, 0, bitmap.width, bitmap.height]) {
  resize(canvas, width * multiple, height * multiple);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, left, top, width, height, 0, 0, canvas.width, canvas.height);
}

// Moves canvases by less than a device pixel, onto the grid of the screen: between two of its pixels, at ratios such
// as 1.25, the browser would stretch a picture by one.
export function align(canvases) {
  for (const canvas of canvases) canvas.style.left = canvas.style.top = "0";
  const boxes = canvases.map((canvas) => canvas.getBoundingClientRect());
  const off = (at) => `${(Math.round(at * devicePixelRatio) - at * devicePixelRatio) / devicePixelRatio}px`;
  canvases.forEach(({ style }, i) => Object.assign(style, { left: off(boxes[i].left), top: off(boxes[i].top) }));
}

// A reminder of a picture: whole multiples while it fits, else made smaller.
export function paintThumbnail(canvas, bitmap, size) {
  const side = Math.max(bitmap.width, bitmap.height);
  if (side <= size * devicePixelRatio) return paint(canvas, bitmap, multipleFor(side, size));
  const shrink = (size * devicePixelRatio) / side;
  resize(canvas, Math.round(bitmap.width * shrink), Math.round(bitmap.height * shrink));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

// Calls back when the window's size or its device pixel ratio (another screen, browser zoom) changes.
export function onViewChange(callback, signal) {
  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(callback);
  };
  addEventListener("resize", soon, { signal });
  const watch = () => {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener("change", () => { soon(); watch(); }, { once: true, signal });
  };
  watch();
}
