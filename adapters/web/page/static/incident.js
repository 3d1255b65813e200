// An incident: how it stands now, what became of it so far, and what a person can do about it.
// Outsiders choose words in it: all of it is exact text.

import { exact } from "./diff.js";
import { h } from "./dom.js";
import { badge } from "./mark.js";
import { plotView } from "./plot.js";
import { number } from "./scale.js";
import { seconds } from "./time.js";

const CARING = new Set(["operator", "approver", "admin"]);
const RISKS = { critical: "danger", warning: "change" };

export function incident({ now, history }, ctx) {
  const over = now.state === "resolved";
  return h("section", {
    class: `incident incident-${over ? "over" : now.severity}`, "aria-label": `Incident ${now.incident}`,
  },
    h("header", { class: "card-head" },
      badge(now.state),
      h("h3", { class: "card-title break-words" }, exact(now.title)),
      h("span", { class: `risk risk-${RISKS[now.severity] ?? "change"}` }, now.severity),
      h("code", { class: "hint" }, exact(now.incident))),
    facts(now),
    now.details && h("pre", { class: "code", tabindex: 0, "aria-label": "details" }, exact(now.details)),
    measured(now),
    !over && CARING.has(ctx.role) && h("div", { class: "buttons" }, choices(now).map(button)),
    lines(history));
}

function facts(now) {
  const shown = [
    ["since", when(now.since)], ...now.facts, now.runbook && ["suggested runbook", now.runbook],
  ].filter(Boolean);
  return h("dl", { class: "facts" }, shown.map(([name, value]) => h("div", { class: "fact" },
    h("dt", {}, exact(name)), h("dd", {}, exact(value)))));
}

function measured({ series, limit, unit, facts: known }) {
  if (series.length < 2) return null;
  const name = Object.fromEntries(known).check || "value";
  return plotView({
    kind: "lines", title: "What was measured", unit, series: [{ name, points: series }],
    limit: limit === null ? null : { label: "limit", value: limit, text: number(limit, unit) },
  });
}

function choices({ incident: id, state, facts: known, runbook }) {
  const owner = known.some(([name]) => name === "owner");
  return [
    !owner && ["ack", id, "Acknowledge", "button-main"],
    ["silence", `${id} 1h`, "Silence 1 h", ""],
    ["silence", `${id} 24h`, "Silence 24 h", ""],
    runbook && state !== "repairing" && ["repair", id, "Repair now", ""],
    ["escalate", id, "Escalate", ""],
    ["why", id, "Why?", "button-quiet"],
  ].filter(Boolean);
}

function button([command, text, label, look]) {
  return h("button", {
    type: "button", class: `button ${look}`, "data-key": label, "data-action": "command",
    "data-command": command, "data-text": text,
  }, label);
}

function lines(history) {
  return h("ol", { class: "history", "aria-label": "History" }, history.map(({ at, text }) => h("li", {},
    h("time", { datetime: at }, when(at)), h("span", {}, exact(text)))));
}

function when(at) {
  return new Date(seconds(at) * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
