"""From what a model sent to the calls it means."""

import pytest

from agent.models.replies import NativeCall, Reply, native_reply
from bot.tool import ToolCall


def test_ids() -> None:
    """The calls of a reply are numbered, in its order."""
    reply = native_reply("Looking.", [NativeCall("a", {"n": 1}), NativeCall("b", {})], "4")

    assert Reply("Looking.", (ToolCall("4.1", "a", {"n": 1}), ToolCall("4.2", "b", {}))) == reply


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"path": "/"}', {"path": "/"}),
        ("", {}),
        ("/etc", {"arguments": "/etc"}),
        ("[1]", {"arguments": "[1]"}),
    ],
)
def test_arguments_as_text(arguments: str, read: dict[str, object]) -> None:
    """Some models send the arguments as the text of an object; what is none fits no tool."""
    (made,) = native_reply("", [NativeCall("a", arguments)], "1").calls

    assert read == made.args
