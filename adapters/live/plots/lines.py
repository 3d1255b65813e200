"""Values over time as lines."""

from dataclasses import dataclass

from PIL.Image import Image

from adapters.live.plots.paper import (
    BLUE,
    FAINT,
    GRID,
    INK,
    PAD,
    RED,
    SMALL,
    TOP,
    WIDTH,
    Paper,
    fit,
    long,
)
from adapters.live.plots.scale import number, period, ticks, time_ticks
from bot.plot import Lines, Series

MOST = 8
"""Lines that are drawn; the rest is counted."""
_COLOURS = (BLUE, "#1a7f37", "#bc4c00", "#8250df", "#0a7c86", "#9a6700", "#bf3989", "#57606a")
"""None is like the red of the limit."""
_HEIGHT, _LEGEND = 400, 36
_NAMES = 4
"""Names in a row of the legend."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where times and values lie on the paper."""

    left: float
    right: float
    top: float
    bottom: float
    times: tuple[float, float]
    values: tuple[float, float]

    def x(self, at: float) -> float:
        first, last = self.times
        part = (at - first) / (last - first) if last > first else 0.5
        return self.left + (self.right - self.left) * part

    def y(self, value: float) -> float:
        low, high = self.values
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)


def lines(plot: Lines) -> Image:
    shown = [each for each in plot.series if each.points][:MOST]
    more = sum(bool(each.points) for each in plot.series) - len(shown)
    rows = -(-(len(shown) + bool(more)) // _NAMES)
    top = TOP + rows * _LEGEND + 10
    paper = Paper(top + _HEIGHT + 96, plot.title)
    if not shown:
        paper.write(WIDTH / 2, top + _HEIGHT / 2, "nothing was measured", FAINT, SMALL, "mm")
        return paper.image
    _legend(paper, plot, shown, more)
    frame = _axes(paper, plot, shown, top)
    for line, colour in zip(shown, _COLOURS, strict=False):
        places = [(frame.x(at), frame.y(value)) for at, value in line.points]
        paper.line(places, colour, 4)
        if len(places) == 1:
            paper.dot(*places[0], colour)
    if plot.limit:
        y = frame.y(plot.limit.value)
        paper.box(frame.left, y - 2, frame.right, y + 1, RED)
    return paper.image


def _legend(paper: Paper, plot: Lines, shown: list[Series], more: int) -> None:
    wide = (WIDTH - 2 * PAD) / _NAMES
    for place, line in enumerate(shown):
        x, y = PAD + wide * (place % _NAMES), TOP + _LEGEND * (place // _NAMES)
        paper.box(x, y - 8, x + 16, y + 8, _COLOURS[place])
        now = f" {number(line.points[-1][1], plot.unit)}"
        name = fit(line.name, SMALL, wide - 44 - long(now, SMALL))
        paper.write(x + 26, y, name + now, INK, SMALL, "lm")
    if more:
        x, y = PAD + wide * (len(shown) % _NAMES), TOP + _LEGEND * (len(shown) // _NAMES)
        paper.write(x, y, f"and {more} more", FAINT, SMALL, "lm")


def _axes(paper: Paper, plot: Lines, shown: list[Series], top: int) -> Frame:
    values = [value for line in shown for _, value in line.points]
    values += [plot.limit.value] if plot.limit else []
    times = [at for line in shown for at, _ in line.points]
    marks = ticks(min(0.0, *values), max(0.0, *values), plot.unit)
    written = [number(mark, plot.unit) for mark in marks]
    left = PAD + max(long(text, SMALL) for text in written) + 14
    bottom = top + _HEIGHT
    span = (min(times), max(times))
    frame = Frame(left, WIDTH - PAD, top, bottom, span, (marks[0], marks[-1]))
    for mark, text in zip(marks, written, strict=True):
        y = frame.y(mark)
        paper.box(left, y, frame.right, y + 1, GRID)
        paper.write(left - 14, y, text, FAINT, SMALL, "rm")
    for at, text in time_ticks(*span):
        half = long(text, SMALL) / 2
        x = min(max(frame.x(at), left + half), frame.right - half)
        paper.box(frame.x(at), bottom, frame.x(at) + 1, bottom + 8, FAINT)
        paper.write(x, bottom + 26, text, FAINT, SMALL, "mm")
    paper.write(left, bottom + 62, period(*span), FAINT, SMALL, "lm")
    if plot.limit:
        text = fit(f"{plot.limit.label}: {plot.limit.text}", SMALL, 500)
        paper.write(frame.right, bottom + 62, text, RED, SMALL, "rm")
    return frame
