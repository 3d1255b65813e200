// What a run is made of, drawn: messages, steps with thought, plan and calls, answers, notes.

import { callView } from "./call.js";
import { h } from "./dom.js";
import { incident } from "./incident.js";
import { markdown } from "./markdown.js";
import { clock } from "./time.js";

export const ITEMS = { message, step, answer, budget, note, incident };

function message(item, ctx) {
  return h("article", { class: "message", "aria-label": `${item.by} said` },
    item.pictures.length > 0 && h("div", { class: "pictures" },
      item.pictures.map((id, index) => picture(id, `Picture ${index + 1}`, ctx))),
    item.text && h("p", { class: "message-text" }, item.text),
    h("p", { class: "hint" }, item.by, " · ", h("time", { datetime: item.at }, clock(item.at))));
}

function picture(id, name, ctx) {
  const { url, problem } = ctx.picture(id);
  if (problem) return h("p", { class: "hint" }, `${name}: ${problem}`);
  return h("button", {
    type: "button", class: "picture", "data-action": "picture", "data-picture": id,
    "aria-label": `Enlarge ${name.toLowerCase()}`, disabled: !url,
  }, url && h("img", { src: url, alt: name }));
}

function step(item, ctx) {
  const text = withoutPlan(item.text, item.plan);
  return h("article", { class: "step", "aria-label": `Step ${item.number + 1}`, "aria-busy": item.open },
    item.notice && h("p", { class: "hint" }, item.notice),
    item.thinking && thinking(item),
    text && h("div", { class: "prose" }, markdown(text)),
    item.open && h("p", { class: "typing" }, item.thinking || text ? "" : "Thinking",
      h("span", { class: "typing-dots", "aria-hidden": "true" })),
    item.plan.length > 0 && plan(item),
    item.calls.map((call) => callView(call, ctx)));
}

function thinking(item) {
  const streaming = item.open && !item.text;
  return h("details", { class: "thinking", open: streaming },
    h("summary", {}, streaming ? "Thinking" : "Thought"),
    h("p", { class: "thinking-text", "data-follow": streaming }, item.thinking));
}

function plan(item) {
  return h("ol", { class: "plan", "aria-label": "Plan" }, item.plan.map((text, index) => {
    const ticked = index < item.ticked;
    return h("li", { class: ticked ? "plan-item plan-ticked" : "plan-item" },
      h("span", { class: "plan-box", "aria-hidden": "true" }, ticked ? "✓" : ""),
      h("span", {}, text), ticked && h("span", { class: "sr-only" }, " (done)"));
  }));
}

// A plan stated in the reply's own words is shown once, as the list that gets ticked off.
function withoutPlan(text, items) {
  if (!items.length) return text;
  const known = new Set(items.map((item) => item.trim()));
  const bare = (line) => line.replace(/^\s*(?:\d+[.)]|[-*+])\s*(?:\[[ x]\]\s*)?/u, "").trim();
  const kept = text.split("\n").filter((line) => !known.has(bare(line)));
  return kept.join("\n").replace(/^\s*[#*_]*\s*(?:(?:the|my) )?plan\b[^:\n]*:?\s*[*_]*\s*$/imu, "").trim();
}

function answer(item, ctx) {
  return h("div", { class: "space-y-2" },
    h("article", { class: "answer prose", "aria-label": "Answer" }, markdown(item.text)),
    feedback(item, ctx));
}

// What this person thinks of the answer, to be changed at any time, and what others said.
function feedback({ run, votes }, { me }) {
  const button = (verdict, text) => h("button", {
    type: "button", class: votes[me] === verdict ? "link font-semibold" : "link",
    "data-action": "feedback", "data-run": run, "data-text": verdict,
    "aria-pressed": String(votes[me] === verdict),
  }, votes[me] === verdict ? `✓ ${text}` : text);
  const others = Object.entries(votes).filter(([who]) => who !== me)
    .map(([who, verdict]) => `${who.replace(/^web:/u, "")}: ${verdict}`);
  return h("div", { class: "flex flex-wrap items-center gap-3 hint", role: "group", "aria-label": "Feedback" },
    button("good", "Good answer"), button("bad", "Bad answer"),
    others.length > 0 && h("span", {}, others.join(", ")));
}

function budget(item, ctx) {
  const button = () => h("button", {
    type: "button", class: "button", "data-action": "grant", "data-run": item.run,
  }, "Grant the same again");
  return h("div", { class: "note note-warn space-y-2" }, h("p", {}, item.text),
    item.open && (ctx.role === "admin" ? button() : h("p", {}, "An admin may grant it the same again.")));
}

function note(item) {
  const lines = item.lines.map((line) => h("li", {}, line));
  return h("div", { class: `note note-${item.tone}`, role: item.tone === "bad" ? "alert" : null },
    h("p", {}, item.text), lines.length > 0 && h("ul", {}, lines));
}
