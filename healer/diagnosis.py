"""What the agent that diagnoses is told, and the one thing besides looking that it may do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import time

import structlog

from bot.chat import HEALER, IncomingMessage, incident_of
from bot.ports import Bot, Refused
from bot.tool import Risk, Tool, ToolContext, ToolError, Trust, tool
from healer.catalogue import Catalogue
from healer.incidents import Change, Incident, Proposal
from healer.parameter import Unfit, choose
from healer.plan import plan
from healer.records import Records
from healer.runbook_file import Entry
from healer.standing import Standing

log = structlog.get_logger()
SHELL = "execute_command"
"""Judged by its text: what does not only read is refused to the healer by the gate."""
AT_ONCE = 2
_WORDS = "words found on the host"


class Diagnosis:
    def __init__(self, records: Records, catalogue: Catalogue) -> None:
        self._records = records
        self._catalogue = catalogue
        self._waiting = set[str]()
        """Incidents whose turn has not come."""

    async def begin_due(self, bot: Bot, standing: Standing) -> None:
        """Let the agent look into incidents that it has not looked into, two at a time."""
        self._waiting = set()
        waiting = [
            each
            for each in sorted(standing.incidents.values(), key=lambda each: each.opened)
            if not each.diagnosed and not standing.quiet(each)
        ]
        if not waiting or standing.off:
            return
        model = (await bot.read.health()).model
        if not model.reachable or not model.auto:
            return
        room = max(0, AT_ONCE - await self._busy(standing))
        self._waiting = {each.id for each in waiting[room:]}
        for incident in waiting[:room]:
            await self._begin(bot, standing, incident)

    async def over(self, standing: Standing, incident: Incident) -> bool:
        """Whether nothing more is to be expected of it."""
        late = standing.time - incident.time > standing.rules.diagnosis
        if late or not incident.diagnosed:
            return late or incident.id not in self._waiting
        status = (await self._records.ends([incident.diagnosed])).get(incident.diagnosed)
        return status is None or status[0] in ("done", "failed", "stopped")

    async def _busy(self, standing: Standing) -> int:
        begun = [each.diagnosed for each in standing.incidents.values() if each.diagnosed]
        ends = await self._records.ends(begun)
        return sum(end[0] not in ("done", "failed", "stopped") for end in ends.values())

    async def _begin(self, bot: Bot, standing: Standing, incident: Incident) -> None:
        message = IncomingMessage(
            f"diagnosis:{incident.id}",
            incident.thread,
            HEALER,
            self.request(incident),
            agent="diagnosis",
            source=_WORDS if incident.external else "",
        )
        try:
            receipt = await bot.receive(message)
        except Refused as error:
            log.warning("no diagnosis", incident=incident.id, reason=str(error))
            return
        kept = await self._records.incident(incident.id)
        if kept:
            change = Change(replace(kept.incident, diagnosed=receipt.run))
            await self._records.keep(kept, change, standing.at)

    def request(self, incident: Incident) -> str:
        """What is wrong, where, and which runbooks there are for it."""
        where = f"host {incident.host}" if incident.host else "no single host"
        lines = [
            f"Alarm {incident.id}, {where}, from the check {incident.check}: {incident.text}",
            *([f"Seen with it:\n{incident.details}"] if incident.details else []),
            *([f"Known: {incident.hopeless}"] if incident.hopeless else []),
            *self._offers(incident),
        ]
        return "\n\n".join(lines)

    def _offers(self, incident: Incident) -> Iterator[str]:
        entries = self._fitting(incident)
        if not entries:
            yield "There is no runbook for it: say what a person should do."
            return
        described = "\n".join(_described(each) for each in entries)
        yield f"Runbooks that can be proposed:\n{described}"

    def _fitting(self, incident: Incident) -> list[Entry]:
        entries = self._catalogue.entries.values()
        return [each for each in entries if incident.check in each.runbook.fixes]

    async def propose(self, incident_id: str, runbook: str, chosen: Mapping[str, str | int]) -> str:
        """Record a proposal; what is told to the model. Raises ToolError."""
        kept = await self._records.incident(incident_id)
        if kept is None or kept.incident.closed:
            raise ToolError("the incident is over: there is nothing to propose any more")
        incident = kept.incident
        if incident.repairing:
            raise ToolError("a repair is under way already")
        fitting = {each.runbook.id: each for each in self._fitting(incident)}
        if runbook not in fitting:
            known = ", ".join(sorted(fitting)) or "none"
            raise ToolError(f"{runbook!r} is no runbook for this; there are: {known}")
        entry = fitting[runbook]
        found = incident.proposal or Proposal(runbook)
        try:
            given = choose(entry.runbook.parameters, found.parameters, chosen)
            plan(entry.runbook, entry.version, incident.host, given, self._catalogue.bounds)
        except Unfit as error:
            raise ToolError(str(error)) from error
        proposal = Proposal(runbook, dict(given), "the diagnosis")
        change = Change(replace(incident, proposal=proposal), f"the diagnosis proposes {runbook}")
        if not await self._records.keep(kept, change, time()):
            raise ToolError("the incident changed just now: propose it once more")
        return f"{runbook} is proposed; a person or their policy decides"


def _described(entry: Entry) -> str:
    runbook = entry.runbook
    free = {n: p for n, p in runbook.parameters.items() if not p.from_finding}
    given = "; ".join(
        f"{name} ({parameter.type}): {parameter.description}" for name, parameter in free.items()
    )
    return f"- {runbook.id}: {runbook.title}" + (f" [{given}]" if given else "")


def proposing(diagnosis: Diagnosis) -> Tool:
    @tool(risk=Risk.READ, trust=Trust.SYSTEM, timeout=20)
    async def propose_runbook(
        ctx: ToolContext, runbook: str, parameters: dict[str, str | int] | None = None
    ) -> str:
        """Propose a runbook of those you were told about, for this alarm and its host."""
        incident = incident_of(ctx.thread)
        if ctx.user != HEALER or not incident:
            raise ToolError("runbooks are proposed for an alarm, by who diagnoses it")
        return await diagnosis.propose(incident, runbook, parameters or {})

    return propose_runbook
