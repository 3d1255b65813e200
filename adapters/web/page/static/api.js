// Talking to the bot over HTTP. The access token lives in memory only; the refresh token is a
// cookie that scripts cannot read.

import { learnClock } from "./time.js";

/** The server's no: `detail` is one clear line for the person; status 0: no answer at all. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
    this.detail = detail;
  }
}

export class Api {
  #token = "";
  #renewing = null;

  /** `signedOut` is called when a call needs a login that is not there any more. */
  constructor(signedOut) {
    this.signedOut = signedOut;
  }

  get(path) {
    return this.#call("GET", path);
  }

  post(path, body = {}) {
    return this.#call("POST", path, body);
  }

  /** What a GET answers with, as a Blob. */
  blob(path) {
    return this.#call("GET", path, undefined, (response) => response.blob());
  }

  async login(username, password) {
    const form = new URLSearchParams({ username, password, cookie: "1" });
    const headers = { "X-CSRF": "1" };
    this.#token = (await exchange("POST", "/api/auth/login", { body: form, headers })).access_token;
  }

  /** Log in with the cookie; false when it is not there or no longer good. */
  async refresh() {
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = null; });
    return this.#renewing;
  }

  async logout() {
    const headers = { "X-CSRF": "1", ...this.#bearer() };
    this.#token = "";
    await exchange("POST", "/api/auth/logout", { headers });
  }

  async #renew() {
    try {
      const body = await exchange("POST", "/api/auth/refresh", { headers: { "X-CSRF": "1" } });
      this.#token = body.access_token;
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status === 0) throw problem;
      this.#token = "";
      return false;
    }
  }

  async #call(method, path, body, read) {
    try {
      return await this.#send(method, path, body, read);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      if (await this.refresh()) return this.#send(method, path, body, read);
      this.signedOut();
      throw problem;
    }
  }

  #send(method, path, body, read) {
    const headers = { Accept: "application/json", "X-CSRF": "1", ...this.#bearer() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return exchange(method, path, { headers, body: body && JSON.stringify(body) }, read);
  }

  #bearer() {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }
}

async function exchange(method, path, options, read = json) {
  const response = await reach(method, path, options);
  learnClock(response.headers.get("Date"));
  if (response.ok) return read(response);
  const body = await json(response);
  throw new Problem(response.status, body.detail || body.title || reason(response));
}

async function json(response) {
  const type = response.headers.get("Content-Type") ?? "";
  return type.includes("json") ? response.json() : {};
}

// fetch knows one kind of failure: no answer (the bot is down, the network is gone).
async function reach(method, path, options) {
  try {
    return await fetch(path, { method, credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error instanceof TypeError) throw new Problem(0, "The bot does not answer. Is it running?");
    throw error;
  }
}

function reason(response) {
  return `The bot answered ${response.status} ${response.statusText}`.trim();
}
