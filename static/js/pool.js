// The pictures of one trial: in few requests, checked against their sha256, and decoded a page at a time.

import { get } from "./loading.js";
import { decode } from "./pixels.js";

const DIGEST = 32; // bytes of sha256 at the end of an answer
const AHEAD = 32e6; // bytes of pixels that may be decoded before anybody asks for them
const pools = new Map();

export class Pool {
  // One for each address, so that a trial finds what was loaded ahead.
  static of(url) {
    if (!pools.has(url)) pools.set(url, new Pool(url));
    return pools.get(url);
  }

  static keepOnly(...urls) {
    for (const [url, pool] of pools) if (!urls.includes(url)) pool.close();
  }

  // data-next: where the pictures of the next trial are; with ?low=1 no candidates yet.
  static ahead(next) {
    const [url, lowOnly] = next.split("?");
    return lowOnly ? Pool.of(url).low() : Pool.of(url).page(0);
  }

  constructor(url) {
    Object.assign(this, { url, sizes: [], files: [], bitmaps: new Map(), asked: {}, stop: new AbortController() });
  }

  close() {
    pools.delete(this.url);
    this.stop.abort();
    this.free(() => false);
  }

  low() {
    return this.once("low", async () => this.hold(await this.bundle("low=1")));
  }

  // All candidates of a page, decoded. The first page brings the image along where it is not here yet.
  async page(page) {
    await (page ? this.rest() : this.once("first", () => this.loadFirst()));
    await this.decode(this.positions(page));
  }

  // All pages but the first, not yet decoded.
  rest() {
    return this.once("rest", async () => {
      const last = this.sizes.length - 1;
      if (last) this.files.push(...(await this.bundle(last > 1 ? `pages=1-${last}` : "pages=1")));
    });
  }

  async loadFirst() {
    await this.asked.low;
    const files = await this.bundle(this.lowRes ? "pages=0" : "low=1&pages=0");
    if (!this.lowRes) await this.hold(files.splice(0, 2));
    if (!this.sizes.length) this.sizes = [files.length];
    this.files = files;
  }

  async hold(files) {
    [this.lowRes, this.bicubic] = await Promise.all(files.map(decode));
  }

  // Asked for once, and again only after it failed.
  once(name, load) {
    this.asked[name] ??= load().catch((error) => {
      delete this.asked[name];
      throw error;
    });
    return this.asked[name];
  }

  async bundle(query) {
    const data = await (await get(`${this.url}?${query}`, this.stop.signal)).arrayBuffer();
    const end = data.byteLength - DIGEST;
    if (end < 4) throw new Error("incomplete answer");
    const sent = new Uint8Array(data, end);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(data, 0, end)));
    if (digest.some((byte, i) => byte !== sent[i])) throw new Error("incomplete or damaged answer");
    const view = new DataView(data);
    const files = [];
    for (let at = 4; at < end; at += 4 + view.getUint32(at, true)) {
      files.push(new Blob([new Uint8Array(data, at + 4, view.getUint32(at, true))], { type: "image/png" }));
    }
    return files;
  }

  get count() {
    return this.first(this.sizes.length);
  }

  first(page) {
    return this.sizes.slice(0, page).reduce((sum, size) => sum + size, 0);
  }

  pageOf(position) {
    return this.sizes.findIndex((size, page) => position < this.first(page) + size);
  }

  positions(page) {
    return Array.from({ length: this.sizes[page] }, (_, i) => this.first(page) + i);
  }

  bitmap(position) {
    return this.bitmaps.get(position);
  }

  ready(page) {
    return this.positions(page).every((position) => this.bitmaps.has(position));
  }

  async decode(positions) {
    const missing = positions.filter((position) => !this.bitmaps.has(position) && this.files[position]);
    const decoded = await Promise.all(missing.map((position) => decode(this.files[position])));
    missing.forEach((position, i) => this.bitmaps.set(position, decoded[i]));
  }

  // Only this page, the next one and the picks stay decoded, however large the pool is.
  async settle(page, picks) {
    const near = new Set([...this.positions(page), ...picks]);
    const { width, height } = this.bitmap(this.first(page));
    const next = page + 1 < this.sizes.length ? this.positions(page + 1) : [];
    if (next.length * width * height * 4 < AHEAD) next.forEach((position) => near.add(position));
    this.free((position) => near.has(position));
    // Picks of pages that did not come ahead; if they do not come now either, the next turn asks again.
    if (picks.some((position) => !this.files[position])) await this.rest().catch(() => undefined);
    await this.decode([...near]);
  }

  free(keeps) {
    for (const [position, bitmap] of this.bitmaps) {
      if (keeps(position)) continue;
      bitmap.close();
      this.bitmaps.delete(position);
    }
  }
}
