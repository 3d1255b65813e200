// The open thread: loaded, followed, folded, drawn.

import { Album } from "./album.js";
import { announce } from "./announce.js";
import { Decisions } from "./decisions.js";
import { active, empty, fold, foldAll, vote } from "./fold.js";
import { Follower } from "./socket.js";

const RUN_MOVED = new Set([
  "run_started", "run_finished", "run_failed", "run_stopped", "approval_requested",
  "approval_decided", "approval_expired", "approval_superseded", "incident_changed",
]);

export class Conversation {
  view = empty("");
  notes = [];
  full = new Set();
  /** There is no such thread, or none that they may see. */
  missing = false;
  #stamp = 0;
  #follower = null;
  #opening = null;
  #frame = 0;

  /** hooks: drawn(view) after each drawing, moved() when a run began, ended or asked,
   * connection(state), problem(text). me(): {key, role, mayDecide, schemas}. */
  constructor(api, timeline, me, hooks) {
    Object.assign(this, { api, timeline, me, hooks });
    this.album = new Album(api, () => this.#redraw());
    this.decisions = new Decisions(api, () => this.view, (id) => this.#redraw(id));
  }

  /** Show this thread; "" is a new conversation. */
  async open(thread) {
    this.close();
    const opening = Symbol(thread);
    this.#opening = opening;
    this.view = empty(thread);
    this.notes = [];
    this.missing = false;
    this.draw();
    if (!thread) return;
    const loaded = await this.#load(thread);
    if (this.#opening !== opening) return;
    this.missing = !loaded?.runs.length;
    if (!loaded) return this.draw();
    const view = foldAll(empty(thread), loaded.runs.flatMap((run) => run.events));
    const voted = loaded.runs.reduce((all, run) => vote(all, run.run_id, run.feedback ?? {}), view);
    this.view = { ...voted, position: loaded.position };
    this.draw();
    this.timeline.toEnd();
    this.#follow(thread);
  }

  // null: not there for them, or no thread's name at all.
  async #load(thread) {
    try {
      return await this.api.get(`/api/threads/${encodeURIComponent(thread)}`);
    } catch (problem) {
      if (problem.status !== 404 && problem.status !== 422) throw problem;
      return null;
    }
  }

  close() {
    this.#follower?.close();
    this.#follower = null;
    this.album.clear();
    this.hooks.connection("");
  }

  /** Send a message; resolves with the thread it went to. */
  async say(message, model, images) {
    const { thread } = this.view;
    const sent = await this.api.post("/api/chat", {
      message, model, wait: false, ...(thread && { thread }), ...(images.length && { images }),
    });
    this.timeline.toEnd();
    return sent.thread;
  }

  /** Run a command and show what it says. */
  async command({ name, rest }) {
    const { thread } = this.view;
    const body = { text: rest, ...(thread && { thread }) };
    const { text } = await this.api.post(`/api/commands/${encodeURIComponent(name)}`, body);
    this.note(`!${name} ${rest}`.trim(), text || "Done.");
  }

  note(command, text, tone = "plain") {
    const after = this.view.runs.at(-1)?.id ?? "";
    this.notes = [...this.notes, { key: `note${this.notes.length}`, command, text, tone, after }];
    this.draw();
    this.timeline.toEnd();
  }

  /** Let a run go on. It is named by itself: its conversation may be held on another platform. */
  async grant(run) {
    await this.api.post("/api/commands/grant", { text: run });
  }

  /** Call a run's answer good or bad. */
  async feedback(run, verdict) {
    const { thread } = this.view;
    await this.api.post("/api/commands/feedback", { text: `${verdict} ${run}`, thread });
    this.view = vote(this.view, run, { [this.me().key]: verdict });
    this.draw();
  }

  async stop() {
    const run = active(this.view);
    if (run) await this.api.post(`/api/runs/${run.id}/stop`);
  }

  showAll(call) {
    this.full.add(call);
    this.#redraw();
  }

  draw() {
    const { key, role, mayDecide, schemas } = this.me();
    const { panels } = this.decisions;
    this.timeline.draw(this.view, this.notes, {
      me: key, role, mayDecide, schemas, panels, full: this.full, stamp: this.#stamp,
      picture: (id) => this.album.get(id),
    });
    this.hooks.drawn(this.view);
  }

  #follow(thread) {
    this.#follower = new Follower(thread, {
      after: () => this.view.position,
      ticket: async () => (await this.api.post("/api/ws-ticket")).ticket,
      frame: (frame) => this.#receive(frame),
      state: (state) => this.hooks.connection(state),
    });
  }

  #receive(frame) {
    if (frame.type === "error") {
      this.hooks.problem(frame.detail);
      return;
    }
    this.view = fold(this.view, frame);
    announce(frame);
    if (RUN_MOVED.has(frame.type)) this.hooks.moved();
    this.#soon();
  }

  // Many pieces of text arrive between two pictures of the screen; they are drawn once.
  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  #redraw(approval) {
    this.#stamp += 1;
    this.draw();
    if (approval) focusIn(approval, this.decisions.panels.get(approval));
  }
}

// A button that vanished takes the focus with it: it goes to what the card shows instead.
function focusIn(approval, panel) {
  const card = document.querySelector(`[data-approval="${CSS.escape(approval)}"]`);
  const wanted = panel?.open && card?.querySelector("[data-focus]");
  if (wanted && !panel.problem) wanted.focus();
  else if (document.activeElement === document.body) card?.focus();
}

