// A tool's plot, which fits its place: bars are rows of a table, lines are drawn in a frame.

import { exact } from "./diff.js";
import { h, s } from "./dom.js";
import { number, top } from "./scale.js";

const MOST_BARS = 40;
const MOST_LINES = 8;
const KINDS = { bars, lines };

/** The plot as an element; null for a kind that is not known here. */
export function plotView(plot) {
  const draw = KINDS[plot.kind];
  return draw ? h("figure", { class: "plot" }, h("figcaption", {}, exact(plot.title)), draw(plot)) : null;
}

function bars(plot) {
  const shown = plot.bars.slice(0, MOST_BARS);
  const limit = plot.limit?.value;
  const full = Math.max(plot.full, limit ?? 0, ...shown.map((bar) => bar.value)) || 1;
  const rows = shown.map(({ label, value, text }) => h("tr", {},
    h("th", { scope: "row", title: label }, exact(label)),
    h("td", { class: "bar" }, track(value / full, limit === undefined ? null : limit / full)),
    h("td", {}, exact(text))));
  return [
    h("table", { class: "bars" }, h("tbody", {}, rows)),
    foot([more(plot.bars.length - shown.length), plot.limit && limitText(plot.limit)]),
  ];
}

// In a box 100 wide and 10 high that is stretched to its place.
function track(part, limit) {
  const over = limit !== null && part >= limit;
  return s("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { class: "plot-track", y: 1, width: 100, height: 8 }),
    s("rect", { class: over ? "plot-over" : "plot-0", y: 1, width: 100 * Math.max(part, 0), height: 8 }),
    limit !== null && level(`M ${100 * limit} 0 V 10`, "plot-limit"));
}

function lines(plot) {
  const shown = plot.series.filter((one) => one.points.length > 0).slice(0, MOST_LINES);
  if (!shown.length) return h("p", { class: "hint" }, "Nothing was measured.");
  const points = shown.flatMap((one) => one.points);
  const values = [...points.map(([, value]) => value), plot.limit?.value ?? 0];
  const high = top(Math.max(0, ...values), plot.unit);
  const low = -top(Math.max(0, ...values.map((value) => -value)), plot.unit);
  const frame = { from: points[0][0], to: points[0][0], low, high: high === low ? 1 : high };
  for (const [at] of points) {
    frame.from = Math.min(frame.from, at);
    frame.to = Math.max(frame.to, at);
  }
  return [
    h("ul", { class: "plot-legend" }, shown.map((one, place) => entry(one, place, plot.unit))),
    h("div", { class: "plot-frame" },
      h("div", { class: "plot-values" }, [1, 0.5, 0].map((part) =>
        h("span", {}, number(frame.low + part * (frame.high - frame.low), plot.unit)))),
      drawing(shown, frame, plot.limit?.value)),
    foot([h("span", {}, when(frame.from)), plot.limit && limitText(plot.limit), h("span", {}, when(frame.to))]),
    foot([more(plot.series.length - shown.length)]),
  ];
}

function drawing(shown, frame, limit) {
  const x = (at) => frame.to > frame.from ? 100 * (at - frame.from) / (frame.to - frame.from) : 50;
  const y = (value) => 100 - 100 * (value - frame.low) / (frame.high - frame.low);
  const path = ({ points }) => {
    const places = points.map(([at, value]) => `${x(at).toFixed(2)} ${y(value).toFixed(2)}`);
    return places.length > 1 ? `M ${places.join(" L ")}` : `M ${places[0]} h 0.01`;
  };
  return s("svg", { class: "plot-drawing", viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" },
    [0, 50, 100].map((at) => level(`M 0 ${at} H 100`, "plot-grid")),
    shown.map((one, place) => level(path(one), `plot-line plot-${place}`)),
    limit !== undefined && level(`M 0 ${y(limit)} H 100`, "plot-limit"));
}

// A line whose width is not stretched with the box.
function level(path, kind) {
  return s("path", { class: kind, d: path, "vector-effect": "non-scaling-stroke" });
}

function entry({ name, points }, place, unit) {
  const mark = s("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    s("rect", { class: `plot-${place}`, width: 10, height: 10 }));
  return h("li", {}, mark, h("span", {}, exact(name)), h("span", { class: "plot-now" }, number(points.at(-1)[1], unit)));
}

function foot(parts) {
  const shown = parts.filter(Boolean);
  return shown.length > 0 && h("div", { class: "plot-foot" }, shown);
}

function more(count) {
  return count > 0 && h("span", {}, `and ${count} more`);
}

function limitText({ label, text }) {
  return h("span", { class: "plot-limit-text" }, exact(`${label}: ${text}`));
}

function when(at) {
  return new Date(at * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
