// The pictures of the open thread: fetched with the login, which an <img> of its own could not show.

import { Problem } from "./api.js";

const COMING = { url: "", problem: "" };

export class Album {
  #known = new Map();
  #queue = Promise.resolve();

  /** `changed()` is called when a picture has come. */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
  }

  /** {url, problem}: both empty until it has come. One after the other: nobody waits for them. */
  get(id) {
    if (!this.#known.has(id)) {
      this.#known.set(id, COMING);
      this.#queue = this.#queue.then(() => this.#load(id));
    }
    return this.#known.get(id);
  }

  /** Forget them all: another thread is shown. */
  clear() {
    for (const { url } of this.#known.values()) if (url) URL.revokeObjectURL(url);
    this.#known.clear();
  }

  async #load(id) {
    if (this.#known.get(id) !== COMING) return;
    const found = await this.#fetch(id);
    if (this.#known.get(id) !== COMING) return;
    this.#known.set(id, found);
    this.changed();
  }

  async #fetch(id) {
    try {
      const blob = await this.api.blob(`/api/pictures/${encodeURIComponent(id)}`);
      return { url: URL.createObjectURL(blob), problem: "" };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return { url: "", problem: problem.detail };
    }
  }
}
