// Fetching, with a sentence and a Retry button where it fails.

import { make } from "./elements.js";
import { say } from "./texts.js";

export async function get(url, signal) {
  const response = await fetch(url, { signal, credentials: "same-origin" });
  if (!response.ok) throw new Error(`answer ${response.status}`);
  return response;
}

// Runs `load` until it succeeds; between attempts `status` says what failed, offers Retry, and waits for the network.
export async function untilLoaded(load, status, waiting, failed, signal) {
  for (;;) {
    status.hidden = false;
    status.textContent = say(waiting);
    try {
      const result = await load();
      signal.throwIfAborted();
      status.hidden = true;
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      const retry = make("button", { type: "button", className: "button button-small", textContent: say("retry") });
      status.replaceChildren(`${say(failed)} `, retry);
      await new Promise((resolve) => {
        retry.addEventListener("click", resolve, { once: true });
        addEventListener("online", resolve, { once: true, signal });
      });
    }
  }
}
