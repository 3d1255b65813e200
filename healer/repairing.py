"""Ordering repairs, and following them to their end."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from bot.chat import HEALER, IncomingMessage, incident_thread
from bot.codec import decode
from bot.events import ToolStarted
from bot.journal import load
from bot.ports import Bot, Conflict, NotFound, Store, UniqueViolation
from bot.resources import Hosts
from bot.tool import Risk, ToolError
from healer.budgets import Repair
from healer.catalogue import Catalogue
from healer.escalation import escalated
from healer.guards import reasons
from healer.incidents import Change, Incident
from healer.levels import Levels
from healer.order import Level, Order
from healer.records import Kept, Records
from healer.results import Result, result
from healer.standing import Standing

log = structlog.get_logger()
_IDLE = 10
"""Minutes after which somebody who is logged in counts as away."""
# After the name, the terminal and a date that is written in two ways; before process and origin.
_IDLE_TIME = re.compile(r"\s(\.|\d\d:\d\d)\s+\d+(?:\s+\(.*\))?\s*$")


class Repairing:
    def __init__(self, records: Records, store: Store, catalogue: Catalogue, hosts: Hosts) -> None:
        self._records = records
        self._store = store
        self.catalogue = catalogue
        self._hosts = hosts
        self.levels = Levels(records)

    async def follow(self, bot: Bot, standing: Standing) -> None:
        """See what became of the repairs that are not over."""
        for repair in standing.repairs:
            if repair.outcome != "open":
                continue
            if not repair.run:  # ordered in the last moment of an earlier life
                await self._begin(bot, repair)
                continue
            thread = incident_thread(repair.incident, repair.number)
            found = result(await load(self._store, repair.run, thread))
            if found.outcome != "open":
                await self._ended(bot, standing, repair, found)
            elif repair.waits and not found.waits:
                await self._records.keep_repair(replace(repair, waits=False))

    async def order_due(
        self, bot: Bot, standing: Standing, ready: Callable[[Incident], Awaitable[bool]]
    ) -> None:
        """Order what may be repaired by itself, one after the other: each counts for the next.

        *ready*: whether an incident's diagnosis is over."""
        touched = await self.touched(standing)
        for incident in sorted(standing.incidents.values(), key=lambda each: each.opened):
            if incident.quiet or any(reasons(standing, incident, touched)):
                continue
            if not await ready(incident):
                continue
            if made := await self._order_by_itself(bot, standing, incident):
                standing = replace(standing, repairs=(*standing.repairs, made))

    async def order(
        self, bot: Bot, standing: Standing, kept: Kept, level: Level, by: str
    ) -> Repair | None:
        """Order the repair that is suggested; None when somebody was first."""
        incident, proposal = kept.incident, kept.incident.proposal
        entry = self.catalogue.get(proposal.runbook) if proposal else None
        if entry is None or proposal is None:
            return None
        given = {name: str(value) for name, value in proposal.parameters.items()}
        identity, version = entry.runbook.id, entry.version
        order = Order(identity, version, incident.host, incident.id, level, given)
        repair = Repair(
            incident.id, incident.repairs + 1, incident.fingerprint, incident.host,
            standing.groups_of(incident.host), identity, version, standing.time,
            order=str(order), waits=level == "suggest",
        )  # fmt: skip
        after = replace(incident, repairs=repair.number, repairing=True)
        what = "suggests" if level == "suggest" else "begins"
        change = Change(after, f"the healer {what} {identity}: {entry.runbook.title}", by)
        try:
            if not await self._records.keep(kept, change, standing.at, repair):
                return None
        except UniqueViolation:
            return None
        bot.changed(incident.log)
        await self._begin(bot, repair)
        return repair

    async def _order_by_itself(
        self, bot: Bot, standing: Standing, incident: Incident
    ) -> Repair | None:
        assert incident.proposal
        entry = self.catalogue.get(incident.proposal.runbook)
        level = await self.levels.of(entry) if entry else "observe"
        if level == "observe" or (level == "auto" and await self.visited(incident.host)):
            return None
        kept = await self._records.incident(incident.id)
        if kept is None or kept.incident.closed or kept.incident.repairing:
            return None
        return await self.order(bot, standing, kept, level, "")

    async def _begin(self, bot: Bot, repair: Repair) -> None:
        """The same message each time: its run is begun once, however often it is sent."""
        message = IncomingMessage(
            f"repair:{repair.incident}:{repair.number}",
            incident_thread(repair.incident, repair.number),
            HEALER,
            repair.order,
            agent="repair",
        )
        receipt = await bot.receive(message)
        await self._records.keep_repair(replace(repair, run=receipt.run))

    async def _ended(self, bot: Bot, standing: Standing, repair: Repair, found: Result) -> None:
        kept = await self._records.incident(repair.incident)
        ended = replace(repair, outcome=found.outcome, waits=False)
        if kept is None:
            await self._records.keep_repair(ended)
            return
        line = found.text or found.outcome
        entry = self.catalogue.get(repair.runbook)
        same = entry if entry and entry.version == repair.version else None
        if same and found.outcome == "failed" and await self.levels.failed(same):
            line += f" ({repair.runbook} is only suggested from now on)"
        incident = replace(kept.incident, repairing=False)
        change = Change(incident, line, found.by)
        if found.outcome == "failed" and not incident.closed:
            change = escalated(standing, incident, f"the repair failed: {line}")
        if await self._records.keep(kept, change, standing.at, ended):
            bot.changed(incident.log)
            if same and found.outcome == "verified":  # only now, or it would count twice
                await self.levels.helped(same)

    async def withdraw(self, bot: Bot, incident: Incident) -> None:
        """It is well again: a repair that nobody approved yet is no longer asked about."""
        for repair in await self._records.repairs_of(incident.id):
            if repair.outcome == "open" and repair.waits and repair.run:
                try:
                    await bot.stop(repair.run, by=HEALER)
                except (Conflict, NotFound) as error:
                    log.info("repair not withdrawn", repair=repair.run, reason=str(error))

    async def touched(self, standing: Standing) -> Sequence[str]:
        """Hosts on which anybody changed something within the grace period."""
        rows = await self._records.touched(standing.at - standing.rules.grace)
        events = [decode(kind, data) for kind, data in rows]
        return [
            event.host
            for event in events
            if isinstance(event, ToolStarted) and event.verdict.risk is not Risk.READ
        ]

    async def visited(self, name: str) -> bool:
        """Whether somebody works on the host right now."""
        try:
            done = await self._hosts.get(name).run("LC_ALL=C who -u", timeout=10)
        except ToolError:
            return True  # what cannot be looked at is not touched
        return any(map(works, done.output.splitlines()))


def works(line: str) -> bool:
    """Whether a line of ``who -u`` is of somebody who is not idle."""
    found = _IDLE_TIME.search(line)
    if found is None:
        return False
    hours, _, minutes = found[1].partition(":")
    return found[1] == "." or (hours == "00" and int(minutes) < _IDLE)
