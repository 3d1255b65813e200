"""Drawing off the event loop, and what a plot says to those who do not see it."""

from collections.abc import Iterator
from itertools import islice

from adapters.live.story import Story
from adapters.live.texts import one_line, shortened, visible
from adapters.live.wire import Later, Picture, Post, Urgency
from bot.blocking import run_blocking
from bot.plot import Bars, Plot
from bot.tool import ToolError

MOST = 4
"""Plots of a run that are posted; the page has all."""
_ALT = 1_000
"""Characters; Slack takes so many, Discord 1,024."""


def plots(story: Story) -> Iterator[Post]:
    """Goes last: nothing waits for a picture. Not urgent, but told after the answer too."""
    for call, plot in islice(story.plots.items(), MOST):
        yield Post(f"plot {call}", Urgency.NOTICE, plot=plot, final=True)


async def drawn(plot: Plot) -> Picture:
    """Raises Later when many are being drawn."""
    try:
        data = await run_blocking("plots", _png, plot)
    except ToolError as busy:
        raise Later(1.0) from busy
    return Picture("plot.png", data, title=one_line(visible(plot.title), 100), alt=alt(plot))


def _png(plot: Plot) -> bytes:
    from adapters.live.plots.png import png  # Pillow takes 0.1 s and 11 MB to import

    return png(plot)


def alt(plot: Plot) -> str:
    """Its numbers in words."""
    if isinstance(plot, Bars):
        told = [f"{bar.label} {bar.text}" for bar in plot.bars]
    else:
        told = [each.name for each in plot.series]
    told += [f"{plot.limit.label} {plot.limit.text}"] if plot.limit else []
    return shortened(visible(" ".join(f"{plot.title}: {', '.join(told)}".split())), _ALT)
