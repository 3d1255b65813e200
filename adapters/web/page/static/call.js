// One tool call: what it is, where, its state, what it said.

import { card } from "./card.js";
import { exact } from "./diff.js";
import { h } from "./dom.js";
import { badge, dot } from "./mark.js";
import { grid } from "./markdown.js";
import { plotView } from "./plot.js";
import { mainArgument, otherArguments } from "./steps.js";
import { duration } from "./time.js";

const HEAD = 6000;
const TAIL = 4000;
const SMALL_TABLE = 12;

export function callView(call, ctx) {
  const fold = h("details", { class: "call", "data-key": `call-${call.id}`, open: startsOpen(call) },
    h("summary", { class: "call-head" }, head(call)),
    h("div", { class: "call-body" }, details(call, ctx)));
  const cards = call.approvals.map((approval) => card(approval, ctx));
  return [fold, ...cards];
}

function head(call) {
  const main = mainArgument(call.args);
  return [
    dot(call.state),
    h("span", { class: "call-name" }, call.name),
    main && h("code", { class: "call-argument" }, exact(main.text.split("\n")[0].slice(0, 300))),
    call.host && h("span", { class: "call-host" }, call.host),
    call.state !== "ok" && badge(call.state),
    timing(call),
  ];
}

function timing(call) {
  if (call.state === "running") return h("span", { class: "call-time", "data-since": call.startedAt });
  return call.seconds > 0 && h("span", { class: "call-time" }, duration(call.seconds));
}

function startsOpen(call) {
  if (["running", "error", "denied", "unknown"].includes(call.state)) return true;
  return call.state === "ok" && (Boolean(call.plot) || call.table?.rows.length <= SMALL_TABLE);
}

function details(call, ctx) {
  const main = mainArgument(call.args);
  const rest = otherArguments(call.args, main?.name);
  const long = main && (main.text.includes("\n") || main.text.length > 60);
  return [
    call.edited && h("p", { class: "hint" }, "Ran as edited by a person, not as the model wrote it."),
    long && h("pre", { class: "code", tabindex: 0 }, exact(main.text)),
    rest && h("p", { class: "hint break-words" }, exact(rest.slice(0, 2000))),
    call.plot && plotView(call.plot),
    call.table ? grid(call.table.columns, call.table.rows, exact) : output(call, ctx),
  ];
}

function output(call, ctx) {
  if (!call.output) return h("p", { class: "hint" }, silence(call.state));
  const whole = ctx.full.has(call.id) || call.output.length <= HEAD + TAIL;
  const text = whole ? call.output : shortened(call.output);
  const follow = call.state === "running";
  return [
    h("pre", { class: "code output", tabindex: 0, "data-follow": follow, "aria-label": "output" }, text),
    !whole && h("button", { type: "button", class: "link", "data-action": "full", "data-call": call.id },
      `Show all ${call.output.length.toLocaleString()} characters`),
  ];
}

function shortened(text) {
  const out = text.length - HEAD - TAIL;
  return `${text.slice(0, HEAD)}\n… ${out.toLocaleString()} characters left out …\n${text.slice(-TAIL)}`;
}

function silence(state) {
  if (state === "running") return "No output yet.";
  if (state === "planned") return "Not started yet.";
  if (state === "waiting") return "Waits for a person to decide.";
  return "No output.";
}
