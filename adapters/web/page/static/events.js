// What each recorded event does to a run. (run, frame) → run, pure.

import { add, addStep, changeCall, changeCalls, changeItem, newCall, note, openStep, parts, tick } from "./steps.js";
import { close } from "./streams.js";

const DECIDED = {
  approve: "approved", trust: "approved", edit: "approved", deny: "denied", again: "run again",
  leave: "left",
};
const ENVELOPE = new Set(["type", "run_id", "thread", "position", "seq", "at"]);

export const RECORDED = {
  run_started: runStarted,
  message_joined: (run, frame) => add(run, message(frame)),
  model_replied: modelReplied,
  tool_started: toolStarted,
  tool_finished: toolFinished,
  approval_requested: approvalRequested,
  approval_decided: approvalDecided,
  approval_expired: (run, frame) => closeApproval(run, frame, { state: "expired" }),
  approval_superseded: approvalSuperseded,
  stop_requested: (run) => ({ ...run, stopping: true }),
  context_summarised: (run) => note(run, "plain", "Earlier turns were summarised for the model."),
  budget_reached: budgetReached,
  budget_granted: (run, frame) => note(closeBudget(run), "plain", `${who(frame.by)} granted more.`),
  run_finished: runFinished,
  run_failed: (run, frame) => note(end(run, "failed"), "bad", frame.reason || "The run failed."),
  run_stopped: runStopped,
  incident_changed: incidentChanged,
  noted: (run, frame) => note(run, "plain", [frame.what, frame.by, frame.text].filter(Boolean).join(" · ")),
  unknown,
};

function runStarted(run, frame) {
  const started = { ...run, at: frame.at, requester: who(frame.user), model: frame.model };
  const fresh = frame.fresh ? note(started, "plain", "A fresh start: nothing before this is shown to the model.")
    : started;
  return add(fresh, message(frame));
}

function message(frame) {
  const pictures = frame.pictures ?? [];
  return { kind: "message", text: frame.text, pictures, by: who(frame.user), at: frame.at };
}

function modelReplied(run, frame) {
  const open = openStep(run);
  const fields = {
    open: false, text: frame.text, thinking: frame.thinking, plan: frame.plan, model: frame.model,
    calls: frame.tool_calls.map(newCall), notice: frame.notice ?? "",
  };
  const next = open ? changeItem(run, open.key, (step) => ({ ...step, ...fields })) : addStep(run, fields);
  const closed = open ? open.streams : run.closed === null ? null : run.closed + 1;
  return tick({ ...next, closed });
}

function toolStarted(run, frame) {
  const { call } = frame;
  const used = changeApproval(run, frame.approval, (one) => ({ ...one, used: true }));
  return changeCall(used, call.id, (old) => ({
    ...old, state: "running", startedAt: frame.at, args: call.args,
    host: frame.host || hostOf(call) || old.host,
    reasons: frame.verdict?.reasons ?? [], edited: changed(old.args, call.args),
  }), call);
}

function toolFinished(run, frame) {
  const next = changeCall(run, frame.call_id, (old) => ({
    ...old, state: frame.outcome, output: frame.output, table: frame.table, plot: frame.plot,
    seconds: frame.seconds, trust: frame.trust,
  }));
  return tick(next);
}

function approvalRequested(run, frame) {
  const { call, verdict } = frame;
  const asked = parts(call);
  const last = asked.at(-1);
  const step = run.items.findLast((item) => item.calls?.some((one) => one.id === last.id));
  const approval = {
    id: frame.approval, state: "pending", call, host: frame.host, account: frame.account,
    expires: frame.expires, risk: verdict.risk, reasons: verdict.reasons, shape: verdict.shape,
    taintedBy: frame.tainted_by, preview: frame.preview, undo: frame.undo, edits: frame.edits,
    may_have_run: frame.may_have_run, at: frame.at, words: words(step), by: "", reason: "",
  };
  const replaced = closeApproval(run, { at: frame.at, approval: frame.edits }, { state: "edited" });
  const waiting = asked.reduce((so, part) => changeCall(so, part.id, (old) => ({
    ...old, host: hostOf(part) || frame.host, state: old.state === "planned" ? "waiting" : old.state,
  }), part), frame.edits ? replaced : run);
  // One card for all hosts, below the last of them.
  return changeCall(waiting, last.id, (old) => ({ ...old, approvals: [...old.approvals, approval] }));
}

