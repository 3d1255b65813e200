"""What was found in a command line, and the verdict that all of it makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.tool import Level, Risk, Trust, Verdict

_LEVELS = (Level.ALLOW, Level.ASK, Level.DENY)
_RISKS = (Risk.READ, Risk.CHANGE, Risk.DANGER)
SHOWN = 12
"""Reasons that are told; a script can hold hundreds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is more than a plain reading."""

    level: Level
    risk: Risk
    reason: str
    trail: tuple[str, ...] = ()
    """Where: what it is wrapped in, from the inside out."""
    secret: bool = False
    egress: bool = False
    instead: str = ""

    def within(self, name: str) -> "Finding":
        return replace(self, trail=(*self.trail, name))

    @property
    def line(self) -> str:
        where = " ← ".join(self.trail)
        return f"{self.reason} ({where})" if where else self.reason

    @property
    def weight(self) -> tuple[int, int]:
        return _LEVELS.index(self.level), _RISKS.index(self.risk)


def deny(reason: str, instead: str = "") -> Finding:
    return Finding(Level.DENY, Risk.DANGER, reason, instead=instead)


def danger(reason: str, *, egress: bool = False) -> Finding:
    """Data loss, outage, reach beyond the host, or not understood."""
    return Finding(Level.ASK, Risk.DANGER, reason, egress=egress)


def change(reason: str) -> Finding:
    """Routine, and reversible or restartable."""
    return Finding(Level.ASK, Risk.CHANGE, reason)


def reveals(reason: str) -> Finding:
    """Reads something secret."""
    return Finding(Level.ASK, Risk.READ, reason, secret=True)


def reaches(reason: str, level: Level = Level.ASK) -> Finding:
    """Reads, but from a machine outside the inventory."""
    return Finding(level, Risk.READ, reason, egress=True)


def verdict(
    findings: Iterable[Finding], *, trust: Trust, commands: Sequence[str], shape: str, policy: str
) -> Verdict:
    """The worst finding decides the level, and the worst of them the risk."""
    found = sorted(dict.fromkeys(findings), key=lambda each: each.weight, reverse=True)
    level = max((each.level for each in found), key=_LEVELS.index, default=Level.ALLOW)
    risk = max((each.risk for each in found), key=_RISKS.index, default=Risk.READ)
    return Verdict(
        level=level,
        risk=risk,
        reasons=_reasons(found),
        trust=trust,
        policy=policy,
        shape=shape,
        alternative=_instead(found) if level is Level.DENY else "",
        secret=any(each.secret for each in found),
        egress=any(each.egress for each in found),
        commands=tuple(commands),
    )


def _instead(found: Sequence[Finding]) -> str:
    told = (each.instead for each in found if each.level is Level.DENY and each.instead)
    return next(told, "use a tool made for it, or tell the person what you would do and why")


def _reasons(found: Sequence[Finding]) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(each.line for each in found if each.level is not Level.ALLOW))
    if len(lines) <= SHOWN:
        return lines
    return (*lines[:SHOWN], f"and {len(lines) - SHOWN} more")
