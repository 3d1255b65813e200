"""From what a model sent to the calls it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.tool import ToolCall

_OBJECT = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    calls: tuple[ToolCall, ...] = ()


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
        ToolCall(f"{prefix}.{number}", call.name, _arguments(call.arguments))
        for number, call in enumerate(calls, 1)
    )
    return Reply(text, tuple(made))


def _arguments(raw: Mapping[str, Any] | str) -> dict[str, Any]:
    if not isinstance(raw, str):
        return dict(raw)
    try:
        return _OBJECT.validate_json(raw or "{}")
    except ValidationError:
        return {"arguments": raw}
