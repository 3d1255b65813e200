// What the buttons of approval cards do. The card itself shows only what the events say.

import { editedArguments } from "./edit.js";
import { pending } from "./fold.js";

const AT_ONCE = new Set(["trust", "leave", "look"]);

export class Decisions {
  /** approval id → {open: which part of the card is open, busy, problem} */
  panels = new Map();

  /** changed(id): the card must be drawn again. */
  constructor(api, view, changed) {
    Object.assign(this, { api, view, changed });
  }

  /** A click on a card's button; false when it was none of these. */
  click(action, id) {
    const approval = this.#find(id);
    if (!approval) return false;
    if (action === "back") this.#open(id, "");
    else if (action === "edit" || action === "deny") this.#open(id, action);
    else if (action.startsWith("confirm-")) this.#decide(id, { decision: action.slice(8) });
    else if (needsConfirming(action, approval)) this.#open(id, action);
    else if (action === "approve" || AT_ONCE.has(action)) this.#decide(id, { decision: action });
    else return false;
    return true;
  }

  submit(form) {
    const id = form.dataset.approval;
    if (form.dataset.form === "deny") {
      return this.#decide(id, { decision: "deny", reason: form.elements.reason.value.trim() });
    }
    return this.#edit(id, form);
  }

  #edit(id, form) {
    try {
      const changed = editedArguments(form, this.#find(id).call.args);
      return this.#decide(id, { decision: "edit", arguments: changed });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#set(id, { problem: error.message });
    }
  }

  async #decide(id, decision) {
    this.#set(id, { busy: true, problem: "" });
    try {
      await this.api.post(`/api/approvals/${id}`, decision);
      this.panels.delete(id);
      this.changed(id);
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      this.#set(id, { busy: false, problem: problem.detail });
    }
  }

  #open(id, part) {
    this.#set(id, { open: part, problem: "" });
  }

  #set(id, fields) {
    this.panels.set(id, { ...this.panels.get(id), ...fields });
    this.changed(id);
  }

  #find(id) {
    return pending(this.view()).find((approval) => approval.id === id);
  }
}

function needsConfirming(action, approval) {
  if (action === "again") return true;
  return action === "approve" && approval.risk === "danger";
}
