"""Plots as data: they are kept, shown and cleaned like everything else a tool says."""

import json
from pathlib import Path

import pytest

from bot import codec
from bot.events import ToolFinished
from bot.plot import Bars, Lines, Measure, Plot, Series
from bot.tool import Risk, ToolCall, ToolResult, Trust, tool
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import process

BARS = Bars("disks", (Measure("/", 71.0, "71%"), Measure("/srv", 93.5, "93%")), full=100)
LINES = Lines("load", "", (Series("web1", ((1.0, 2.5), (61.0, 3.0))),), Measure("high", 4, "4"))


@pytest.mark.parametrize("plot", [BARS, LINES])
def test_a_plot_is_kept(plot: Plot) -> None:
    """What is stored of a plot is all of it, of either kind; programs read its kind."""
    event = ToolFinished("1.1", plot=plot)

    assert event == codec.decode(event.kind, codec.encode(event))
    assert plot.kind == json.loads(json.dumps(codec.fields(event)))["plot"]["kind"]


def test_what_cannot_be_drawn_is_refused() -> None:
    """A number that JSON does not have would be lost with all of its event."""
    with pytest.raises(ValueError, match="cannot be drawn"):
        Measure("/", float("nan"), "?")
    with pytest.raises(ValueError, match="cannot be drawn"):
        Series("load", ((0.0, float("inf")),))


async def test_a_plots_words_are_cleaned(tmp_path: Path) -> None:
    """A secret in a label is not kept, and a name of odd bytes is written out."""

    @tool(risk=Risk.READ, trust=Trust.SYSTEM)
    async def space() -> ToolResult:
        """Space taken."""
        bars = (Measure("/srv/hunter22222", 1, "1 B"), Measure("/srv/\udcff", 2, "2 B"))
        return ToolResult("two", plot=Bars("in hunter22222", bars))

    model = ScriptedModel(calls(ToolCall("1.1", "space")), says("done"))
    async with process(tmp_path, model, [space], secrets={"door": "hunter22222"}) as bench:
        await bench.say("what is big?")
        events = await bench.until("run_finished")

    [plot] = [event.plot for event in events if isinstance(event, ToolFinished)]
    assert isinstance(plot, Bars)
    assert "in ‹secret: door›" == plot.title
    assert ["/srv/‹secret: door›", "/srv/\\xff"] == [bar.label for bar in plot.bars]
