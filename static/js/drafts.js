// Picks so far, kept on the server so that a reload or a return finds them. Until the server has them, in the tab.

export class Drafts {
  constructor(root, token) {
    this.url = root.dataset.draftUrl;
    this.token = token;
    this.key = `draft:${root.dataset.key}`;
    this.timer = 0;
    this.sending = Promise.resolve();
  }

  // What was left here: unsent picks of this tab, else the server's.
  restore(fromServer) {
    const unsent = sessionStorage.getItem(this.key);
    if (unsent === null) return fromServer;
    this.later(JSON.parse(unsent));
    return JSON.parse(unsent);
  }

  later(picks) {
    sessionStorage.setItem(this.key, JSON.stringify(picks));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), 250);
  }

  // One after the other, so that the last state is the one that stays.
  send() {
    clearTimeout(this.timer);
    this.sending = this.sending.then(() => this.post());
    return this.sending;
  }

  async post() {
    const unsent = sessionStorage.getItem(this.key);
    if (unsent === null) return;
    const body = new URLSearchParams(JSON.parse(unsent).map((position) => ["positions", position]));
    try {
      const response = await fetch(this.url, {
        method: "POST", body, keepalive: true, credentials: "same-origin", headers: { "X-CSRFToken": this.token },
      });
      // Refused for good (answered elsewhere, closed) is as final as stored.
      if (response.status < 500 && sessionStorage.getItem(this.key) === unsent) sessionStorage.removeItem(this.key);
    } catch {
      // Offline: they stay in the tab, go with the next pick, and in any case with the ballot.
    }
  }

  // The ballot is on its way and holds the picks.
  hold() {
    clearTimeout(this.timer);
  }

  forget() {
    this.hold();
    sessionStorage.removeItem(this.key);
  }
}
