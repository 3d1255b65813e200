"""What an agent is: it decides what a run does next, and the kernel does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.recorded import Recorded
from bot.tool import Tool, ToolCall


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a model's conversation, independent of any provider."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    tool: str = ""
    """Name of the tool whose result this is."""
    images: tuple[bytes, ...] = ()
    pictures: tuple[str, ...] = ()
    """Ids of those that came with it; the kernel puts the newest ones into *images*."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a model. *messages* is the whole conversation; the model fits it into its context."""

    messages: Sequence[Message]
    tools: Sequence[Tool]
    model: str = "auto"
    purpose: Literal["step", "summary"] = "step"
    prompt: str = ""
    """Version of the system prompt."""
    upto: int = -1
    """Of a summary: seq of the run's last event that it stands for."""
    thread: str = ""
    """Whose questions are best answered by the server that answered the last one; empty when nobody
    waits for the answer: such questions come last."""


@dataclass(frozen=True, slots=True)
class Call:
    """Carry out these calls, in order, as the gate allows."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until *until* (seconds since the epoch)."""

    until: float
    then: "Call | None" = None
    """What is done when it is time; without it, the agent is asked again."""


@dataclass(frozen=True, slots=True)
class Finish:
    text: str


@dataclass(frozen=True, slots=True)
class Fail:
    reason: str


Action = Ask | Call | Wait | Finish | Fail


class State(Protocol):
    """Where an agent stands in a run, kept by folding its events in log order."""

    def fold(self, recorded: Recorded) -> None: ...


@dataclass(frozen=True, slots=True)
class Stance:
    """In what capacity an agent acts; the gate must know."""

    healer: bool = False
    """It diagnoses by reading and repairs by runbooks."""
    runbook: Literal["no", "whole", "step"] = "no"
    """Its next call is the approval of a *whole* runbook, or a *step* of one that is approved."""
    declares_danger: bool = False
    """The runbook says that its steps are dangerous."""
    patience: float = 0.0
    """Seconds a question to a person stays open; 0 for as long as usual."""


class Agent(Protocol):
    """Decides what a run does next. Pure: no clock, no I/O; the kernel executes."""

    name: str

    def tools(self) -> Mapping[str, Tool]:
        """All that its runs may call, by name."""
        ...

    def stance(self, state: Any) -> Stance: ...

    def begin(self, transcript: Sequence[Recorded], run: str) -> State:
        """*transcript*: the thread's earlier runs since it was last started afresh, then *run*."""
        ...

    def next(self, state: Any) -> Action: ...
