// A thread as people see it, folded from frames: the same function for replay and for live.
//
// view = { thread, position, gap, runs: [run] }
// run  = { id, seq, at, status: running | waiting | done | failed | stopped, requester, model,
//          stopping, items: [item] }
// item = message { text, pictures, by } | step { thinking, text, plan, ticked, calls } |
//        answer { text, run, votes: who → good | bad } |
//        budget { text, open } | note { tone, text, lines } | incident { now, history },
//        each with a key that stays its own
// Nothing is changed in place: what did not change is the same object, and need not be drawn again.

import { RECORDED } from "./events.js";
import { LIVE } from "./streams.js";

const ENDED = new Set(["done", "failed", "stopped"]);

export function empty(thread) {
  return { thread, position: "", gap: false, runs: [] };
}

export function fold(view, frame) {
  if (frame.type === "gap") return { ...view, gap: true };
  if (!frame.run_id) return view;
  return frame.type in LIVE ? foldLive(view, frame) : foldRecorded(view, frame);
}

export function foldAll(view, frames) {
  return frames.reduce(fold, view);
}

/** Who called the run's answer good or bad. */
export function vote(view, id, votes) {
  const voted = (item) => (item.kind === "answer" ? { ...item, votes: { ...item.votes, ...votes } } : item);
  const runs = view.runs.map((run) => (run.id === id ? { ...run, items: run.items.map(voted) } : run));
  return { ...view, runs };
}

export function over(run) {
  return ENDED.has(run.status);
}

/** The run that works or waits now, or undefined. */
export function active(view) {
  return view.runs.find((run) => !over(run));
}

/** Approvals that somebody may decide now. */
export function pending(view) {
  return view.runs.flatMap(approvals).filter((approval) => approval.state === "pending");
}

function foldRecorded(view, frame) {
  const run = view.runs.find((known) => known.id === frame.run_id) ?? start(frame);
  const position = frame.position ?? view.position;
  if (frame.seq !== undefined && frame.seq <= run.seq) return { ...view, position };
  const handle = RECORDED[frame.type] ?? RECORDED.unknown;
  const next = settle({ ...handle(run, frame), seq: frame.seq ?? run.seq });
  return { ...put(view, next), position };
}

function foldLive(view, frame) {
  const run = view.runs.find((known) => known.id === frame.run_id);
  if (!run || over(run)) return view;
  const next = LIVE[frame.type](run, frame);
  return next === run ? view : put(view, next);
}

function start(frame) {
  return {
    id: frame.run_id, seq: -1, at: frame.at, status: "running", requester: "", model: "",
    stopping: false, steps: 0, closed: null, items: [],
  };
}

function put(view, run) {
  const known = view.runs.some((other) => other.id === run.id);
  const runs = known ? view.runs.map((other) => (other.id === run.id ? run : other))
    : [...view.runs, run];
  return { ...view, runs };
}

// Waiting: for a person (an approval, more budget), and nothing else is going on.
function settle(run) {
  if (over(run)) return run;
  const calls = run.items.flatMap((item) => item.calls ?? []);
  const busy = calls.some((call) => call.state === "running");
  const asked = approvals(run).some((one) => one.state === "pending" && !one.may_have_run)
    || run.items.some((item) => item.kind === "budget" && item.open);
  return { ...run, status: asked && !busy ? "waiting" : "running" };
}

function approvals(run) {
  return run.items.flatMap((item) => (item.calls ?? []).flatMap((call) => call.approvals));
}
