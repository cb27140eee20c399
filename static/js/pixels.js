// Pictures on canvases whose device pixels are a whole multiple of their own, with smoothing off.

export async function decode(blob) {
  return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

// At a whole ratio such as 2 or 3, multiples of the ratio keep edges on whole CSS pixels too.
export function unit() {
  return Number.isInteger(devicePixelRatio) ? devicePixelRatio : 1;
}

// The largest whole multiple at which a picture of `side` pixels fits into `size` CSS pixels; at least 1.
export function multipleFor(side, size) {
  const most = Math.floor((size * devicePixelRatio + 0.01) / side);
  return Math.max(1, most < unit() ? most : most - (most % unit()));
}

export function paint(canvas, bitmap, multiple) {
  canvas.width = bitmap.width * multiple;
  canvas.height = bitmap.height * multiple;
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
  canvas.style.height = `${canvas.height / devicePixelRatio}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

// Moves canvases by less than a device pixel, onto the grid of the screen: between two of its pixels, at ratios such
// as 1.25, the browser would stretch a picture by one.
export function align(canvases) {
  for (const canvas of canvases) canvas.style.left = canvas.style.top = "0";
  const boxes = canvases.map((canvas) => canvas.getBoundingClientRect());
  const off = (at) => (Math.round(at * devicePixelRatio) - at * devicePixelRatio) / devicePixelRatio;
  canvases.forEach((canvas, i) => {
    canvas.style.left = `${off(boxes[i].left)}px`;
    canvas.style.top = `${off(boxes[i].top)}px`;
  });
}

// A reminder of a pick in the tray: whole multiples while it fits, else made smaller.
export function paintThumbnail(canvas, bitmap, size) {
  const side = Math.max(bitmap.width, bitmap.height);
  if (side <= size * devicePixelRatio) return paint(canvas, bitmap, multipleFor(side, size));
  const shrink = (size * devicePixelRatio) / side;
  canvas.width = Math.round(bitmap.width * shrink);
  canvas.height = Math.round(bitmap.height * shrink);
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
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
