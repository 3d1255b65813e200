// Text within a line: code, emphasis, links. Anything that is not plainly one of them is text.

import { h } from "./dom.js";

const TOKEN = new RegExp(
  [
    "(?<code>(?<ticks>`+)(?<codeText>[^`](?:[^`]{0,2000}?[^`])?)\\k<ticks>(?!`))",
    "(?<image>!\\[(?<alt>[^\\]\\n]{0,500})\\]\\((?<source>[^()\\s]{1,2000})[^()\\n]{0,200}\\))",
    "(?<link>\\[(?<label>[^\\]\\n]{1,500})\\]\\((?<target>[^()\\s]{1,2000})[^()\\n]{0,200}\\))",
    "(?<bold>\\*\\*(?<boldText>[^\\s*](?:[^*\\n]{0,1000}[^\\s*])?)\\*\\*)",
    "(?<italic>\\*(?<italicText>[^\\s*](?:[^*\\n]{0,1000}[^\\s*])?)\\*)",
    "(?<under>(?<![\\w_])_(?<underText>[^\\s_](?:[^_\\n]{0,1000}[^\\s_])?)_(?![\\w_]))",
    "(?<url>https?:\\/\\/[^\\s<>`\"'()\\[\\]]{1,2000})",
  ].join("|"),
  "gu",
);

/** A line of Markdown as nodes. */
export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    nodes.push(text.slice(end, match.index), node(match[0], match.groups));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function node(whole, found) {
  if (found.code) return h("code", {}, found.codeText.trim());
  if (found.image) return `${found.alt} (${found.source})`;
  if (found.link) return link(found.label, found.target, whole);
  if (found.bold) return h("strong", {}, inline(found.boldText));
  if (found.italic) return h("em", {}, inline(found.italicText));
  if (found.under) return h("em", {}, inline(found.underText));
  return bareLink(found.url);
}

// Where a link leads is always in sight: its label is the model's, or an outsider's, choice.
function link(label, target, whole) {
  if (!isWeb(target)) return whole;
  if (label === target) return anchor(target);
  return [h("span", {}, inline(label)), " (", anchor(target), ")"];
}

function bareLink(url) {
  const trimmed = url.replace(/[.,;:!?]+$/u, "");
  return isWeb(trimmed) ? [anchor(trimmed), url.slice(trimmed.length)] : url;
}

function anchor(url) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}

function isWeb(text) {
  return URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);
}
