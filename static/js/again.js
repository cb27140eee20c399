// An answer that could not be sent for want of a connection is sent again by itself: when the browser says that the
// connection is back, and now and then in case it does not say so. Its form says that in data-offline.

const SOON = 4000; // milliseconds
const SELDOM = 60000;
let button, timer, wait = SOON;

const press = () => button?.isConnected && button.click();

export function cancel() {
  clearTimeout(timer);
  button = undefined;
  wait = SOON;
}

addEventListener("htmx:sendError", ({ detail }) => {
  const pressed = detail.requestConfig.triggeringEvent?.submitter;
  if (!pressed?.form.dataset.offline) return;
  button = pressed;
  clearTimeout(timer);
  timer = setTimeout(press, wait);
  wait = Math.min(2 * wait, SELDOM);
});
addEventListener("htmx:beforeOnLoad", cancel);
addEventListener("online", press);
