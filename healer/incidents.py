"""What an incident is, and how it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.chat import ThreadRef, incident_thread
from bot.events import IncidentChanged, IncidentState
from bot.ids import new_id, typeable_id
from healer.check import Finding, Point, Severity
from healer.signals import fingerprint

_POINTS = 60
"""Of a signal, in an event."""
_LONG_DETAILS = 1500
_LONG_LINE = 300


@dataclass(frozen=True, slots=True)
class Proposal:
    """A runbook that should help, filled in."""

    runbook: str
    parameters: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    by: str = "the check"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something is wrong: from when it was noticed until it is well again."""

    id: str
    log: str
    """Of its events."""
    check: str
    host: str
    """Empty for what is no matter of one host."""
    target: str
    opened: float
    """Seconds since the epoch."""
    time: float
    """The same by the healer's clock."""
    text: str
    severity: Severity = "critical"
    details: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    external: bool = False
    """Outsiders chose some of its words."""
    hopeless: str = ""
    owner: str = ""
    """Who takes care of it."""
    escalation: str = ""
    """Why people were called; empty while they were not."""
    calls: int = 0
    """How often they were called."""
    called: float = 0.0
    """When the last time was, by the healer's clock."""
    silenced: float = 0.0
    """Until then it is quiet; seconds since the epoch."""
    cause: str = ""
    """The incident that this one is a part of."""
    quiet: bool = False
    """Told as a part of its cause only."""
    proposal: Proposal | None = None
    diagnosed: str = ""
    """The run that looks, or looked, for the cause."""
    repairs: int = 0
    repairing: bool = False
    flapping: bool = False
    told: float = 0.0
    """Of a storm: when it was last summed up."""
    closed: float = 0.0
    noted: bool = False
    """It was looked back on, or need not be."""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.check, self.host, self.target)

    @property
    def thread(self) -> ThreadRef:
        return incident_thread(self.id)

    @property
    def title(self) -> str:
        where = f" on {self.host}" if self.host and self.host not in self.text else ""
        return f"{self.text}{where}"[:_LONG_LINE]

    def state(self, at: float) -> IncidentState:
        if self.closed:
            return "resolved"
        if self.repairing:
            return "repairing"
        if self.silenced > at:
            return "silenced"
        if self.owner:
            return "acknowledged"
        return "escalated" if self.escalation else "open"

    def seen(self, finding: Finding) -> "Incident":
        """The incident with what was seen just now."""
        return replace(
            self,
            text=finding.text if not finding.ok else self.text,
            details=finding.details or self.details,
            value=finding.value,
            limit=finding.limit,
            unit=finding.unit,
            severity=finding.severity if not finding.ok else self.severity,
            hopeless=finding.hopeless,
            external=self.external or finding.external,
        )


def opened(check: str, host: str, finding: Finding, at: float, time: float) -> Incident:
    remedy = finding.remedy
    return Incident(
        id=typeable_id(),
        log=new_id(),
        check=check,
        host=host,
        target=finding.target,
        opened=at,
        time=time,
        text=finding.text,
        severity=finding.severity,
        details=finding.details,
        value=finding.value,
        limit=finding.limit,
        unit=finding.unit,
        external=finding.external,
        hopeless=finding.hopeless,
        proposal=Proposal(remedy.runbook, dict(remedy.parameters)) if remedy else None,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """An incident as it is now, and the line that says what happened; without one, only its row
    changes."""

    incident: Incident
    line: str = ""
    by: str = ""
    notify: tuple[str, ...] = ()
    series: Sequence[Point] = ()

    def event(self, at: float) -> IncidentChanged:
        incident = self.incident
        return IncidentChanged(
            incident=incident.id,
            state=incident.state(at),
            text=self.line[:_LONG_LINE],
            by=self.by,
            title=incident.title,
            host=incident.host,
            severity=incident.severity,
            since=incident.opened,
            facts=tuple(_facts(incident, at)),
            details=incident.details[:_LONG_DETAILS],
            series=tuple((point.at, point.value) for point in thinned(self.series)),
            limit=incident.limit,
            unit=incident.unit,
            runbook=_suggested(incident.proposal),
            notify=self.notify,
            quiet=incident.quiet,
        )


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """At most 60 of them, the newest one among them."""
    step = -(-len(points) // _POINTS) or 1
    return points[::-1][::step][::-1]


def _facts(incident: Incident, at: float) -> list[tuple[str, str]]:
    found = [
        ("check", incident.check),
        ("host", incident.host),
        ("target", incident.target),
        ("value", f"{incident.value:.4g} {incident.unit}" if incident.value is not None else ""),
        ("limit", f"{incident.limit:.4g} {incident.unit}" if incident.limit is not None else ""),
        ("owner", incident.owner),
        ("silenced until", _clock(incident.silenced) if incident.silenced > at else ""),
        ("part of", incident.cause),
        ("people were called", incident.escalation),
        ("beyond repair", incident.hopeless),
        ("flapping", "yes" if incident.flapping else ""),
    ]
    return [(name, value.strip()) for name, value in found if value]


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _suggested(proposal: Proposal | None) -> str:
    if proposal is None:
        return ""
    given = ", ".join(f"{name}={value}" for name, value in sorted(proposal.parameters.items()))
    return f"{proposal.runbook}({given}), says {proposal.by}"
