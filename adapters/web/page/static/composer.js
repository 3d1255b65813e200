// Where people write. A draft belongs to its thread and outlives a reload of the tab.

import { Attached, encoded } from "./attach.js";

const MODEL = "model";

export class Composer {
  #thread = "";
  #sending = false;

  /** send(text, model, images): a promise; when it fails all stays and the reason is shown. */
  constructor(form, send) {
    this.form = form;
    this.send = send;
    this.text = form.elements.message;
    this.model = form.elements.model;
    this.problem = form.querySelector("[data-problem]");
    this.hint = form.querySelector("[data-hint]");
    this.commands = [];
    this.attached = new Attached(form, (text) => this.#say(text));
    form.addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#typed());
    this.model.addEventListener("change", () => sessionStorage.setItem(MODEL, this.model.value));
  }

  /** Go to another thread: its draft comes back, ours stays with ours. */
  open(thread) {
    this.#thread = thread;
    this.text.value = sessionStorage.getItem(this.#draft()) ?? "";
    this.#say("");
    this.#fit();
    this.attached.open(thread);
  }

  /** Commands as /api/commands gives them; what is being typed may be one. */
  know(commands) {
    this.commands = commands;
    this.#hint();
  }

  /** Models as /api/models gives them. */
  offer({ models, auto }) {
    const chosen = sessionStorage.getItem(MODEL) ?? "auto";
    const names = models.map((model) => model.name);
    const first = new Option(auto ? `auto (${auto})` : "auto", "auto");
    this.model.replaceChildren(first, ...names.map((name) => new Option(name, name)));
    this.model.value = names.includes(chosen) ? chosen : "auto";
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    const thread = this.#thread;
    const pictures = this.attached.chosen;
    if ((!text.trim() && !pictures.length) || this.#sending) return;
    this.#sending = true;
    this.#say("");
    const draft = this.#draft();
    try {
      await this.send(text, this.model.value, await encoded(pictures));
      this.attached.sent(thread, pictures);
      sessionStorage.removeItem(draft);
      if (this.text.value === text) this.text.value = "";
      this.#typed();
    } catch (error) {
      this.#say(error.detail ?? error.message);
    } finally {
      this.#sending = false;
    }
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #typed() {
    const { value } = this.text;
    if (value) sessionStorage.setItem(this.#draft(), value);
    else sessionStorage.removeItem(this.#draft());
    this.#fit();
    this.#hint();
  }

  #hint() {
    this.hint.textContent = suggestion(this.text.value, this.commands);
  }

  // Rows, not a height: the page's policy allows no style of its own making.
  #fit() {
    this.text.rows = Math.min(10, Math.max(1, this.text.value.split("\n").length));
  }

  #draft() {
    return `draft:${this.#thread}`;
  }

  #say(problem) {
    this.problem.textContent = problem;
  }
}

/** Text as a command {name, rest}, or null. `!x` always is one, `/x` only when x is known: people
 * write about paths. */
export function asCommand(text, commands) {
  const match = /^([!/])([a-z][\w-]*)(?:\s+([\s\S]*))?$/u.exec(text.trim());
  if (!match) return null;
  const [, mark, name, rest = ""] = match;
  const known = commands.some((command) => command.name === name);
  return mark === "!" || known ? { name, rest } : null;
}

function suggestion(text, commands) {
  const match = /^[!/]([\w-]*)/u.exec(text);
  if (!match) return "";
  const found = commands.filter((command) => command.name.startsWith(match[1])).slice(0, 6);
  const line = (command) => `${command.name}: ${command.summary.split("\n")[0]}`;
  return found.length === 1 ? line(found[0]) : found.map((command) => command.name).join("  ");
}