function changeApproval(run, id, change) {
  return changeCalls(run, (call) => call.approvals.some((one) => one.id === id)
    ? { ...call, approvals: call.approvals.map((one) => (one.id === id ? change(one) : one)) } : call);
}

function words(step) {
  return [step?.thinking, step?.text].filter(Boolean).join("\n\n");
}

function approvalDecided(run, frame) {
  const state = frame.decision === "look" ? "pending" : DECIDED[frame.decision] ?? frame.decision;
  return closeApproval(run, frame, {
    state, decision: frame.decision, by: who(frame.by), reason: frame.reason, decidedAt: frame.at,
  });
}

function approvalSuperseded(run, frame) {
  return closeApproval(run, frame, { state: "superseded", reason: frame.reason });
}

// An approved one that was not used can still expire or be superseded; nothing else is undone.
function closeApproval(run, frame, fields) {
  const settled = { decidedAt: frame.at, ...fields };
  const lapses = ["expired", "superseded"].includes(fields.state);
  const still = (one) => one.state === "pending" || (lapses && one.state === "approved" && !one.used);
  return changeApproval(run, frame.approval, (one) => (still(one) ? { ...one, ...settled } : one));
}

function budgetReached(run, frame) {
  const whose = { day: "one person", day_all: "everybody" }[frame.budget];
  const text = whose ? `The day's limit of ${frame.limit} tokens for ${whose} is used up.`
    : `This run has used up its limit of ${frame.limit} ${frame.budget}.`;
  return add(run, { kind: "budget", text, run: run.id, open: true });
}

function closeBudget(run) {
  const items = run.items.map((item) => (item.kind === "budget" ? { ...item, open: false } : item));
  return { ...run, items };
}

function runFinished(run, frame) {
  const last = run.items.findLast((item) => item.kind === "step");
  const said = last && !last.calls.length ? changeItem(run, last.key, (step) => ({ ...step, text: "" })) : run;
  return tick(add(end(said, "done"), { kind: "answer", text: frame.text, at: frame.at, run: run.id, votes: {} }));
}

function runStopped(run, frame) {
  const lines = [
    ...frame.ran.map((text) => `had run: ${text}`),
    ...frame.unknown.map((text) => `may have run or may still run: ${text}`),
  ];
  const by = frame.by ? `Stopped by ${frame.by}.` : "Stopped.";
  const text = lines.length ? by : `${by} Nothing had been changed.`;
  return note(end(run, "stopped"), frame.unknown.length ? "warn" : "plain", text, lines);
}

function end(run, status) {
  const closed = closeBudget(close(run));
  return { ...closed, status, stopping: false, items: closed.items.map(halt) };
}

// A call that never came to its end because the run did.
function halt(item) {
  if (!item.calls?.some((call) => call.state === "planned" || call.state === "waiting")) return item;
  const calls = item.calls.map((call) =>
    call.state === "planned" || call.state === "waiting" ? { ...call, state: "stopped" } : call);
  return { ...item, calls };
}

// Nothing runs in an incident's log: it is never active. The newest event is all there is to show;
// of the earlier ones their lines.
function incidentChanged(run, frame) {
  const line = { at: frame.at, text: frame.text };
  const shown = run.items.find((item) => item.kind === "incident");
  if (!shown) return add({ ...run, status: "done" }, { kind: "incident", now: frame, history: [line] });
  return changeItem(run, shown.key, (item) => ({ ...item, now: frame, history: [...item.history, line] }));
}

function unknown(run, frame) {
  const fields = Object.entries(frame).filter(([name]) => !ENVELOPE.has(name));
  return note(run, "plain", frame.type, fields.map(([name, value]) => `${name}: ${JSON.stringify(value)}`));
}

function changed(before, after) {
  return Object.keys(before).length > 0 && JSON.stringify(before) !== JSON.stringify(after);
}

function hostOf(call) {
  return typeof call.args.host === "string" ? call.args.host : "";
}

function who(user) {
  if (typeof user === "string") return user;
  return user?.name || user?.id || "somebody";
}
