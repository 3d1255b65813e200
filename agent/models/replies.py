"""From what a model sent to the calls it means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.models.answers import clean, tidy
from agent.models.formats.arguments import arguments_in
from agent.models.formats.names import Names, plain
from agent.models.formats.reading import read_reply
from agent.models.formats.seen import Seen
from agent.models.formats.shapes import Wanted
from agent.models.formats.values import storable, typed
from bot.text import as_text
from bot.tool import Tool, ToolCall

_OBJECT = TypeAdapter(dict[str, Any])
_SHOWN = 500
"""Characters of a call that cannot be read that go back to the model."""
UNREADABLE = "unreadable call"
"""The argument such a call is given: no tool can have one of that name."""


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    """What a person should read: without thoughts, calls and marks of the model's own."""
    calls: tuple[ToolCall, ...] = ()
    """Of tools there are, their arguments typed by the tools' schemas, not validated."""
    thinking: str = ""
    unusable: tuple[ToolCall, ...] = ()
    """Meant as calls, but cut off, or of tools that were not offered. Given to the kernel they come
    back to the model as errors that say what there is: what was cut off fits no tool."""


@dataclass(frozen=True, slots=True)
class NativeCall:
    name: str
    arguments: Mapping[str, Any] | str
    """An object; some models send it as the text of one."""


def native_reply(text: str, calls: Sequence[NativeCall], prefix: str) -> Reply:
    """A reply whose calls came through Ollama's own ``tool_calls``.

    *prefix* is unique to the reply within the run: the ids are ``prefix.1``, ``prefix.2`` …
    Arguments that are no object become ``{"arguments": what came}``, which fits no tool, so that
    the model is told what its tool takes."""
    made = (
        ToolCall(f"{prefix}.{number}", call.name, _object(call.arguments))
        for number, call in enumerate(calls, 1)
    )
    return Reply(text, tuple(made))


def parse_reply(text: str, tools: Mapping[str, Tool], prefix: str = "1") -> Reply:
    """A reply whose calls came as text, in any of the notations of ``formats``.

    *prefix* makes the ids of the calls, as in :func:`native_reply`. Never raises. Only what is
    meant to act becomes a call: thoughts, quotes, code within a line, examples, records of calls
    and tools' results do not. What no longer is the model's to write is dropped: an outcome that
    it invents for its call, and others' turns."""
    seen = read_reply(text, Names(tools))
    calls: list[ToolCall] = []
    unusable: list[ToolCall] = []
    for number, (tool, name, arguments) in enumerate(_resolved(seen), 1):
        call = ToolCall(f"{prefix}.{number}", name, arguments)
        (calls if tool else unusable).append(call)
    said = "".join(seen.said)
    return Reply(
        as_text(tidy(said) if calls or unusable else clean(said)),
        tuple(calls),
        as_text("\n\n".join(filter(None, map(str.strip, seen.thought)))),
        tuple(unusable),
    )


def _resolved(seen: Seen) -> Iterator[tuple[Tool | None, str, dict[str, Any]]]:
    """(tool, name, arguments) of each call; no tool where it cannot be used."""
    for wanted in seen.wanted:
        tool = seen.names.find(wanted.name)
        if tool is None:
            name = plain(wanted.name) or as_text(wanted.name[:100])
            yield None, name, storable(_given(wanted))
        elif (arguments := arguments_in(wanted.arguments, tool)) is not None:
            yield tool, tool.name, typed(arguments, tool)
        else:
            yield None, tool.name, {UNREADABLE: as_text(str(wanted.arguments)[:_SHOWN])}
    for text in seen.broken:
        words = (seen.names.find(word) for word in seen.names.words(text))
        tool = next((found for found in words if found), None)
        yield None, tool.name if tool else "unreadable", {UNREADABLE: as_text(text[:_SHOWN])}


def _given(wanted: Wanted) -> Mapping[str, Any]:
    return (
        wanted.arguments
        if isinstance(wanted.arguments, Mapping)
        else {"arguments": wanted.arguments}
    )


def _object(raw: Mapping[str, Any] | str) -> dict[str, Any]:
    if not isinstance(raw, str):
        return dict(raw)
    try:
        return _OBJECT.validate_json(raw or "{}")
    except ValidationError:
        return {"arguments": raw}
