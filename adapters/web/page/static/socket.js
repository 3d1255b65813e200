// One WebSocket for the open thread. It comes back by itself and goes on where it was.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

export class Follower {
  #socket = null;
  #timer = 0;
  #failures = 0;
  #closed = false;

  /** after(): the position to go on from. ticket(): a promise of a fresh one. frame(object): called
   * for each frame. state("connecting" | "open" | "lost"): called on each change. */
  constructor(thread, { after, ticket, frame, state }) {
    Object.assign(this, { thread, after, ticket, frame, state });
    this.wake = () => this.#failures && this.#soon(0);
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.#socket?.close();
  }

  async #connect() {
    this.state("connecting");
    let ticket;
    try {
      ticket = await this.ticket();
    } catch (problem) {
      if (problem.status !== 401) this.#lost();
      return;
    }
    if (!this.#closed) this.#open(ticket);
  }

  #open(ticket) {
    const query = new URLSearchParams({ token: ticket, thread: this.thread, after: this.after() });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/chat?${query}`);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#closed || this.frame(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost());
  }

  #opened() {
    this.#failures = 0;
    this.state("open");
  }

  #lost() {
    this.#socket = null;
    if (this.#closed) return;
    this.state("lost");
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures);
    this.#failures += 1;
    this.#soon(longest / 2 + Math.random() * longest / 2);
  }

  #soon(wait) {
    if (this.#closed || this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}
