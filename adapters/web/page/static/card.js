// The approval card. First what would really happen, in the order a person must know it; the
// model's own words come last. After the decision it shrinks to who decided what, and when.

import { editForm } from "./edit.js";
import { exact, preview } from "./diff.js";
import { h } from "./dom.js";
import { mainArgument } from "./steps.js";
import { clock, left, now } from "./time.js";

const VERDICT = {
  approved: "Approved", denied: "Denied", edited: "Edited", expired: "Expired",
  superseded: "Superseded", "run again": "To be run again", left: "Left as it is",
};
const CLOSED = {
  expired: "Not done: nobody decided in time.", superseded: "Not done: something newer took its place.",
};

export function card(approval, ctx) {
  return approval.state === "pending" ? open(approval, ctx) : closed(approval);
}

function open(approval, ctx) {
  const panel = ctx.panels.get(approval.id) ?? {};
  return h("section", {
    class: `card card-${approval.risk}`, "data-key": `approval-${approval.id}`, tabindex: -1,
    "data-approval": approval.id, "aria-label": `Approval ${approval.id}`,
  },
    h("header", { class: "card-head" },
      h("h3", { class: "card-title" }, title(approval)),
      h("span", { class: `risk risk-${approval.risk}` }, approval.risk)),
    facts(approval, timeLeft(approval)),
    h("div", { class: "card-actions", "aria-live": "polite" }, decide(approval, panel, ctx)),
    approval.words && h("details", { class: "card-words" },
      h("summary", {}, "The model says"), h("blockquote", {}, approval.words)));
}

function title(approval) {
  if (approval.may_have_run) return "This may already have run";
  return approval.edits ? "Edited: needs one more approval" : "Needs approval";
}

export function remaining(expires) {
  const text = left(expires - now());
  return text ? `${text} left` : "time is up";
}

function timeLeft(approval) {
  return h("span", { class: "tabular-nums", "data-expires": approval.expires }, remaining(approval.expires));
}

function facts(approval, waiting) {
  return h("dl", { class: "facts" },
    fact("Host", h("strong", {}, exact(approval.host))),
    fact("Account", exact(approval.account)),
    fact("What", what(approval)),
    fact("Why ask", list(approval.reasons)),
    fact("Influenced by", list(approval.taintedBy.map(influence))),
    fact("Preview", approval.preview && preview(approval.preview)),
    fact("Undo", approval.undo && exact(approval.undo)),
    fact("Time", waiting));
}

function fact(name, content) {
  if (!content || content.length === 0) return null;
  return h("div", { class: "fact" }, h("dt", {}, name), h("dd", {}, content));
}

// The host stands above; as an argument it is shown again only when it says something else.
function what({ call, host }) {
  const main = mainArgument(call.args);
  const rest = Object.entries(call.args)
    .filter(([name, value]) => name !== main?.name
      && !(name === "host" && [value].flat().join(", ") === host));
  return [
    h("p", { class: "call-name" }, call.name, main && h("span", { class: "hint" }, ` ${main.name}`)),
    main && h("pre", { class: "code exact", tabindex: 0 }, exact(main.text)),
    rest.map(([name, value]) => h("div", { class: "argument" },
      h("span", { class: "argument-name" }, name), h("pre", { class: "code" }, exact(written(value))))),
  ];
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}

function list(lines) {
  if (lines.length < 2) return lines.map(exact).flat();
  return h("ul", {}, lines.map((line) => h("li", {}, exact(line))));
}

function influence(one) {
  return `${one.source} (${one.log} #${one.seq})`;
}

function decide(approval, panel, ctx) {
  if (!ctx.mayDecide) {
    return h("p", { class: "hint" }, `You may look but not decide (your role: ${ctx.role}). `,
      "An approver or an admin may, here or with ", h("code", {}, `/ops approve ${approval.id}`), ".");
  }
  return [
    panel.problem && h("p", { class: "problem", role: "alert", "data-key": "problem" }, panel.problem),
    approval.decision === "look" && h("p", { class: "hint", "data-key": "looking" },
      `${approval.by} asked the model to look first; it may only read. Still to be decided.`),
    controls(approval, panel, ctx.schemas[approval.call.name]),
  ];
}

function controls(approval, panel, schema) {
  if (panel.open === "edit") return editForm(approval, panel.busy, schema);
  if (panel.open === "deny") return denyForm(approval, panel.busy);
  if (panel.open) return confirmStep(approval, panel);
  return h("div", { class: "buttons", "data-key": "choices" }, choices(approval).map(([action, label, look, hint]) =>
    h("button", {
      type: "button", class: `button ${look}`, "data-action": action, "data-approval": approval.id,
      disabled: panel.busy, title: hint,
    }, label)));
}

function choices(approval) {
  if (approval.may_have_run) {
    return [["again", "Run again", "button-danger"], ["look", "Look first", "button-main"],
      ["leave", "Leave it", ""]];
  }
  const trust = approval.risk === "change" && !approval.taintedBy.length;
  return [
    ["approve", "Approve", approval.risk === "danger" ? "button-danger" : "button-main"],
    ["edit", "Edit", ""],
    ["deny", "Deny", ""],
    trust && ["trust", "Trust for 1 h", "button-quiet",
      `Approve, and do not ask again in this thread for an hour: ${approval.shape || approval.call.name}`],
  ].filter(Boolean);
}

function confirmStep(approval, panel) {
  const again = panel.open === "again";
  return h("div", { class: "confirm", "data-key": "confirm", role: "group", "aria-label": "Confirm" },
    h("p", {}, h("strong", {}, `Really run this on ${approval.host}? `),
      again ? "It may have run already; this runs it once more." : "It can lose data or stop a service."),
    h("div", { class: "buttons" },
      h("button", {
        type: "button", class: "button button-danger", "data-action": `confirm-${panel.open}`,
        "data-approval": approval.id, "data-focus": true, disabled: panel.busy,
      }, again ? "Yes, run it again" : "Yes, run it"),
      h("button", { type: "button", class: "button", "data-action": "back",
        "data-approval": approval.id, disabled: panel.busy }, "Back")));
}

function denyForm(approval, busy) {
  return h("form", { class: "panel", "data-key": "deny", "data-form": "deny", "data-approval": approval.id },
    h("label", { class: "field" }, h("span", {}, "Reason, for the model (optional)"),
      h("input", { name: "reason", class: "input", maxlength: 500, autocomplete: "off", "data-focus": true })),
    h("div", { class: "buttons" },
      h("button", { class: "button button-main", disabled: busy }, "Deny"),
      h("button", { type: "button", class: "button", "data-action": "back",
        "data-approval": approval.id, disabled: busy }, "Back")));
}

function closed(approval) {
  return h("details", { class: `card card-closed`, "data-key": `approval-${approval.id}`,
    "data-approval": approval.id },
    h("summary", { tabindex: 0 },
      h("span", { class: `decided decided-${approval.state.replace(" ", "-")}` },
        approval.decision === "edit" ? "Edited and approved" : VERDICT[approval.state] ?? approval.state),
      approval.by && ` by ${approval.by}`,
      ` at ${clock(approval.decidedAt)}`,
      approval.decision === "trust" && ", trusted for 1 h",
      h("span", { class: "hint" }, [approval.reason, CLOSED[approval.state]].filter(Boolean).map((s) => ` ${s}`))),
    facts(approval));
}
