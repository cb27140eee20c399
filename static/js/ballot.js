// The answer of a trial until it is taken: kept as drafts are, and sent under an id of its own. A ballot that is sent
// again after a lost answer is the same ballot: it has the same id, until somebody answers otherwise.

import { cancel } from "./again.js";
import { Drafts } from "./drafts.js";

export class Ballot extends Drafts {
  // answers(): what is sent beside the fields of the form
  constructor(root, form, observed, answers) {
    super(root, observed, form.elements.csrfmiddlewaretoken.value);
    this.field = form.elements.submission_id;
    this.field.value = this.kept.id ?? crypto.randomUUID();
    form.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
      this.save({ id: this.field.value });
      this.hold();
      Object.assign(parameters, { observation: observed() }, answers());
    });
    form.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
      if (xhr.status < 400) this.forget();
      else if (xhr.status < 500) this.save({ id: null });
    });
  }

  start(signal) {
    addEventListener("online", () => this.send(), { signal });
    addEventListener("pagehide", () => this.leave(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.leave(), { signal });
    if (this.kept.unsent) this.later({});
  }

  changed(changes) {
    cancel();
    if (this.kept.id) this.field.value = crypto.randomUUID(); // the one before may be on its way
    this.later({ ...changes, id: null });
  }
}
