// Fetching pictures, with a sentence and a Retry button where it fails.

import { decode } from "./pixels.js";

async function get(url, signal) {
  const response = await fetch(url, { signal, credentials: "same-origin" });
  if (!response.ok) throw new Error(`answer ${response.status}`);
  return response;
}

export async function picture(url, signal) {
  return decode(await (await get(url, signal)).blob());
}

// All candidates of a trial from one answer: uint32 count, count x uint32 lengths (little-endian), then the files.
export async function bundle(url, signal) {
  const data = await (await get(url, signal)).arrayBuffer();
  const view = new DataView(data);
  const count = view.getUint32(0, true);
  const files = [];
  let at = 4 + 4 * count;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(4 + 4 * i, true);
    files.push(new Blob([new Uint8Array(data, at, length)], { type: "image/png" }));
    at += length;
  }
  if (!count || at !== data.byteLength) throw new Error("incomplete answer");
  return Promise.all(files.map(decode));
}

// Runs `load` until it succeeds; between attempts `status` says what failed and offers Retry.
export async function untilLoaded(load, status, waitingText, failedText, signal) {
  for (;;) {
    status.hidden = false;
    status.textContent = waitingText;
    try {
      const result = await load();
      status.hidden = true;
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      const retry = Object.assign(document.createElement("button"), {
        type: "button", className: "button button-small", textContent: "Retry",
      });
      status.replaceChildren(`${failedText} `, retry);
      await new Promise((resolve) => retry.addEventListener("click", resolve, { once: true }));
    }
  }
}
