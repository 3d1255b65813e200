"""Everything that speaks against repairing now. Pure; a person may overrule some of it."""

from collections.abc import Iterator, Sequence

from healer.budgets import over_budget
from healer.incidents import Incident
from healer.standing import ALERT, Standing

OWN = "bot"
"""The check of the bot itself: while it is not well, it repairs nothing else."""
_NEEDED = ("runs", "feed", "scheduler", "clock")
"""Parts of it that a repair needs; without a model the check's own runbook is suggested."""


def forbidden(standing: Standing, incident: Incident) -> Iterator[str]:
    """What nobody can overrule by asking for the repair."""
    if standing.off:
        yield standing.off
    if window := standing.maintained(incident.host):
        yield f"{incident.host or 'everything'} is in maintenance, says {window.given}"
    if incident.proposal is None:
        yield "no runbook is suggested for it"
    if incident.repairing:
        yield "a repair of it is going on or waits for an approval"


def reasons(standing: Standing, incident: Incident, touched: Sequence[str]) -> Iterator[str]:
    """Why it is not repaired by itself; nothing when it may be. *touched*: hosts on which
    something was changed within the grace period."""
    yield from forbidden(standing, incident)
    if incident.silenced > standing.at:
        yield "it is silenced"
    if incident.hopeless:
        yield f"no repair would help: {incident.hopeless}"
    if incident.check == ALERT:
        yield "others told of it: a person decides"
    yield from _evidence(standing, incident)
    if incident.host in touched:
        yield f"something was changed on {incident.host} a moment ago: it gets time to come up"
    yield from _wider(standing, incident)
    yield from _earlier(standing, incident)
    groups = standing.groups_of(incident.host)
    yield from over_budget(
        standing.repairs, incident.fingerprint, incident.host, groups, standing.time, standing.rules
    )


def _evidence(standing: Standing, incident: Incident) -> Iterator[str]:
    signal = standing.signals.get(incident.fingerprint)
    if signal is None:
        yield "there is no signal of it"
        return
    if why := signal.unsettled(standing.rules):
        yield why
    if signal.flaps(standing.rules):
        yield "it flaps"


def _wider(standing: Standing, incident: Incident) -> Iterator[str]:
    if incident.cause:
        yield f"it is a part of {incident.cause}"
    elif any(incident.fingerprint in cause.members for cause in standing.causes):
        yield "many are bad at once: one cause is suspected"
    for signal in standing.signals.values():
        if signal.check == OWN and signal.phase != "ok" and signal.target in _NEEDED:
            yield f"the bot itself is not well: {signal.target}"


def _earlier(standing: Standing, incident: Incident) -> Iterator[str]:
    """Never a second repair in one incident without a person."""
    tried = [each for each in standing.repairs if each.incident == incident.id]
    if any(each.outcome in ("verified", "failed") for each in tried):
        yield "it was repaired once in this incident already: a person decides what is next"
    elif any(each.outcome == "declined" for each in tried):
        yield "a person did not want it repaired"
