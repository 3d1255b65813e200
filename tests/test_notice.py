"""What a person is told of how a reply came to be, where chat platforms tell a run as a story."""

import pytest

from adapters.live.story import Story
from bot.events import ModelReplied
from bot.recorded import Recorded
from bot.tool import ToolCall
from tests.recording import THREAD

NOTICE = "qwen3 is busy. phi4 answers instead."
CALL = ToolCall("1.1", "disk_usage")


@pytest.mark.parametrize(
    ("reply", "thoughts"),
    [
        (ModelReplied("Looking.", tool_calls=(CALL,)), ["Looking."]),
        (ModelReplied("Looking.", tool_calls=(CALL,), notice=NOTICE), [f"{NOTICE}\nLooking."]),
        (ModelReplied("Half full."), []),
        (ModelReplied("Half full.", notice=NOTICE), [NOTICE]),
    ],
)
def test_a_notice_is_told(reply: ModelReplied, thoughts: list[str]) -> None:
    """Before the thought of a step; and as a step of its own before an answer, never in it."""
    story = Story("r1")
    story.fold(Recorded(1, "r1", 0, 0, THREAD, reply))

    assert [step.thought for step in story.steps] == thoughts
