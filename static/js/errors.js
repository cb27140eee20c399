// What htmx could not get answered, said in one sentence in #message, which has the sentences too; a form may have its
// own. (Refusals with a sentence of theirs are put there by the htmx-config of base.html.)

import { make } from "./elements.js";

const message = document.getElementById("message");

function say(textContent) {
  if (message.textContent === textContent) return; // said already
  const notice = make("p", { className: "notice notice-error", textContent });
  message.replaceChildren(make("div", { className: "page-narrow message-body" }, notice));
}

for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  addEventListener(kind, ({ detail }) => say(detail.elt.dataset.offline ?? message.dataset.offline));
}
addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) say(message.dataset.failed);
});
addEventListener("htmx:beforeSwap", ({ detail }) => {
  // A whole page (signed out, not found) has no place inside this one.
  if (detail.xhr.status >= 400 && /<html/i.test(detail.serverResponse)) {
    detail.shouldSwap = false;
    say(message.dataset.gone);
  }
});
