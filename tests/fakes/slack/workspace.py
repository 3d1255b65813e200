"""What a workspace holds: people, channels, messages, and what was sent to the bot."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import time
from typing import Any

TEAM, APP, BOT_USER, BOT = "T0OPS", "A0OPS", "U0BOT", "B0BOT"
Message = dict[str, Any]


@dataclass(slots=True)
class Person:
    id: str
    name: str
    email: str = ""
    restricted: bool = False
    stranger: bool = False
    deleted: bool = False

    def profile(self) -> dict[str, Any]:
        return {
            "id": self.id, "name": self.name, "team_id": "T0ELSE" if self.stranger else TEAM,
            "deleted": self.deleted, "is_restricted": self.restricted, "is_bot": False,
            "is_stranger": self.stranger,
            "profile": {"display_name": self.name, "email": self.email},
        }  # fmt: skip


@dataclass(slots=True)
class Workspace:
    """*joined*: channels that the bot is in; direct messages begin with D."""

    people: dict[str, Person] = field(default_factory=dict[str, Person])
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    joined: set[str] = field(default_factory=lambda: {"C1", "C2", "D1"})
    messages: dict[str, list[Message]] = field(
        default_factory=lambda: defaultdict[str, list[Message]](list)
    )
    ephemeral: list[Message] = field(default_factory=list[Message])
    views: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    files: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    statuses: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    edits: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    posts: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    """When, where, and the ts of every message of the bot's."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def person(self, id_: str, name: str, **more: Any) -> Person:
        made = self.people[id_] = Person(id_, name, **more)
        return made

    def ts(self, at: float | None = None) -> str:
        """A time that no other message has."""
        return f"{int(at or time())}.{next(self._numbers):06d}"

    def share(self, channel: str, thread: str, files: list[dict[str, Any]]) -> None:
        """The message that Slack makes of files that the bot uploaded."""
        message = {
            "type": "message", "ts": self.ts(), "user": BOT_USER, "bot_id": BOT, "text": "",
            "thread_ts": thread, "files": files,
        }  # fmt: skip
        self.messages[channel].append({k: v for k, v in message.items() if v != "" or k == "text"})

    def find(self, channel: str, ts: str) -> Message | None:
        return next((m for m in self.messages[channel] if m["ts"] == ts), None)

    def thread(self, channel: str, root: str) -> list[Message]:
        return [m for m in self.messages[channel] if root in (m["ts"], m.get("thread_ts"))]

    def texts(self, channel: str = "C1") -> list[str]:
        """All that the bot's messages of a channel show, each as one text."""
        return [shown(m) for m in self.messages[channel] if m.get("bot_id")]


def shown(message: Message) -> str:
    """What people read of a message."""
    blocks: list[Message] = message.get("blocks") or []
    return "\n".join(filter(None, map(_text, blocks))) or str(message.get("text", ""))


def buttons(message: Message) -> dict[str, str]:
    """Action → value of what can be clicked."""
    blocks: list[Message] = message.get("blocks") or []
    return {
        element["action_id"]: element.get("value", "")
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def _text(block: dict[str, Any]) -> str:
    match block["type"]:
        case "section":
            return str(block["text"]["text"])
        case "markdown":
            return str(block["text"])
        case "context":
            return "\n".join(element["text"] for element in block["elements"])
        case "rich_text":
            return "\n".join(i["text"] for e in block["elements"] for i in e["elements"])
        case "table":
            return "\n".join(" | ".join(c["text"] for c in row) for row in block["rows"])
        case "actions":
            return " ".join(f"[{element['text']['text']}]" for element in block["elements"])
        case _:
            return ""
