// A preview: coloured where it is a diff, and every invisible character spelled out.

import { h } from "./dom.js";
import { pieces } from "./escape.js";

/** Exact text, its invisible characters marked. */
export function exact(text) {
  return pieces(text).map((piece) =>
    piece.hidden ? h("mark", { class: "invisible-character" }, piece.text) : piece.text);
}

export function preview(text) {
  const lines = text.replace(/\n$/u, "").split("\n");
  const rows = lines.map((line) => h("span", { class: `diff-line ${kind(line)}` }, exact(line), "\n"));
  return h("pre", { class: "code diff", tabindex: 0 }, rows);
}

function kind(line) {
  if (/^(\+\+\+|---) /u.test(line)) return "diff-file";
  if (line.startsWith("@@")) return "diff-place";
  if (line.startsWith("+")) return "diff-added";
  if (line.startsWith("-")) return "diff-removed";
  return "";
}
