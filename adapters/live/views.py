"""What a story is made of: steps with their calls, cards, limits, and how it ended."""

from dataclasses import dataclass
from typing import Literal

from bot.events import ApprovalRequested
from bot.tool import Table, ToolCall

CallState = Literal["planned", "waiting", "running", "ok", "error", "denied", "unknown", "stopped"]
CardState = Literal["pending", "approved", "denied", "expired", "superseded", "left", "edited"]
_MAIN = ("command", "path", "service", "name", "container", "project", "pattern", "query", "text")


@dataclass(frozen=True, slots=True)
class CallView:
    call: ToolCall
    state: CallState = "planned"
    host: str = ""
    seconds: float = 0.0
    table: Table | None = None

    @property
    def subject(self) -> str:
        """The argument that says most about it."""
        args = self.call.args
        named = [args[name] for name in _MAIN if isinstance(args.get(name), str)]
        other = [v for k, v in args.items() if k != "host" and isinstance(v, str)]
        return str((named or other or [""])[0])


@dataclass(frozen=True, slots=True)
class Step:
    """One reply of the model that led to calls."""

    number: int
    at: int
    """Microseconds since the epoch."""
    thought: str
    calls: tuple[CallView, ...]

    @property
    def over(self) -> bool:
        return all(each.state not in ("planned", "waiting", "running") for each in self.calls)


@dataclass(frozen=True, slots=True)
class Card:
    """An approval, and what became of it."""

    request: ApprovalRequested
    words: str = ""
    """What the model said."""
    state: CardState = "pending"
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    number: int
    text: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    how: Literal["done", "failed", "stopped"]
    text: str
