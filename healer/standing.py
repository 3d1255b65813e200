"""How things stand in one round: all that decisions are made of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from healer.asking import AWAY
from healer.budgets import Repair
from healer.fleet import CommonCause, common_causes
from healer.incidents import Incident
from healer.records import Silence
from healer.rules import USUAL, Rules
from healer.signals import Signal, fingerprint

COMMON_CAUSE, STORM = "common cause", "storm"
"""Checks of incidents that stand for others."""
ALERT = "alert"
"""Check of incidents that others told of: they say themselves when it is over."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is called when nobody takes care, in this order."""

    contacts: tuple[str, ...] = ()
    """Keys of people: ``slack:U1``."""
    repeat: float = 900.0
    """Seconds without anybody taking care, after which the next one is called."""


@dataclass(frozen=True, slots=True)
class Standing:
    time: float
    """By the healer's clock."""
    at: float
    """Seconds since the epoch."""
    signals: Mapping[str, Signal] = field(default_factory=dict[str, Signal])
    incidents: Mapping[str, Incident] = field(default_factory=dict[str, Incident])
    """Those that are open, by fingerprint."""
    repairs: Sequence[Repair] = ()
    silences: Mapping[str, Silence] = field(default_factory=dict[str, Silence])
    """By scope."""
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Hosts by group; all of them by ``""``."""
    escalation: Escalation = Escalation()
    off: str = ""
    """Why nothing is repaired at all: the kill switch."""
    rules: Rules = USUAL

    @property
    def causes(self) -> Sequence[CommonCause]:
        return common_causes(self.signals.values(), self.groups, self.time, self.rules)

    def maintained(self, host: str) -> Silence | None:
        """The maintenance window that *host* is in."""
        return maintained(self.silences, host)

    def quiet(self, incident: Incident) -> bool:
        """Nobody is to be bothered with it now."""
        silenced = incident.silenced > self.at
        return incident.quiet or silenced or self.maintained(incident.host) is not None

    def forgotten(self, signal: Signal) -> bool:
        """Whether nothing tells of it any more, as of a container that was removed while nobody
        looked; a host that cannot be asked says nothing either way."""
        away = self.signals.get(fingerprint(AWAY, signal.host, ""))
        silent = self.time - signal.recent[-1].time > self.rules.forgotten
        return silent and (away is None or away.phase == "ok")

    def groups_of(self, host: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, hosts in self.groups.items() if name and host in hosts))

    def parts(self, incident: Incident) -> list[Incident]:
        """The open incidents that *incident* stands for."""
        return [each for each in self.incidents.values() if each.cause == incident.id]


def maintenance_of(host: str) -> str:
    return f"host {host}"


def maintained(windows: Mapping[str, Silence], host: str) -> Silence | None:
    """*windows*: by scope."""
    return windows.get(maintenance_of(host)) or windows.get(maintenance_of("all"))
