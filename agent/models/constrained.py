"""Tool calls of models that have no tools of their own: JSON that a schema forces on the reply.

Such a model is told of the tools in words and answers each time with one object,
``{thought, plan?, tool, arguments}`` or ``{thought, plan?, final}``: Ollama turns the schema of its
``format`` (https://docs.ollama.com/capabilities/structured-outputs) into a grammar, so that no
other token can come. The conversation is written for it in the same shape.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.models.client import encode
from bot.agents import Message
from bot.tool import Tool

_DEEPEST = 12
"""Levels of a schema; what lies deeper, or refers to itself, may be anything."""
_KEPT = ("type", "enum", "const")
"""What llama.cpp makes into a grammar without surprises. Lengths and ranges would become endless
repetitions, and patterns may be refused: the kernel checks those when the call is made."""
_HOW = """\
You have these tools. To call one, answer with the JSON object
{"thought": "why", "tool": "NAME", "arguments": {…}}
You are then told its result. One call at a time. When you have what you need, answer the person \
with
{"thought": "why", "final": "your answer"}
When a task needs more than two steps, your first object also has "plan": ["first step", …].
Write nothing but one such object.
"""


def shape(tools: Sequence[Tool], others: Sequence[str] = ()) -> dict[str, Any]:
    """The schema of one reply to somebody who has *tools*. *others*: names of tools it is told
    nothing else of."""
    unknown = [_object(tool={"enum": list(others)}, arguments={"type": "object"})] if others else []
    return {"anyOf": [*map(_call, tools), *unknown, _object(final={"type": "string"})]}


def briefing(tools: Sequence[Tool]) -> Message:
    """What the model is told of *tools*."""
    return Message("system", "\n".join((_HOW, *map(_described, tools))))


def encode_plain(message: Message) -> bytes:
    """In Ollama's shape, for a model that knows no tools: calls and results as words."""
    match message.role:
        case "tool":
            text = f"Result of {message.tool}:\n{message.text}"
            return encode(Message("user", text))
        case "assistant":
            return encode(Message("assistant", _written(message)))
        case _:
            return encode(message)


def _written(message: Message) -> str:
    """A reply as the model would have had to write it."""
    if not message.calls:
        return _json({"final": message.text})
    thought = {"thought": message.text} if message.text else {}
    return "\n".join(
        _json({**thought, "tool": call.name, "arguments": call.args}) for call in message.calls
    )


def _call(tool: Tool) -> dict[str, Any]:
    arguments = _digestible(tool.schema, tool.schema.get("$defs", {}), 0)
    return _object(tool={"const": tool.name}, arguments=arguments)


def _object(**properties: Any) -> dict[str, Any]:
    """The thought comes first: a model reasons only in what it has written already."""
    plan = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "properties": {"thought": {"type": "string"}, "plan": plan, **properties},
        "required": ["thought", *properties],
        "additionalProperties": False,
    }


def _digestible(schema: Any, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """*schema* without references and without what no grammar is made of."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    given = cast("dict[str, Any]", schema)
    if isinstance(reference := given.get("$ref"), str):
        return _digestible(definitions.get(reference.rpartition("/")[2]), definitions, depth + 1)
    kept = {key: given[key] for key in _KEPT if key in given}
    for key in ("anyOf", "oneOf", "allOf"):
        if key in given:
            kept[key] = [_digestible(one, definitions, depth + 1) for one in given[key]]
    if "properties" in given:
        kept["properties"] = {
            name: _digestible(one, definitions, depth + 1)
            for name, one in given["properties"].items()
        }
        kept["required"] = given.get("required", [])
    if "items" in given:
        kept["items"] = _digestible(given["items"], definitions, depth + 1)
    if "additionalProperties" in given:
        extra = given["additionalProperties"]
        whole = isinstance(extra, bool)
        kept["additionalProperties"] = (
            extra if whole else _digestible(extra, definitions, depth + 1)
        )
    return kept


def _described(tool: Tool) -> str:
    return f"\n{tool.name}: {tool.description}\narguments: {_json(tool.schema)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
