"""What goes in and out of a scripted model: the request as it sees it, the reply as it gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CHARS_PER_TOKEN = 4
"""The fake's tokenizer: what a prompt costs is its characters divided by this."""


@dataclass(frozen=True, slots=True)
class FakeModel:
    name: str
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking")
    context_length: int = 40_960
    size: int = 5_225_388_164


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model says to one request, and what goes wrong while it does."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[tuple[str, Any], ...] = ()
    """(name, arguments); arguments that are not an object go out as they are."""
    first_delay: float = 0.0
    """Seconds before the first byte, headers included."""
    token_delay: float = 0.0
    hang_after: int = -1
    """Say nothing more after this many lines, and keep the connection open."""
    cut_after: int = -1
    """Drop the connection after this many lines."""
    reset: bool = False
    """Drop it as a crashed machine does: a TCP reset instead of an end."""
    raw: tuple[bytes, ...] = ()
    """These lines instead of the reply."""
    status: int = 200
    error: str = ""
    """With another status than 200: the whole answer."""
    done_reason: str = "stop"

    @property
    def disturbed(self) -> bool:
        """Whether its lines must go out one by one."""
        return bool(self.token_delay) or self.hang_after >= 0 or self.cut_after >= 0


@dataclass(frozen=True, slots=True)
class Truncation:
    """Ollama says nothing when a prompt does not fit; this is the record of it."""

    model: str
    dropped: int
    """Messages left out, oldest first, the system prompt excepted."""
    num_ctx: int


@dataclass(slots=True)
class ChatRequest:
    """One /api/chat request as the model sees it: after truncation."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    stream: bool = True
    think: Any = None
    format: Any = None
    authorization: str = ""

    @property
    def last_user(self) -> str:
        """What a person said last."""
        return next((m.get("content", "") for m in reversed(self.messages) if _is(m, "user")), "")

    @property
    def results(self) -> list[str]:
        """The tool results since then, oldest first."""
        found: list[str] = []
        for message in reversed(self.messages):
            if _is(message, "user"):
                break
            if _is(message, "tool"):
                found.append(message.get("content", ""))
        return found[::-1]

    def tool(self, name: str) -> Mapping[str, Any] | None:
        """The function offered under this name."""
        return next((t["function"] for t in self.tools if t["function"]["name"] == name), None)


def tokens(message: Mapping[str, Any]) -> int:
    calls = message.get("tool_calls")
    said = len(message.get("content") or "") + (len(str(calls)) if calls else 0)
    return said // CHARS_PER_TOKEN + 4


def truncate(
    messages: Sequence[Mapping[str, Any]], room: int
) -> tuple[list[Mapping[str, Any]], int]:
    """Drop the oldest messages, never a system prompt or the last message, until they fit.

    Returns what is left and the number dropped. Ollama does the same (server/prompt.go)."""
    kept = list(messages)
    cost = sum(tokens(message) for message in kept)
    dropped = 0
    while cost > room:
        oldest = next((i for i, m in enumerate(kept[:-1]) if not _is(m, "system")), None)
        if oldest is None:
            break
        cost -= tokens(kept.pop(oldest))
        dropped += 1
    return kept, dropped


def _is(message: Mapping[str, Any], role: str) -> bool:
    return message.get("role") == role
