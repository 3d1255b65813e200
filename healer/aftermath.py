"""What is kept of an incident that is over: what happened, what was tried, what helped."""

from collections.abc import Sequence

import structlog

from bot.chat import HEALER
from bot.memory import BadMemory, Memory, NewMemory, Standpoint
from bot.tool import Trust
from healer.budgets import Repair
from healer.incidents import Incident
from healer.words import span

log = structlog.get_logger()
_WORDS = {
    "verified": "helped",
    "failed": "did not help",
    "nothing": "was not needed",
    "declined": "was not wanted",
    "open": "was not over",
}


def note(incident: Incident, repairs: Sequence[Repair]) -> str:
    """A few lines for people, and for whoever has the same trouble again."""
    lasted = span(max(0.0, incident.closed - incident.opened))
    where = f" on {incident.host}" if incident.host else ""
    tried = [f"{each.runbook} {_WORDS[each.outcome]}" for each in repairs]
    return "\n".join(
        (
            f"Incident {incident.id}: {incident.check}{where}: {incident.text}.",
            f"It lasted {lasted}.",
            f"Tried: {'; '.join(tried)}." if tried else "Nothing was tried by the healer.",
        )
    )


async def remember(memory: Memory | None, incident: Incident, repairs: Sequence[Repair]) -> None:
    """Kept where incidents are talked about. What holds words of outsiders is marked as theirs."""
    if memory is None:
        return
    helped = any(each.outcome == "verified" for each in repairs)
    new = NewMemory(
        note(incident, repairs),
        kind="procedure" if helped else "incident",
        scope="channel",
        trust=Trust.EXTERNAL if incident.external else Trust.SYSTEM,
        run=incident.log,
        origin=f"incident:{incident.id}",
    )
    try:
        await memory.store(new, Standpoint(HEALER, incident.thread))
    except BadMemory as error:
        log.warning("incident not remembered", incident=incident.id, reason=str(error))
