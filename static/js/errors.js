// What htmx could not get answered, said in one sentence in #message. (Refusals with a sentence of their own are
// put there by the htmx-config of base.html.)

function say(sentence) {
  const notice = Object.assign(document.createElement("p"), { className: "notice notice-error", textContent: sentence });
  const box = Object.assign(document.createElement("div"), { className: "page-narrow message-body" });
  box.append(notice);
  document.getElementById("message").replaceChildren(box);
}

addEventListener("htmx:sendError", () => say("No connection. Nothing is lost: please check the network and try again."));
addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) say("The server had a problem. Nothing is lost: please try again in a minute.");
});
addEventListener("htmx:beforeSwap", ({ detail }) => {
  // A whole page (signed out, not found) has no place inside this one.
  if (detail.xhr.status >= 400 && /<html/i.test(detail.serverResponse)) {
    detail.shouldSwap = false;
    say("This could not be done here any more. Please reload the page.");
  }
});
