"""What the feed carries: events with their place in a log, and pieces that are only ever live."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from bot.chat import ThreadRef
from bot.events import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place."""

    position: int
    """The feed's cursor."""
    log: str
    """The run's id, an incident's, or ``process``."""
    seq: int
    at: int
    """Microseconds since the epoch, UTC."""
    thread: ThreadRef | None
    event: Event


@dataclass(frozen=True, slots=True)
class ModelDelta:
    """A piece of a reply as it streams; never stored. *offset* counts characters so far."""

    kind: ClassVar[str] = "model_delta"
    run: str
    step: int
    offset: int
    text: str
    channel: Literal["text", "thinking"] = "text"
    thread: ThreadRef | None = None


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """A piece of a tool's output as it comes; never stored."""

    kind: ClassVar[str] = "tool_output"
    run: str
    call: str
    offset: int
    text: str
    thread: ThreadRef | None = None


Live = ModelDelta | ToolOutput
