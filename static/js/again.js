// An answer that could not be sent for want of a connection, or was not answered in time, is sent again by itself: when
// the browser says that the connection is back, and now and then in case it does not say so. Its form says that in
// data-offline.

const SOON = 4000; // milliseconds
const SELDOM = 60000;
const PATIENCE = 30000; // a connection may be there and never answer
let button, timer, wait = SOON;

const press = () => button?.isConnected && button.click();

export function cancel() {
  clearTimeout(timer);
  button = undefined;
  wait = SOON;
}

function later({ detail }) {
  const pressed = detail.requestConfig.triggeringEvent?.submitter;
  if (!pressed?.form.dataset.offline) return;
  button = pressed;
  clearTimeout(timer);
  timer = setTimeout(press, wait);
  wait = Math.min(2 * wait, SELDOM);
}

addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.dataset.offline) detail.timeout ||= PATIENCE;
});
for (const kind of ["htmx:sendError", "htmx:timeout"]) addEventListener(kind, later);
addEventListener("htmx:beforeOnLoad", cancel);
addEventListener("online", press);
