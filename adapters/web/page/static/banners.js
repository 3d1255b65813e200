// What everybody must know before they trust an answer: no model, no login, something is broken.

import { h } from "./dom.js";
import { keyed } from "./morph.js";

const MODES = {
  read_only: ["read-only", "Nothing may change anything."],
  supervised: ["supervised", "Everything that changes something asks first."],
  autonomous: ["autonomous", "Routine changes run without asking; dangerous ones ask."],
};

export function drawBanners(place, health) {
  const entries = lines(health).map(([key, tone, text]) => ({ key, value: text, stamp: tone }));
  const tones = new Map(lines(health).map(([, tone, text]) => [text, tone]));
  keyed(place, entries, (text) => h("p", { class: `banner banner-${tones.get(text)}` }, text));
}

function lines(health) {
  const broken = Object.entries(health.parts ?? {}).filter(([name, wrong]) => wrong && name !== "model");
  return [
    health.model?.reachable === false && ["model", "warn", `No model is reachable: ${
      sentence(health.model.detail)} I map plain requests to one tool and do not reason.`],
    health.auth_enabled === false && ["auth", "warn",
      "Login is off: everybody on this machine is admin."],
    ...broken.map(([name, wrong]) => [`part-${name}`, "bad", `${name}: ${wrong}`]),
  ].filter(Boolean);
}

function sentence(text) {
  const trimmed = (text || "no answer").replace(/^No model is reachable:/u, "").trim();
  return /[.!?]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}

export function drawMode(place, mode) {
  const [name, meaning] = MODES[mode] ?? [mode, ""];
  place.textContent = name;
  place.title = meaning;
  place.className = `badge badge-${mode === "autonomous" ? "warn" : "idle"}`;
}
