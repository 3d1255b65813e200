"""Amounts as bars, one in a row."""

from collections.abc import Sequence

from PIL.Image import Image

from adapters.live.plots.paper import (
    BLUE,
    FAINT,
    INK,
    PAD,
    PAPER,
    RED,
    SMALL,
    TEXT,
    TOP,
    TRACK,
    WIDTH,
    Paper,
    fit,
    long,
)
from bot.plot import Bars, Measure

MOST = 40
"""Bars that are drawn; the rest is counted."""
_ROW, _HALF, _GAP = 44, 13, 20
_LABEL, _VALUE = 420, 300
"""The widest that the columns beside the bars may be."""


def bars(plot: Bars) -> Image:
    shown = plot.bars[:MOST]
    more = len(plot.bars) - len(shown)
    end = TOP + _ROW * len(shown)
    paper = Paper(end + PAD // 2 + (40 if more or plot.limit else 0), plot.title)
    labels = [fit(bar.label, TEXT, _LABEL) for bar in shown]
    texts = [fit(bar.text, TEXT, _VALUE) for bar in shown]
    left, right = PAD + _widest(labels) + _GAP, WIDTH - PAD - _widest(texts) - _GAP
    limit = plot.limit.value if plot.limit else 0.0
    full = max(plot.full, limit, *(bar.value for bar in shown)) or 1.0
    for row, bar in enumerate(shown):
        y = TOP + _ROW * row + _ROW / 2
        paper.box(left, y - _HALF, right, y + _HALF, TRACK)
        reach = (right - left) * bar.value / full
        if reach >= 1:
            over = plot.limit is not None and bar.value >= limit
            paper.box(left, y - _HALF, left + reach, y + _HALF, RED if over else BLUE)
        paper.write(left - _GAP, y, labels[row], INK, TEXT, "rm")
        paper.write(WIDTH - PAD, y, texts[row], INK, TEXT, "rm")
    if more:
        paper.write(PAD, end + 24, f"and {more} more", FAINT, SMALL, "lm")
    if plot.limit:
        _limit(paper, plot.limit, left + (right - left) * limit / full, end)
    return paper.image


def _limit(paper: Paper, limit: Measure, x: float, end: int) -> None:
    # With the paper around it, so that it is seen on a red bar.
    paper.box(x - 4, TOP, x + 3, end + 6, PAPER)
    paper.box(x - 2, TOP, x + 1, end + 6, RED)
    text = fit(f"{limit.label}: {limit.text}", SMALL, 500)
    half = long(text, SMALL) / 2
    at = min(max(x, PAD + 200 + half), WIDTH - PAD - half)  # right of "and 7 more"
    paper.write(at, end + 24, text, RED, SMALL, "mm")


def _widest(texts: Sequence[str]) -> float:
    return max((long(text, TEXT) for text in texts), default=0.0)
