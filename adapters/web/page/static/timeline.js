// The middle of the page: every run of the thread, one under the other, newest last.

import { h } from "./dom.js";
import { active, over } from "./fold.js";
import { atEnd, keyed } from "./morph.js";
import { ITEMS } from "./step.js";
import { openStep } from "./steps.js";

/** Draws views into `list`, which scrolls inside `box`. */
export class Timeline {
  constructor(box, list, jump) {
    this.box = box;
    this.list = list;
    this.jump = jump;
    this.following = true;
    jump.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.following && this.toEnd()).observe(box);
    box.addEventListener("scroll", () => this.#seen(), { passive: true });
  }

  /** `notes`: what the page itself has to say, each placed after the run it came after. */
  draw(view, notes, ctx) {
    keyed(this.list, entries(view, notes), block);
    for (const section of this.list.querySelectorAll("section[data-run]")) {
      const run = view.runs.find((one) => one.id === section.dataset.run);
      const place = section.querySelector("[data-items]");
      keyed(place, items(run, view, ctx), (item) => drawItem(item, ctx));
    }
    if (this.following) this.toEnd();
    else this.#seen();
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.#seen();
  }

  #seen() {
    this.following = atEnd(this.box, 80);
    this.jump.hidden = this.following;
  }
}

function entries(view, notes) {
  const known = new Set(view.runs.map((run) => run.id));
  const after = (id) => notes.filter((note) => (known.has(note.after) ? note.after : "") === id)
    .map((note) => ({ key: note.key, value: note }));
  return [
    ...after(""),
    ...view.runs.flatMap((run) => [{ key: run.id, value: run.id }, ...after(run.id)]),
  ];
}

// A run's frame is drawn once; what is in it is kept up by itself.
function block(value) {
  return typeof value === "string" ? frame(value) : commandNote(value);
}

function frame(id) {
  return h("section", { class: "run", "data-run": id }, h("div", { "data-items": true, class: "items" }));
}

function commandNote(note) {
  return h("div", { class: `note note-${note.tone}` },
    h("p", { class: "hint" }, h("code", {}, note.command)), h("pre", { class: "code" }, note.text));
}

function items(run, view, ctx) {
  const drawn = run.items.filter(says).map((item) => ({
    key: item.key, value: item, stamp: item.calls?.length || item.pictures?.length ? ctx.stamp : 0,
  }));
  const text = doing(run, view);
  return text ? [...drawn, { key: "doing", value: text }] : drawn;
}

// The last step of a run often holds nothing but what became the answer.
function says(item) {
  if (item.kind !== "step" || item.open) return true;
  return Boolean(item.notice || item.thinking || item.text || item.plan.length || item.calls.length);
}

// What an unfinished run does where nothing else in it moves.
function doing(run, view) {
  if (over(run) || openStep(run)) return "";
  if (run.stopping) return "Stopping";
  if (active(view) !== run) return "Waits for the run before it";
  const calls = run.items.flatMap((item) => item.calls ?? []);
  const moving = calls.some((call) => ["running", "waiting"].includes(call.state));
  return moving || run.status === "waiting" ? "" : "Working";
}

function drawItem(item, ctx) {
  if (typeof item !== "string") return ITEMS[item.kind](item, ctx);
  return h("p", { class: "typing" }, item, h("span", { class: "typing-dots", "aria-hidden": "true" }));
}
