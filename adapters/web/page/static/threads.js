// The list of conversations on the left.

import { exact } from "./diff.js";
import { h } from "./dom.js";
import { badge, dot } from "./mark.js";
import { keyed } from "./morph.js";
import { age, now, seconds } from "./time.js";

/** `threads` as /api/threads gives them; `open` is the id of the one being looked at. */
export function drawThreads(list, threads, open) {
  const minute = Math.floor(now() / 60);
  const entries = threads.map((thread) => ({
    key: thread.id, value: thread.id,
    stamp: JSON.stringify([thread, thread.id === open, minute]),
  }));
  const known = new Map(threads.map((thread) => [thread.id, thread]));
  keyed(list, entries, (id) => row(known.get(id), id === open));
}

function row(thread, current) {
  const state = thread.waiting ? "waiting" : thread.incident || thread.status;
  const platform = thread.id.includes(":") && thread.id.split(":")[0];
  const elsewhere = platform !== "web" && platform;
  return h("li", {},
    h("a", { href: address(thread.id), class: "thread", "aria-current": current ? "page" : null },
      dot(state),
      h("bdi", { class: "thread-title" }, exact(thread.title || "(no text)")),
      thread.incident && badge(thread.incident),
      elsewhere && h("span", { class: "badge badge-idle" }, elsewhere),
      h("span", { class: "thread-age" }, age(now() - seconds(thread.updated)))));
}

export function address(thread) {
  return thread ? `#/${encodeURIComponent(thread)}` : "#/";
}

/** The thread that the address names, or "" for a new conversation. What cannot be decoded names
 * none, and is asked for as it stands. */
export function addressed() {
  const written = location.hash.replace(/^#\/?/u, "");
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
