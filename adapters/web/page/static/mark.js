// State marks: a coloured dot with its word, so that no state is told by colour alone.

import { h } from "./dom.js";

const MARKS = {
  queued: ["idle", "queued"], ready: ["idle", "queued"], running: ["busy", "running"],
  waiting: ["warn", "waits for approval"], done: ["good", "done"], failed: ["bad", "failed"],
  stopped: ["idle", "stopped"], planned: ["idle", "planned"], ok: ["good", "ok"],
  open: ["bad", "open"], escalated: ["bad", "escalated"], acknowledged: ["warn", "acknowledged"],
  repairing: ["busy", "repairing"], silenced: ["idle", "silenced"], resolved: ["good", "resolved"],
  error: ["bad", "error"], denied: ["bad", "denied"], unknown: ["warn", "outcome unknown"],
};

export function word(state) {
  return MARKS[state]?.[1] ?? state;
}

/** The dot alone, its word for screen readers and as a tooltip. */
export function dot(state) {
  const tone = MARKS[state]?.[0] ?? "idle";
  return h("span", { class: `dot dot-${tone}`, title: word(state) },
    h("span", { class: "sr-only" }, word(state)));
}

export function badge(state) {
  const tone = MARKS[state]?.[0] ?? "idle";
  return h("span", { class: `badge badge-${tone}` }, word(state));
}
