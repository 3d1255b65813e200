// The Markdown that models write, as elements: headings, lists, tables, fences, quotes, paragraphs.
// No HTML, no images; every character of the source that means nothing here is shown as it is.

import { h } from "./dom.js";
import { inline } from "./inline.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/u;
const HEADING = /^ {0,3}(#{1,6})\s+(.+?)\s*#*$/u;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/u;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/u;
const QUOTE = /^ {0,3}> ?(.*)$/u;
const DIVIDER = /^\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$/u;
const DEEPEST = 8;

/** Markdown as a list of elements. */
export function markdown(text, depth = 0) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = lines[at].trim() ? readBlock(lines, at, depth) : [null, at + 1];
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(lines, at);
  if (HEADING.test(line)) return [heading(line), at + 1];
  if (RULE.test(line)) return [h("hr"), at + 1];
  if (startsTable(lines, at)) return table(lines, at);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (depth < DEEPEST && QUOTE.test(line)) return quote(lines, at, depth);
  return paragraph(lines, at);
}

function fence(lines, at) {
  const [, mark] = FENCE.exec(lines[at]);
  const body = [];
  let next = at + 1;
  while (next < lines.length && !closes(lines[next], mark)) body.push(lines[next++]);
  return [h("pre", { tabindex: 0 }, h("code", {}, body.join("\n"))), next + 1];
}

function closes(line, mark) {
  const match = FENCE.exec(line);
  return Boolean(match) && match[1].startsWith(mark) && !match[2].trim();
}

// The page has its own h1 and h2: an answer's headings come below them.
function heading(line) {
  const [, marks, text] = HEADING.exec(line);
  return h(`h${Math.min(marks.length + 2, 6)}`, {}, inline(text));
}

function table(lines, at) {
  const rows = [];
  let next = divides(lines[at + 1]) ? at + 2 : at + 1;
  while (lines[next]?.includes("|")) rows.push(cells(lines[next++]));
  return [grid(cells(lines[at]), rows, inline), next];
}

// A divider makes a table; so do two lines of equally many columns, as tools write them.
function startsTable(lines, at) {
  const [line, next = ""] = [lines[at], lines[at + 1]];
  if (!line.includes("|")) return false;
  const columns = line.split(" | ").length;
  return divides(next) || (columns > 2 && next.split(" | ").length === columns);
}

function divides(line) {
  return line.includes("|") && DIVIDER.test(line);
}

function cells(line) {
  return line.trim().replace(/^\||\|$/gu, "").split("|").map((cell) => cell.trim());
}

/** A table in a box that scrolls sideways by itself. */
export function grid(columns, rows, content = (text) => [text]) {
  const head = h("tr", {}, columns.map((text) => h("th", { scope: "col" }, content(text))));
  const body = rows.map((row) => h("tr", {}, row.map((text) => cell(text, content))));
  return h("div", { class: "grid-box", tabindex: 0 },
    h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

function cell(text, content) {
  return h("td", { class: text.length > 60 ? "long" : null }, content(text));
}

function list(lines, at, depth) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/u.test(mark);
  const items = [];
  let next = at;
  while (next < lines.length && isSibling(lines[next], indent.length, ordered)) {
    const [body, after] = itemBody(lines, next, indent.length);
    items.push(h("li", {}, compact(markdown(body.join("\n"), depth + 1))));
    next = after;
  }
  const start = ordered ? Number.parseInt(mark, 10) : 1;
  return [h(ordered ? "ol" : "ul", { start: start === 1 ? null : start }, items), next];
}

function isSibling(line, indent, ordered) {
  const match = ITEM.exec(line);
  return Boolean(match) && !RULE.test(line) && Math.abs(match[1].length - indent) < 2
    && /\d/u.test(match[2]) === ordered;
}

// An item goes on over indented lines, and over blank ones that an indented line follows.
function itemBody(lines, at, indent) {
  const body = [ITEM.exec(lines[at])[3]];
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next];
    const blank = !line.trim();
    if (blank && !deeper(lines[next + 1], indent)) return [body, next + 1];
    if (!blank && !deeper(line, indent)) return [body, next];
    body.push(blank ? "" : line.slice(Math.min(leading(line), indent + 2)));
    next += 1;
  }
  return [body, next];
}

function deeper(line, indent) {
  return Boolean(line?.trim()) && leading(line) >= indent + 2;
}

function leading(line) {
  return line.length - line.trimStart().length;
}

// A tight item is a line, not a paragraph with its space around it.
function compact([first, ...rest]) {
  if (!first) return [];
  return first.nodeName === "P" ? [...first.childNodes, ...rest] : [first, ...rest];
}

function quote(lines, at, depth) {
  const body = [];
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next])) body.push(QUOTE.exec(lines[next++])[1]);
  return [h("blockquote", {}, markdown(body.join("\n"), depth + 1)), next];
}

function paragraph(lines, at) {
  const body = [lines[at].trim()];
  let next = at + 1;
  while (next < lines.length && lines[next].trim() && !startsBlock(lines, next)) {
    body.push(lines[next++].trim());
  }
  const parts = body.flatMap((line, index) => (index ? [h("br"), ...inline(line)] : inline(line)));
  return [h("p", {}, parts), next];
}

function startsBlock(lines, at) {
  const line = lines[at];
  return [FENCE, HEADING, RULE, ITEM, QUOTE].some((start) => start.test(line))
    || startsTable(lines, at);
}
