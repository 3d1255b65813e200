// The steps of a run and their tool calls: how one is found, added, changed. Pure.

import { NOTHING } from "./live.js";

const MAIN = ["command", "path", "service", "name", "container", "pattern", "query", "text", "action"];

export function add(run, item) {
  return { ...run, items: [...run.items, { key: `${item.kind}${run.items.length}`, ...item }] };
}

export function note(run, tone, text, lines = []) {
  return add(run, { kind: "note", tone, text, lines });
}

/** The step that is being streamed, if any. */
export function openStep(run) {
  return run.items.findLast((item) => item.kind === "step" && item.open);
}

export function addStep(run, fields) {
  const step = {
    kind: "step", number: run.steps, open: false, thinking: "", text: "", notice: "", model: "",
    plan: [], ticked: 0, live: { text: NOTHING, thinking: NOTHING }, calls: [], ...fields,
  };
  return { ...add(run, step), steps: run.steps + 1 };
}

/** Replace the item with this key by what `change` makes of it. */
export function changeItem(run, key, change) {
  const items = run.items.map((item) => (item.key === key ? change(item) : item));
  return { ...run, items };
}

/** Change the call with this id; a call nobody announced (expanded by the kernel, a runbook's) is
 * added to the last step first. */
export function changeCall(run, id, change, announced = {}) {
  const holder = run.items.findLast((item) => item.calls?.some((call) => call.id === id));
  if (!holder) return changeCall(addCall(run, { id, ...announced }), id, change);
  return changeItem(run, holder.key, (step) => ({
    ...step, calls: step.calls.map((call) => (call.id === id ? change(call) : call)),
  }));
}

export function changeCalls(run, change) {
  return { ...run, items: run.items.map((item) => item.calls ? { ...item, calls: item.calls.map(change) } : item) };
}

/** What the kernel made of a call: one on each of the hosts it names as a list, or itself. */
export function parts(call) {
  const { host } = call.args;
  if (!Array.isArray(host)) return [call];
  return host.map((name) => ({ ...call, id: `${call.id}.${name}`, args: { ...call.args, host: name } }));
}

export function newCall({ id, name = "tool call", args = {} }) {
  return {
    id, name, args, state: "planned", host: typeof args.host === "string" ? args.host : "",
    startedAt: "", seconds: 0, output: "", streamed: NOTHING, table: null, plot: null, approvals: [],
  };
}

/** The argument that says most about a call, as {name, text}; null when there is none. */
export function mainArgument(args) {
  const name = MAIN.find((wanted) => typeof args[wanted] === "string")
    ?? Object.keys(args).find((key) => key !== "host" && typeof args[key] === "string");
  return name ? { name, text: args[name] } : null;
}

/** All arguments but the host and `except`, in one line. */
export function otherArguments(args, except) {
  return Object.entries(args)
    .filter(([name, value]) => name !== "host" && name !== except && value !== null)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** Tick the newest plan off: one item for each later step whose calls all ended well, and the last
 * one with the answer. What was not reached stays open. */
export function tick(run) {
  const holder = run.items.findLast((item) => item.kind === "step" && item.plan.length);
  if (!holder) return run;
  const since = run.items.slice(run.items.indexOf(holder)).filter((item) => item.calls?.length);
  const worked = since.filter((step) => step.calls.every((call) => call.state === "ok")).length;
  const size = holder.plan.length;
  const ticked = Math.min(run.status === "done" ? worked + 1 : worked, size);
  if (ticked === holder.ticked) return run;
  return changeItem(run, holder.key, (step) => ({ ...step, ticked }));
}

function addCall(run, call) {
  const last = run.items.findLast((item) => item.kind === "step");
  if (!last) return addCall(addStep(run, {}), call);
  return changeItem(run, last.key, (step) => ({ ...step, calls: [...step.calls, newCall(call)] }));
}
