// The edit form of an approval card: one field for each argument of the same tool and host, those
// the call has and those it could have. Here too invisible characters are spelled out: a field that
// obeyed them would show another text.

import { escaped, unescaped } from "./escape.js";
import { h } from "./dom.js";

/** `schema`: of the tool's arguments, if it is known. */
export function editForm(approval, busy, schema) {
  const given = approval.call.args;
  const args = Object.entries(given).filter(([name]) => name !== "host");
  const more = Object.entries(schema?.properties ?? {})
    .filter(([name]) => name !== "host" && !Object.hasOwn(given, name));
  return h("form", { class: "panel", "data-key": "edit", "data-form": "edit", "data-approval": approval.id },
    args.map(([name, value], index) => field(name, value, index === 0)),
    more.map(([name, about]) => absent(name, about)),
    h("p", { class: "hint" }, approval.risk === "danger"
      ? "Judged again; a dangerous call then waits for one more click."
      : `Judged again; if it is no more than a routine change, it runs on ${approval.host}.`),
    h("div", { class: "buttons" },
      h("button", { class: "button button-main", disabled: busy }, "Save and approve"),
      h("button", { type: "button", class: "button", "data-action": "back",
        "data-approval": approval.id, disabled: busy }, "Back")));
}

function field(name, value, first) {
  const text = escaped(typeof value === "string" ? value : JSON.stringify(value));
  const kind = typeof value === "string" ? "text" : "json";
  const attributes = { name, class: "input", "data-kind": kind, "data-focus": first, spellcheck: "false" };
  const long = text.length > 60 || text.includes("\n") || name === "command";
  const input = long
    ? h("textarea", { ...attributes, rows: Math.min(12, Math.max(2, text.split("\n").length)) }, text)
    : h("input", { ...attributes, value: text, autocomplete: "off" });
  return h("label", { class: "field" },
    h("span", {}, name, kind === "json" && h("span", { class: "hint" }, " (JSON)")), input);
}

// An argument the call does without. Left empty, it still does.
function absent(name, about) {
  const kind = takesText(about) ? "text" : "json";
  return h("label", { class: "field" },
    h("span", {}, name, h("span", { class: "hint" }, kind === "json" ? " (optional, JSON)" : " (optional)")),
    h("input", { name, class: "input", "data-kind": kind, "data-absent": true, spellcheck: "false",
      autocomplete: "off", placeholder: about.description ?? "" }));
}

function takesText(about) {
  return [about, ...(about.anyOf ?? [])].some((one) => one.type === "string");
}

/** The arguments the form holds: the call's own with the fields' values. Throws a SyntaxError that
 * names the field whose JSON cannot be read. */
export function editedArguments(form, args) {
  const edited = { ...args };
  for (const input of form.querySelectorAll("[data-kind]")) {
    if (!input.value && "absent" in input.dataset) continue;
    edited[input.name] = input.dataset.kind === "text" ? unescaped(input.value) : parse(input);
  }
  return edited;
}

function parse(input) {
  try {
    return JSON.parse(unescaped(input.value));
  } catch {
    throw new SyntaxError(`${input.name} is not JSON: write text in "quotes", numbers plainly.`);
  }
}
