// What has been answered so far. The server has it, so that a reload or another device finds it; this browser has it
// too, until the ballot is taken: what could not be sent, the ballot that waits for a connection, what was observed.

export class Drafts {
  constructor(root, observed, token) {
    Object.assign(this, { url: root.dataset.draftUrl, key: `draft:${root.dataset.key}`, token, observed });
    this.timer = 0;
    this.sending = Promise.resolve();
    try {
      this.kept = JSON.parse(localStorage.getItem(this.key)) ?? {};
      // Earlier trials of the same person are over.
      const earlier = Object.keys(localStorage).filter((key) => key.startsWith(this.key.replace(/\d+$/, "")));
      for (const key of earlier) if (key !== this.key) localStorage.removeItem(key);
    } catch {
      this.kept = {}; // no storage here, or nonsense in it: the server has the picks
    }
  }

  save(changes) {
    Object.assign(this.kept, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch { /* as above */ }
  }

  later(changes) {
    this.save({ ...changes, unsent: true });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), 400);
  }

  // One after the other, so that the last state is the one that stays.
  send() {
    clearTimeout(this.timer);
    this.sending = this.sending.then(() => this.kept.unsent && this.post());
    return this.sending;
  }

  // The page may be going away: at once, and whole.
  leave() {
    clearTimeout(this.timer);
    this.save({ observation: this.observed() });
    if (this.url && this.kept.unsent) this.post(true); // otherwise the server may know more, from another device
  }

  async post(keepalive = false) {
    const answer = this.answer();
    const body = new FormData();
    for (const [name, value] of [...answer, ["observation", this.observed()]]) body.append(name, value);
    try {
      const response = await fetch(this.url, {
        method: "POST", body, keepalive, credentials: "same-origin", headers: { "X-CSRFToken": this.token },
      });
      // Refused for good (answered elsewhere, closed) is as final as stored.
      const last = this.kept.unsent && String(answer) === String(this.answer());
      if (response.status < 500 && last) this.save({ unsent: false });
    } catch {
      // Offline: they stay here, go when the connection is back, and in any case with the ballot.
    }
  }

  answer() {
    const { picks = [], confidence, region } = this.kept;
    const rest = [["confidence", confidence ?? ""], ["region", JSON.stringify(region ?? {})]];
    return [...picks.map((position) => ["positions", position]), ...rest];
  }

  // The ballot is on its way and holds the picks.
  hold() {
    clearTimeout(this.timer);
  }

  forget() {
    this.hold();
    this.kept = {};
    try {
      localStorage.removeItem(this.key);
    } catch { /* as above */ }
  }
}
