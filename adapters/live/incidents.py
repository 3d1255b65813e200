"""Incidents as chat surfaces show them: one message each, what happens below it, and buttons."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.events import IncidentChanged
from bot.plot import Lines, Measure, Plot, Series

ROOT = "incident"
"""The part of the message that stands for the incident."""
MARKS = {
    "open": "🔴",
    "acknowledged": "👀",
    "silenced": "🔕",
    "repairing": "🔧",
    "escalated": "🚨",
    "resolved": "✅",
}


@dataclass(frozen=True, slots=True)
class Button:
    action: str
    label: str
    style: str = ""


_CARE = (
    Button("care_ack", "Acknowledge", "primary"),
    Button("care_silence_1h", "Silence 1 h"),
    Button("care_silence_24h", "Silence 24 h"),
    Button("care_repair", "Repair now"),
    Button("care_escalate", "Escalate", "danger"),
    Button("care_why", "Why?"),
)


def buttons(incident: IncidentChanged) -> Iterator[Button]:
    """What can be done about it now."""
    facts = dict(incident.facts)
    for button in _CARE if incident.state != "resolved" else ():
        taken = button.action == "care_ack" and "owner" in facts
        useless = button.action == "care_repair" and (
            not incident.runbook or incident.state == "repairing"
        )
        if not taken and not useless:
            yield button


def command_of(action: str, incident: str) -> tuple[str, str]:
    """The command behind a button, and what is said with it: ``silence``, ``K7QD2MX 1h``."""
    name, _, more = action.removeprefix("care_").partition("_")
    return name, f"{incident} {more}".strip()


def picture(incident: IncidentChanged) -> Plot | None:
    """Its signal over time; two points make a line."""
    if len(incident.series) < 2:
        return None
    limit = incident.limit
    shown = Measure("limit", limit, f"{limit:g} {incident.unit}") if limit is not None else None
    name = dict(incident.facts).get("check", "signal")
    return Lines(incident.title, incident.unit, (Series(name, incident.series),), shown)


def people(incident: IncidentChanged, platform: str) -> list[str]:
    """Ids of those who are called and are on this platform."""
    keys = (key.partition(":") for key in incident.notify)
    return [name for kind, _, name in keys if kind == platform]
