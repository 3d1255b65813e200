"""What a check is: a question asked of a host every so often, and what the answer says.

A check of hosts is a fixed script, which only reads, and a pure function over what it printed: all
that are due on a host go through one channel together. What is no matter of a host's shell, such as
a web address, is an async function instead.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from bot.resources import Host, Hosts
from bot.tool import description

Severity = Literal["warning", "critical"]


class Limits(BaseModel):
    """What a check takes from the checks file: subclass it, with a default for everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Remedy:
    """The runbook that helps against a finding when no model proposes another one."""

    runbook: str
    parameters: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one target. The target is the same from time to time; the text and the
    value may change."""

    target: str
    """What is well or not: ``/var``, ``nginx.service``, ``container web``; empty: the host."""
    ok: bool
    text: str
    """One line, without the host: ``/var is 93 % full``."""
    value: float | None = None
    """The signal, for its plot."""
    limit: float | None = None
    unit: str = ""
    """``%``, ``s``, ``bytes`` …"""
    severity: Severity = "critical"
    confirmed: bool = False
    """A second, independent reading agrees that it is bad: without one nothing is repaired."""
    hopeless: str = ""
    """Why no runbook would help (``start-limit-hit``, out of memory again and again): escalate."""
    remedy: Remedy | None = None
    details: str = ""
    """More lines for people and for the diagnosis, such as the processes behind a load."""
    external: bool = False
    """Outsiders may have chosen words in it, such as a container's name or labels."""


@dataclass(frozen=True, slots=True)
class Point:
    """One earlier reading of a signal."""

    at: float
    """Seconds since the epoch."""
    value: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script printed on a host, with what is known from before."""

    host: Host
    output: str
    exit_code: int | None
    history: Callable[[str], Sequence[Point]]
    """Earlier readings of a target's signal, oldest first; at most 240."""
    at: float
    """Now, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check that is no script may use."""

    hosts: Hosts
    limits: Callable[[str], Any]
    """What the checks file says for a host by name; the check is given those for no host."""
    history: Callable[[str, str], Sequence[Point]]
    """As an answer's, by host and target."""
    at: float
    jump: float
    """Seconds that the wall clock went beyond the monotonic one since the last look."""
    troubles: Callable[[], Awaitable[Mapping[str, str]]]
    """What is wrong with the bot itself: part → one line (``Health.parts``, and ``model``)."""


Read: TypeAlias = Callable[[Answer, Any], Iterable[Finding]]
"""Pure. Raises Unreadable."""
Look: TypeAlias = Callable[[Surroundings, Any], Awaitable[Mapping[str, Sequence[Finding]]]]
"""Findings by host; ``""`` stands for no host of the inventory."""
Script: TypeAlias = str | Callable[[Host, Any], str]
"""Shell text, or what makes it for a host and its limits; empty: the host is not asked."""


class Unreadable(Exception):
    """The answer says nothing either way: the target stays as it was. One line for people."""


@dataclass(frozen=True)
class Check:
    name: str
    summary: str
    every: float
    """Seconds."""
    limits: type[Limits]
    script: Script | None
    timeout: float
    read: Read | None = None
    look: Look | None = None


def check(
    *,
    limits: type[Limits] = Limits,
    every: float = 30.0,
    script: Script | None = None,
    timeout: float = 15.0,
) -> Callable[[Callable[..., Any]], Check]:
    """Make a function a check, named after it. With a *script*: ``(Answer, limits) -> findings``,
    for each host; without: ``async (Surroundings, limits) -> {host: findings}``."""

    def wrap(fn: Callable[..., Any]) -> Check:
        name, summary = fn.__name__, description(fn).splitlines()[0]
        if script is None:
            return Check(name, summary, every, limits, None, timeout, look=fn)
        return Check(name, summary, every, limits, script, timeout, read=fn)

    return wrap
