"""Which incidents open in a round: for each signal that is bad for long enough, but one for many
that have one cause, and no more messages than people can read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from healer.check import Finding
from healer.fleet import CommonCause
from healer.incidents import Change, Incident, opened
from healer.signals import fingerprint
from healer.standing import COMMON_CAUSE, STORM, Standing

_MINUTE = 60.0


def openings(standing: Standing, findings: Mapping[str, Finding]) -> list[Change]:
    """*findings*: what was seen in this round, by fingerprint. Causes come before their parts."""
    fresh = [
        opened(signal.check, signal.host, findings[key], standing.at, standing.time)
        for key, signal in standing.signals.items()
        if signal.phase == "open" and key in findings and key not in standing.incidents
    ]
    caused, by_cause = _caused(standing, {each.fingerprint for each in fresh})
    told = [_part_of(each, by_cause.get(each.fingerprint)) for each in fresh]
    return [*caused, *in_storm(standing, told)]


def in_storm(standing: Standing, fresh: Sequence[Incident]) -> list[Change]:
    """The incidents as they are told: beyond so many a minute they are parts of a storm."""
    recent = [
        each
        for each in standing.incidents.values()
        if each.opened > standing.at - _MINUTE and not each.quiet
    ]
    room = max(0, standing.rules.storm - len(recent))
    loud = [each for each in fresh if not each.quiet]
    beyond = {each.id for each in loud[room:]}
    if not beyond:
        return [_told(standing, each) for each in fresh]
    storm = standing.incidents.get(fingerprint(STORM, "", ""))
    begun = [] if storm else [_storm(standing, len(beyond))]
    identity = storm.id if storm else begun[0].incident.id
    made = [
        replace(each, quiet=True, cause=identity) if each.id in beyond else each for each in fresh
    ]
    return [*begun, *(_told(standing, each) for each in made)]


def _told(standing: Standing, incident: Incident) -> Change:
    signal = standing.signals.get(incident.fingerprint)
    line = f"opened: {incident.title}"
    return Change(incident, line, series=signal.history if signal else ())


def _storm(standing: Standing, count: int) -> Change:
    text = f"a storm: {count} more incidents opened within a minute"
    finding = Finding("", ok=False, text=text)
    return Change(opened(STORM, "", finding, standing.at, standing.time), text)


def _caused(standing: Standing, fresh: set[str]) -> tuple[list[Change], dict[str, str]]:
    """Incidents for causes that are new, and the cause of each signal that has one."""
    made: list[Change] = []
    by_cause: dict[str, str] = {}
    for cause in standing.causes:
        known = standing.incidents.get(fingerprint(COMMON_CAUSE, "", cause.target))
        if known is None and not fresh & set(cause.members):
            continue  # nothing of it is an incident yet
        if known is None:
            known = _incident(standing, cause)
            made.append(Change(known, f"common cause suspected: {cause.text}"))
        by_cause |= dict.fromkeys(cause.members, known.id)
    return made, by_cause


def _incident(standing: Standing, cause: CommonCause) -> Incident:
    finding = Finding(
        cause.target,
        ok=False,
        text=f"common cause suspected: {cause.text}",
        details="\n".join(each.replace("|", " ") for each in cause.members[:40]),
        hopeless="many are bad at once: repairing one by one could make it worse",
    )
    return opened(COMMON_CAUSE, "", finding, standing.at, standing.time)


def _part_of(incident: Incident, cause: str | None) -> Incident:
    return replace(incident, cause=cause, quiet=True) if cause else incident
