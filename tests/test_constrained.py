"""Models without tools: JSON forced by a schema, the tools in words, and what people see of it."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from agent.models.constrained import encode_plain, shape
from agent.models.unfolding import Unfolding
from bot.agents import Message
from bot.ports import Delta
from bot.tool import Risk, ToolCall, tool
from tests.asking import answer, ask, served
from tests.fakes.ollama import FakeOllama, Reply
from tests.fakes.ollama.grammar import allows

PHI = "phi3:mini"


class Rule(BaseModel):
    port: int = Field(ge=1, le=65_535)
    action: Literal["accept", "drop"] = "drop"
    comment: str = Field("", max_length=80, pattern="[a-z ]*")
    nested: "list[Rule]" = []


@tool(risk=Risk.CHANGE)
async def set_rules(rules: list[Rule], labels: dict[str, int], host: str | None = None) -> str:
    """Replace the firewall's rules."""
    return f"{rules} {labels} {host}"


def written(**fields: Any) -> Reply:
    return Reply(json.dumps(fields))


async def test_a_call() -> None:
    """The object becomes a call, its thought a thought, its plan the plan; no JSON is shown."""
    fields = {"thought": "Look first.", "plan": ["Look", "Tell"], "tool": "disk_usage"}
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(PHI, [written(**fields, arguments={"path": "/"})])
        deltas, reply = await answer(model, ask("how full?", model=PHI))

    assert [call.name for call in reply.tool_calls] == ["disk_usage"]
    assert (reply.text, reply.thinking, reply.plan) == ("", "Look first.", ("Look", "Tell"))
    assert "".join(delta.text for delta in deltas) == "Look first."
    assert {delta.channel for delta in deltas} == {"thinking"}
    assert not ollama.requests[0].tools
    assert reply.context.num_ctx == 4_096


async def test_an_answer() -> None:
    """The final text streams as text, escapes and all."""
    final = 'It is "half" full:\n/dev/sda1 \U0001f600 é'
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(PHI, [written(thought="I know.", final=final)])
        deltas, reply = await answer(model, ask("how full?", model=PHI))

    assert reply.text == final
    assert reply.tool_calls == ()
    assert "".join(delta.text for delta in deltas if delta.channel == "text") == final


async def test_what_is_sent() -> None:
    """The tools in a system message, calls as the model writes them, results as a user's words."""
    call = ToolCall("2.1", "disk_usage", {"path": "/"})
    said = (
        Message("assistant", "Looking.", calls=(call,)),
        Message("tool", "60 %", tool="disk_usage"),
    )
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(PHI, [written(thought="", final="60 %")])
        await answer(model, ask("how full?", *said, model=PHI))

    system, told, person, reply, result = ollama.requests[0].messages
    assert system["content"] == "You are an assistant."
    assert "disk_usage: Show how full the disks are." in told["content"]
    assert person["content"] == "how full?"
    assert json.loads(reply["content"]) == {
        "thought": "Looking.",
        "tool": "disk_usage",
        "arguments": {"path": "/"},
    }
    assert result == {"role": "user", "content": "Result of disk_usage:\n60 %"}


async def test_without_tools_nothing_is_forced() -> None:
    """Where nothing can be called, the model just writes."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(PHI, [Reply("A summary.")])
        _, reply = await answer(model, ask("sum it up", model=PHI, tools=()))

    assert reply.text == "A summary."
    assert ollama.requests[0].format is None


async def test_a_server_without_grammars() -> None:
    """What comes as text all the same is read as text: an old server ignores the schema."""
    lines = (b'{"message":{"content":"Half full."}}\n', b'{"done":true}\n')
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(PHI, [Reply(raw=lines)])
        _, reply = await answer(model, ask("how full?", model=PHI))

    assert reply.text == "Half full."


@pytest.mark.parametrize(
    ("written_as", "fits"),
    [
        ('{"thought": "", "tool": "set_rules", "arguments": {"rules": [], "labels": {}}}', True),
        (
            '{"thought": "", "tool": "set_rules", "arguments": {"rules": [{"port": 22, "action":'
            ' "accept", "nested": [{"port": 1}]}], "labels": {"a": 1}, "host": null}}',
            True,
        ),
        ('{"thought": "", "final": "Done."}', True),
        ('{"final": "Done."}', False),
        ('{"thought": "", "tool": "set_rules", "arguments": {"rules": []}}', False),
        ('{"thought": "", "tool": "rm", "arguments": {}}', False),
        ('{"thought": "", "tool": "set_rules", "arguments": {"rules": [{}], "labels": {}}}', False),
    ],
)
def test_the_schema(written_as: str, *, fits: bool) -> None:
    """Nested objects keep their shape without references, which a grammar cannot follow."""
    schema = shape([set_rules])

    assert allows(schema, written_as) is fits
    assert not any(word in json.dumps(schema) for word in ("$ref", "pattern", "maxLength"))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_any_cut(size: int) -> None:
    """Wherever the stream is cut, the same is shown of it."""
    text = json.dumps(
        {
            "thought": 'a "b" \\ \u20ac \U0001f600',
            "plan": ["thought", "final"],
            "tool": "x",
            "arguments": {"final": "no", "thought": ["no"]},
            "final": "yes\n",
        }
    )
    shown: list[Delta] = []
    unfolding = Unfolding()
    for at in range(0, len(text), size):
        shown += unfolding.add(text[at : at + size])

    assert "".join(d.text for d in shown if d.channel == "thinking") == 'a "b" \\ € \U0001f600'
    assert "".join(d.text for d in shown if d.channel == "text") == "yes\n"


def test_a_reply_of_several_calls() -> None:
    """What another model called at once is told one object a line."""
    calls = ToolCall("1.1", "a"), ToolCall("1.2", "b", {"x": 1})
    content = json.loads(encode_plain(Message("assistant", "", calls=calls)))["content"]

    assert [json.loads(line)["tool"] for line in content.splitlines()] == ["a", "b"]
