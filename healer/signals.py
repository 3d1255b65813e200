"""One signal over time: when a bad reading is an incident, when it is over, and when it flaps.

Pure: the same readings always come to the same end. Times are of the healer's own clock."""

from dataclasses import dataclass, replace
from typing import Literal

from healer.check import Finding, Point
from healer.rules import Rules

Phase = Literal["ok", "failing", "open"]
_KEPT = 240
"""Points of the history; when there are more, every second one of the older half goes."""


@dataclass(frozen=True, slots=True)
class Reading:
    time: float
    ok: bool
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """What is known of one target of one check on one host."""

    check: str
    host: str
    target: str
    phase: Phase = "ok"
    recent: tuple[Reading, ...] = ()
    """The newest readings, oldest first."""
    changes: tuple[float, ...] = ()
    """When it went from well to not well, or back."""
    bad_since: float = 0.0
    """When it was last seen to become bad; 0 while it is well."""
    history: tuple[Point, ...] = ()

    @property
    def key(self) -> str:
        return fingerprint(self.check, self.host, self.target)

    def fold(self, finding: Finding, time: float, at: float, rules: Rules) -> "Signal":
        """The signal after a *finding* at *time*, which the people's clock calls *at*."""
        before = self.recent[-1].ok if self.recent else True
        reading = Reading(time, finding.ok, finding.confirmed)
        recent = (*self.recent, reading)[-max(rules.repair_of, rules.resolve_after) :]
        changes = self.changes if before == finding.ok else (*self.changes, time)
        return replace(
            self,
            phase=self._phase(recent, rules),
            recent=recent,
            changes=tuple(each for each in changes if each > time - rules.flap_within),
            bad_since=0.0 if finding.ok else (self.bad_since or time),
            history=_longer(self.history, at, finding.value),
        )

    def _phase(self, recent: tuple[Reading, ...], rules: Rules) -> Phase:
        newest = [each.ok for each in recent]
        if self.phase == "open":
            over = len(newest) >= rules.resolve_after and all(newest[-rules.resolve_after :])
            return "ok" if over else "open"
        if newest[-1]:
            return "ok"
        bad = len(newest) >= rules.open_after and not any(newest[-rules.open_after :])
        return "open" if bad else "failing"

    def flaps(self, rules: Rules) -> bool:
        return len(self.changes) >= rules.flaps

    def unsettled(self, rules: Rules) -> str:
        """Why it is too early to repair: empty when it is bad beyond doubt."""
        bad = [each for each in self.recent[-rules.repair_of :] if not each.ok]
        if not self.recent or self.recent[-1].ok:
            return "it is well just now"
        if len(bad) < rules.repair_bad:
            return f"bad only {len(bad)} of the last {rules.repair_of} times"
        if bad[-1].time - min(bad[0].time, self.bad_since) < rules.repair_span:
            return f"bad for less than {rules.repair_span:g} s"
        if not bad[-1].confirmed:
            return "no second, independent reading says so"
        return ""


def fingerprint(check: str, host: str, target: str) -> str:
    """What makes two findings the same trouble."""
    return f"{check}|{host}|{target}"


def _longer(history: tuple[Point, ...], at: float, value: float | None) -> tuple[Point, ...]:
    if value is None:
        return history
    made = (*history, Point(at, value))
    if len(made) <= _KEPT:
        return made
    half = len(made) // 2
    return (*made[:half:2], *made[half:])
