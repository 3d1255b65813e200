"""Calling people, one after another, until somebody takes care. Pure."""

from dataclasses import replace

from healer.incidents import Change, Incident
from healer.standing import Standing

_ROUNDS = 2
"""How often the whole list is gone through; after that nobody can be reached."""


def escalated(standing: Standing, incident: Incident, why: str, by: str = "") -> Change:
    """The first one is called, at once."""
    return _call(standing, replace(incident, escalation=why), f"escalated: {why}", by)


def due(standing: Standing, incident: Incident) -> Change | None:
    """The next call, when it is time for it."""
    if incident.owner or standing.quiet(incident) or incident.closed:
        return None
    repeat = standing.escalation.repeat
    if not incident.escalation:
        ignored = standing.time - incident.time >= repeat and incident.severity == "critical"
        return escalated(standing, incident, "nobody took care of it") if ignored else None
    most = _ROUNDS * len(standing.escalation.contacts)
    if incident.calls < most and standing.time - incident.called >= repeat:
        return _call(standing, incident, "still nobody takes care", "")
    return None


def _call(standing: Standing, incident: Incident, line: str, by: str) -> Change:
    contacts = standing.escalation.contacts
    notify = (contacts[incident.calls % len(contacts)],) if contacts else ()
    called = replace(incident, calls=incident.calls + 1, called=standing.time)
    return Change(called, line, by, notify)
