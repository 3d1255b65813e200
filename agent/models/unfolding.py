"""A constrained reply as it streams and when it is whole: what is in its JSON, never the JSON."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from agent.models.answers import clean
from agent.models.formats.values import storable
from agent.models.replies import Reply
from bot.ports import Delta
from bot.text import as_text
from bot.tool import ToolCall

Channel = Literal["text", "thinking"]
_SHOWN: dict[str, Channel] = {"thought": "thinking", "final": "text"}


class _Written(BaseModel):
    """What the schema of ``constrained`` allows."""

    thought: str = ""
    plan: tuple[str, ...] = ()
    tool: str = ""
    arguments: dict[str, Any] = {}
    final: str | None = None


def unfolded(text: str, prefix: str) -> tuple[Reply, tuple[str, ...]] | None:
    """The reply and its plan; None when *text* is not what was asked for.

    *prefix* makes the ids of the calls, as in ``replies.native_reply``."""
    try:
        written = _Written.model_validate_json(text)
    except ValidationError:
        return None
    thinking, plan = as_text(written.thought.strip()), tuple(map(as_text, written.plan))
    if written.tool and written.final is None:
        call = ToolCall(f"{prefix}.1", as_text(written.tool), storable(written.arguments))
        return Reply("", (call,), thinking), plan
    if written.final is None:
        return None
    return Reply(clean(as_text(written.final)), (), thinking), plan


class Unfolding:
    """Feed it pieces of the object; it gives the thought and the answer in them as they come."""

    def __init__(self) -> None:
        self._depth = 0
        self._string: list[str] | None = None
        """What the string so far says; None outside of one."""
        self._escape = ""
        """An escape sequence that is not whole yet."""
        self._last = ""
        """The last whole string, which a colon makes a key."""
        self._channel: Channel | None = None
        """Where the value that is being read is shown; None: nowhere."""

    def add(self, text: str) -> Sequence[Delta]:
        shown: list[Delta] = []
        for character in text:
            if self._string is None:
                self._outside(character)
            else:
                self._inside(character, shown)
        if self._string and self._channel:
            shown.append(Delta(as_text("".join(self._string)), self._channel))
            self._string.clear()
        return [delta for delta in shown if delta.text]

    def end(self) -> Sequence[Delta]:
        return ()

    def _outside(self, character: str) -> None:
        match character:
            case '"':
                self._string = []
            case "{" | "[":
                self._depth += 1
                self._channel = None
            case "}" | "]":
                self._depth -= 1
            case ":":
                self._channel = _SHOWN.get(self._last) if self._depth == 1 else None
            case ",":
                self._channel = None
            case _:
                pass

    def _inside(self, character: str, shown: list[Delta]) -> None:
        assert self._string is not None
        if self._escape or character == "\\":
            self._escape += character
            if _whole(self._escape):
                self._string.append(_decoded(self._escape))
                self._escape = ""
        elif character == '"':
            self._last = "".join(self._string)
            self._string = None
            if self._channel:
                shown.append(Delta(as_text(self._last), self._channel))
        else:
            self._string.append(character)


def _whole(escape: str) -> bool:
    """Two escapes may together be one character beyond the first 65,536."""
    if not escape.startswith("\\u"):
        return len(escape) == 2
    high = escape[2:4].lower() in ("d8", "d9", "da", "db")
    return len(escape) == (12 if high else 6)


def _decoded(escape: str) -> str:
    try:
        return json.loads(f'"{escape}"')
    except ValueError:
        return "\ufffd"
