"""What still works when no model is reachable: one plain request, one tool call, its result.

Nothing here reasons. A request is matched against a table of phrases (English and French) or
written out (``run disk_usage path=/var``); the answer says so, in the language of the request.
"""

import json
import re
import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agent.models.phrases import EXAMPLES, PHRASES, SAY, Language, language_of
from agent.transcript import asked, unmark
from bot.agents import Ask, Message
from bot.events import Context, ModelReplied
from bot.ports import Delta
from bot.tool import Tool, ToolCall

NAME = "offline"
"""What ModelReplied.model says."""

_NOT_TEXT = ("integer", "number", "boolean", "array", "object", "null")


def reply(ask: Ask, why: str) -> ModelReplied:
    """One tool call, or the result of the one before. *why*: what is wrong with the model."""
    said = asked(ask.messages)
    text = ask.messages[said].text.strip() if said >= 0 else ""
    language = language_of(text)
    results = [message for message in ask.messages[said + 1 :] if message.role == "tool"]
    context = Context(prompt=ask.prompt)
    if results:
        return ModelReplied(_shown(results, language, why), model=NAME, context=context)
    found = _match(text, {tool.name: tool for tool in ask.tools}, language)
    if isinstance(found, str):
        answer = f"{SAY[language]['unmatched'].format(why=why)}\n\n{found}"
        return ModelReplied(answer, model=NAME, context=context)
    name, args = found
    call = ToolCall(f"{NAME}.{len(ask.messages)}", name, args)
    doing = SAY[language]["doing"].format(tool=name)
    return ModelReplied(doing, tool_calls=(call,), model=NAME, context=context)


async def stream(ask: Ask, why: str) -> AsyncGenerator[Delta | ModelReplied]:
    """The same as a model's stream."""
    replied = reply(ask, why)
    yield Delta(replied.text)
    yield replied


def is_own(message: Message) -> bool:
    """Whether a message of the conversation is a call that was made here."""
    return any(call.id.startswith(f"{NAME}.") for call in message.calls)


def _shown(results: Sequence[Message], language: Language, why: str) -> str:
    tools = ", ".join(result.tool for result in results)
    shown = "\n\n".join(unmark(result.text) for result in results)
    return f"{shown}\n\n{SAY[language]['result'].format(tool=tools, why=why)}"


def _match(
    text: str, tools: Mapping[str, Tool], language: Language
) -> tuple[str, dict[str, Any]] | str:
    """The tool and its arguments, or what to tell the person instead."""
    if direct := re.match(r"run\s+(?P<name>\w+)(?P<rest>.*)$", text, re.DOTALL | re.IGNORECASE):
        if direct["name"] not in tools:
            return SAY[language]["no tool"].format(name=direct["name"], tools=", ".join(tools))
        return _direct(tools[direct["name"]], direct["rest"], language)
    for pattern, name, fixed in PHRASES:
        found = pattern.search(text)
        if found and name in tools:
            return name, {k: v.strip(" ?.!\"'") for k, v in found.groupdict().items()} | fixed
    return _can_do(tools, language)


def _can_do(tools: Mapping[str, Tool], language: Language) -> str:
    examples = [example for name, example in EXAMPLES[language] if name in tools]
    direct = SAY[language]["direct"].format(tools=", ".join(tools))
    return "\n".join((*(f"- {example}" for example in examples), f"- {direct}"))


def _direct(tool: Tool, rest: str, language: Language) -> tuple[str, dict[str, Any]] | str:
    try:
        words = shlex.split(rest)
    except ValueError as broken:
        return SAY[language]["unreadable"].format(why=broken)
    pairs = [word.partition("=") for word in words]
    if wrong := [word for word, equals, _ in pairs if not equals]:
        return SAY[language]["unreadable"].format(why=f"{wrong[0]!r}: NAME=VALUE")
    properties: Mapping[str, Any] = tool.schema.get("properties", {})
    return tool.name, {name: _value(properties.get(name, {}), text) for name, _, text in pairs}


def _value(schema: Mapping[str, Any], text: str) -> Any:
    """Text stays text where the schema takes it; else it is read as JSON."""
    types = [schema.get("type"), *(option.get("type") for option in schema.get("anyOf", ()))]
    if "string" in types or not any(kind in _NOT_TEXT for kind in types):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
