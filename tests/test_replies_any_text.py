"""What holds for every text that a model may send, however broken or hostile."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.models.formats.reading import MOST
from agent.models.replies import UNREADABLE, parse_reply
from tests.reply_tools import TOOLS
from tests.test_replies_formats import SAMPLES

CALL = '{"name": "execute_command", "arguments": {"command": "rm -rf /srv"}}'
PIECES = (
    *(
        "<think>",
        "</think>",
        "<tool_call>",
        "</tool_call>",
        "<tool_response>",
        "```json\n",
        "\n```",
    ),
    *("`", "\n> ", "\n", "{", "}", "[", "]", '"', "'", ",", ":", "Action: ", "Action Input: "),
    *("Observation:", "[TOOL_CALLS]", "<function=", "<parameter=command>", "</parameter>", "\\"),
    *("<|python_tag|>", "<|im_end|>", "<|channel|>analysis<|message|>", "disk_usage", "(path="),
    *("<｜tool▁call▁begin｜>", "<arg_key>", "<escape>", "call:", "Final Answer:", "\ud800", "\0"),  # noqa: RUF001 - theirs
    *("name", "arguments", CALL, "execute_command", "For example, ", "path", "/", "5", " "),
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.sampled_from(SAMPLES).map(lambda sample: str(sample["text"])),
)
LONG = 250_000
PATIENCE = 6.0
"""CPU seconds for so much, which takes about half a one; what is not linear takes far longer."""


@settings(max_examples=400, deadline=None)
@given(TEXTS, TEXTS)
def test_never_raises(one: str, other: str) -> None:
    """Any text gives a reply whose calls are of known tools, and that can be stored."""
    reply = parse_reply(one + other, TOOLS, "7")
    calls = (*reply.calls, *reply.unusable)

    assert all(call.name in TOOLS for call in reply.calls)
    assert sorted(call.id for call in calls) == sorted(f"7.{n + 1}" for n in range(len(calls)))
    stored = json.dumps([reply.text, reply.thinking, [[c.name, c.args] for c in calls]])
    assert json.loads(stored.encode())
    (reply.text + reply.thinking).encode()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_thoughts_never_act(text: str) -> None:
    """Whatever stands before the end of thoughts, or after their beginning, calls nothing."""
    closed = text.replace("</think>", "").replace("<think>", "")

    assert parse_reply(f"{closed}\n</think>", {}).calls == ()
    assert parse_reply(f"<think>{closed}{CALL}", TOOLS).calls == ()
    assert parse_reply(f"<think>{closed}{CALL}</think>Done.", TOOLS).calls == ()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([sample for sample in SAMPLES if sample["calls"]]), st.data())
def test_a_cut_never_changes_a_text(sample: dict[str, str], data: st.DataObject) -> None:
    """A reply that is cut anywhere gives fewer calls, or fewer arguments, never shorter texts."""
    whole = parse_reply(sample["text"], TOOLS)
    cut = data.draw(st.integers(0, len(sample["text"])))
    known = {str(value) for call in whole.calls for value in call.args.values()}

    for call in parse_reply(sample["text"][:cut], TOOLS).calls:
        given = {str(value) for value in call.args.values()}
        assert given <= known or _unmarked(sample)


_PLAIN = ("react:", "label: equals signs", "label: pairs", "label: a pair")


def _unmarked(sample: dict[str, str]) -> bool:
    """A plain input after a label has no end of its own that could be missing."""
    return sample["kind"].startswith(_PLAIN)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_value_survives(path: str, content: str) -> None:
    """Texts reach the tool as they were written, whatever is in them."""
    text = json.dumps({"name": "write_file", "arguments": {"path": path, "content": content}})

    (call,) = parse_reply(f"<tool_call>\n{text}\n</tool_call>", TOOLS).calls

    assert call.args == {"path": path, "content": content}


def test_no_tool_means_no_call() -> None:
    """Where there are no tools, nothing acts."""
    assert all(parse_reply(sample["text"], {}).calls == () for sample in SAMPLES)


def test_what_cannot_be_read_fits_no_tool() -> None:
    """A cut-off call is handed on under a name that no argument can have."""
    text = '<tool_call>{"name": "execute_command", "arguments": {"command": "rm -rf /sr'

    (call,) = parse_reply(text, TOOLS).unusable

    assert (call.name, list(call.args)) == ("execute_command", [UNREADABLE])
    assert not UNREADABLE.isidentifier()


def test_unknown_tools_are_handed_on() -> None:
    """A call of a tool that is not there is not made, but the model can be told."""
    text = '<tool_call>{"name": "reboot", "arguments": {"now": true}}</tool_call>'

    reply = parse_reply(text, TOOLS)

    assert (reply.calls, reply.text) == ((), "")
    assert [(call.name, call.args) for call in reply.unusable] == [("reboot", {"now": True})]


def test_going_round_in_circles() -> None:
    """A model that repeats itself forever is not read forever."""
    assert len(parse_reply(CALL + "\n" + f"say\n{CALL}\n" * 500, TOOLS).calls) == MOST


def test_deep_nesting() -> None:
    """A value nested deeper than anything means is no call."""
    deep = "[" * 500 + "]" * 500
    text = f'{{"name": "write_file", "arguments": {{"path": "/a", "content": {deep}}}}}'

    assert parse_reply(text, TOOLS).calls == ()


@pytest.mark.parametrize(
    "piece",
    [
        *("{", "[", "<", "`", ">", "\n>", "`\n", "a`b``c```d", '{"a":', '{"a" ', '{"a', "{'a "),
        *("<tool_call>", "<tool_call>{x", "<tool_call>a  ", "<tool_call>call:a{", "</think>a"),
        *(
            "<disk_usage> x",
            "<function=a>",
            '<invoke name="a">',
            "[disk_usage(",
            "```json\n{'a\n```\n",
        ),
        *("Action: disk_usage\n", "Action: disk_usage\nAction Input: x\n", "Tool: x\n", "<|end|>"),
        *("Let me check that for you. ", "Let me check it.\n\n", "{/*", '{"a\\', "[INST]", "</s> "),
    ],
)
def test_hostile_text_is_read_in_time(piece: str) -> None:
    """A quarter of a megabyte of anything is read once from beginning to end."""
    began = time.process_time()

    parse_reply("<" + piece * (LONG // len(piece)), TOOLS)

    assert time.process_time() - began < PATIENCE
