// What somebody has filled into a form is still there when they come back to it: from the same page in another
// language, from a pause, after a reload. Until it is sent, in this tab alone; data-keep says whose form it is.

const forms = () => document.querySelectorAll("form[data-keep]");
const kept = (form) => `filled:${form.dataset.keep}`;

export function restore() {
  for (const form of forms()) {
    try {
      const filled = JSON.parse(sessionStorage.getItem(kept(form))) ?? [];
      for (const [name, value] of filled) form.elements[name].value = value;
      sessionStorage.removeItem(kept(form));
    } catch { /* no storage here, or another form than it was */ }
  }
}

addEventListener("pagehide", () => {
  for (const form of forms()) {
    const filled = [...new FormData(form)].filter(([name]) => form.elements[name].type !== "hidden");
    try {
      if (form.dataset.sent) sessionStorage.removeItem(kept(form));
      else sessionStorage.setItem(kept(form), JSON.stringify(filled));
    } catch { /* as above */ }
  }
});
