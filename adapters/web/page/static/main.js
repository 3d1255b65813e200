// Starts the page: who is there, what the bot can do, which thread is open.

import { Api, Problem } from "./api.js";
import { drawBanners, drawMode } from "./banners.js";
import { remaining } from "./card.js";
import { asCommand, Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { exact } from "./diff.js";
import { h, show } from "./dom.js";
import { Drawer } from "./drawer.js";
import { active, pending } from "./fold.js";
import { askLogin } from "./login.js";
import { address, addressed, drawThreads } from "./threads.js";
import { duration, now, seconds } from "./time.js";
import { Timeline } from "./timeline.js";

const LIST_EVERY = 15_000;
const HEALTH_EVERY = 30_000;
const MAY_DECIDE = new Set(["approver", "admin"]);
const CONNECTION = { connecting: "connecting…", lost: "connection lost, trying again…" };

const place = (id) => document.getElementById(id);
const state = { me: { key: "", role: "", mayDecide: false, schemas: {} }, health: {}, threads: [], commands: [] };
const api = new Api(() => location.reload());
const drawer = new Drawer(place("sidebar"), place("menu"), place("shade"));
const timeline = new Timeline(place("scroll"), place("timeline"), place("jump"));
const composer = new Composer(place("composer"), send);
const conversation = new Conversation(api, timeline, () => state.me, {
  drawn, moved: soon(refreshThreads, 150), problem,
  connection: (name) => { place("connection").textContent = CONNECTION[name] ?? ""; },
});

async function start() {
  await refreshHealth();
  if (state.health.auth_enabled !== false && !(await api.refresh())) await askLogin(api);
  await enter();
  await openAddressed();
  addEventListener("hashchange", openAddressed);
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  setInterval(tick, 1000);
  whileVisible(refreshThreads, LIST_EVERY);
  whileVisible(refreshHealth, HEALTH_EVERY);
}

async function enter() {
  const me = await api.get("/api/me");
  state.me = { ...me, mayDecide: MAY_DECIDE.has(me.role), schemas: {} };
  place("who").textContent = `${me.name} · ${me.role}`;
  place("version").textContent = me.version;
  show(place("logout"), me.auth_enabled);
  show(place("app"), true);
  const [models, { commands }, { tools }] = await Promise.all([
    api.get("/api/models"), api.get("/api/commands"), api.get("/api/tools"), refreshThreads(),
  ]);
  state.me.schemas = Object.fromEntries(tools.map(({ name, schema }) => [name, schema]));
  composer.offer(models);
  state.commands = commands;
  composer.know(commands);
}

async function openAddressed() {
  drawer.close();
  const thread = addressed();
  composer.open(thread);
  const opened = conversation.open(thread);
  listThreads();
  try {
    await opened;
  } catch (error) {
    problem(error.detail ?? error.message);
  }
  composer.text.focus({ preventScroll: true });
}

async function send(text, model, images) {
  const command = asCommand(text, state.commands);
  if (command && images.length) throw new Error("A command takes no pictures: remove them first.");
  if (command) return conversation.command(command);
  const thread = await conversation.say(text, model, images);
  if (thread !== conversation.view.thread) location.hash = address(thread);
  return refreshThreads();
}

async function refreshThreads() {
  state.threads = (await api.get("/api/threads")).threads;
  listThreads();
}

function listThreads() {
  drawThreads(place("threads"), state.threads, conversation.view.thread);
  show(place("no-threads"), state.threads.length === 0);
  headings();
}

async function refreshHealth() {
  state.health = await api.get("/health");
  drawBanners(place("banners"), state.health);
  drawMode(place("mode"), state.health.mode);
}

function drawn(view) {
  const run = active(view);
  show(place("stop"), Boolean(run));
  place("stop").disabled = run?.stopping ?? false;
  show(place("welcome"), !view.thread && !conversation.notes.length);
  show(place("missing"), conversation.missing && !view.runs.length);
  show(place("gap"), view.gap);
  headings();
  tick();
}

function headings() {
  const { view } = conversation;
  const known = state.threads.find((thread) => thread.id === view.thread);
  const title = known?.title || (view.thread ? "Conversation" : "New conversation");
  place("title").replaceChildren(h("bdi", {}, exact(title)));
  const waits = pending(view).length > 0 || state.threads.some((one) => one.waiting);
  document.title = `${waits ? "● Approval waits · " : ""}AI Orchestrator`;
}

function problem(text) {
  conversation.note("problem", text, "bad");
}

function clicked(event) {
  const target = event.target.closest("[data-action], summary");
  if (!target) return;
  if (target.nodeName === "SUMMARY") target.parentElement.dataset.touched = "";
  const { action, approval, call, command, picture, run, text } = target.dataset;
  if (action === "full") conversation.showAll(call);
  else if (action === "picture") enlarge(conversation.album.get(picture).url);
  else if (action === "stop") attempt(conversation.stop());
  else if (action === "grant") attempt(conversation.grant(run));
  else if (action === "feedback") attempt(conversation.feedback(run, text));
  else if (action === "command") attempt(once(target, conversation.command({ name: command, rest: text })));
  else if (action === "logout") attempt(api.logout().then(() => location.reload()));
  else if (action === "example") example(text);
  else if (action) conversation.decisions.click(action, approval);
}

function enlarge(url) {
  place("enlarged").src = url;
  place("viewer").showModal();
}

// A button that was clicked waits until it is known what came of it.
async function once(button, promise) {
  button.disabled = true;
  try {
    await promise;
  } finally {
    button.disabled = false;
  }
}

function example(text) {
  composer.text.value = text;
  composer.text.focus();
}

function submitted(event) {
  if (!event.target.dataset.form) return;
  event.preventDefault();
  conversation.decisions.submit(event.target);
}

async function attempt(promise) {
  try {
    await promise;
  } catch (error) {
    problem(error.detail ?? error.message);
  }
}

// Clocks on the page: time left on cards, seconds of running calls.
function tick() {
  for (const node of document.querySelectorAll("[data-expires]")) {
    node.textContent = remaining(Number(node.dataset.expires));
  }
  for (const node of document.querySelectorAll("[data-since]")) {
    node.textContent = duration(Math.max(0, Math.floor(now() - seconds(node.dataset.since))));
  }
}

// The bot may be away for a while: what was known stays on the page, and it is asked again.
function whileVisible(refresh, every) {
  const ask = () => document.hidden || quietly(refresh);
  setInterval(ask, every);
  document.addEventListener("visibilitychange", ask);
}

async function quietly(refresh) {
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function soon(refresh, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => quietly(refresh), wait);
  };
}

start().catch((error) => {
  place("fatal").textContent = error.detail ?? `The page could not start: ${error.message}`;
  show(place("fatal"), true);
});
