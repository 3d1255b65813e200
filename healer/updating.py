"""What becomes of an open incident in a round: it is over, it flaps, somebody is called. Pure."""

from dataclasses import replace

from healer.check import Finding
from healer.escalation import due, escalated
from healer.incidents import Change, Incident
from healer.standing import ALERT, COMMON_CAUSE, STORM, Standing
from healer.words import span

_PARTS_SHOWN = 20


def updated(standing: Standing, incident: Incident, finding: Finding | None) -> Change | None:
    """*finding*: what was seen of it in this round, if anything."""
    if incident.check in (COMMON_CAUSE, STORM):
        return _cause(standing, incident)
    seen = incident.seen(finding) if finding else incident
    if 0 < seen.silenced <= standing.at:
        return Change(replace(seen, silenced=0.0), "it is silent no longer")
    if incident.check == ALERT:
        return due(standing, seen)
    signal = standing.signals.get(incident.fingerprint)
    if signal is None or standing.forgotten(signal):
        return closed(standing, seen, "it is not looked at any more")
    if signal.phase == "ok":
        return closed(standing, seen, "well again")
    if signal.flaps(standing.rules) and not seen.flapping and not standing.quiet(seen):
        return escalated(standing, replace(seen, flapping=True), "it flaps: nothing is repaired")
    if seen.hopeless and not seen.escalation and not standing.quiet(seen):
        return escalated(standing, seen, f"no repair would help: {seen.hopeless}")
    return due(standing, seen) or (Change(seen) if seen != incident else None)


def closed(standing: Standing, incident: Incident, why: str, by: str = "") -> Change:
    lasted = max(0.0, standing.at - incident.opened)
    over = replace(incident, closed=standing.at, noted=incident.quiet)
    signal = standing.signals.get(incident.fingerprint)
    line = f"resolved after {span(lasted)}: {why}"
    return Change(over, line, by, series=signal.history if signal else ())


def _cause(standing: Standing, incident: Incident) -> Change | None:
    """It is over when all that it stands for is; meanwhile it says how much that is."""
    parts = standing.parts(incident)
    settled = standing.time - incident.time >= standing.rules.digest
    if not parts:
        return closed(standing, incident, "all of it is well again") if settled else None
    if incident.hopeless and not incident.escalation and not standing.quiet(incident):
        return escalated(standing, incident, "common cause suspected: nothing is repaired")
    if incident.check == STORM and standing.at - incident.told >= standing.rules.digest:
        return _digest(standing, incident, parts)
    return due(standing, incident)


def _digest(standing: Standing, storm: Incident, parts: list[Incident]) -> Change | None:
    listed = "\n".join(f"{each.id} {each.title}" for each in parts[:_PARTS_SHOWN])
    more = f"\n… and {len(parts) - _PARTS_SHOWN} more" if len(parts) > _PARTS_SHOWN else ""
    text = f"a storm: {len(parts)} more incidents are open"
    if text == storm.text:
        return due(standing, storm)
    told = replace(storm, text=text, details=listed + more, told=standing.at)
    return Change(told, text)
