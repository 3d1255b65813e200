"""Alerts from outside, into the book of incidents: each at once, none lost."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from bot.chat import Role
from bot.command import Caller, Command, command
from bot.resources import Hosts
from healer.alerts import Told, told
from healer.healing import Healer
from healer.incidents import Change, Incident, opened
from healer.opening import in_storm
from healer.signals import fingerprint
from healer.standing import ALERT, STORM, Standing
from healer.updating import closed

_MINUTE = 60.0
_TOGETHER = 20
"""Incidents written in one transaction: others want to write as well."""


class Intake:
    def __init__(self, healer: Healer, hosts: Hosts) -> None:
        self._healer = healer
        self._hosts = hosts
        self._one = asyncio.Lock()
        """One delivery after the other, so that each knows what the others opened."""

    async def take(self, payload: dict[str, JsonValue]) -> str:
        """Raises Refused. Whoever sends a delivery again, after a crash, loses and doubles none."""
        alerts = told(payload, self._hosts)
        async with self._one:
            said = await self._take(alerts)
        self._healer.bot.changed("")
        return said

    async def _take(self, alerts: Sequence[Told]) -> str:
        standing = await self._standing()
        fresh: dict[str, Incident] = {}
        known = over = 0
        keyed = [(fingerprint(ALERT, e.host, e.finding.target), e) for e in alerts]
        there = await self._healer.records.open_ones([key for key, _ in keyed])
        for key, each in keyed:
            kept = there.get(key)
            if kept is None and not each.finding.ok:
                fresh[key] = self._opened(each, standing)
            elif kept and each.finding.ok:
                change = closed(standing, kept.incident, "so says who raised it")
                over += await self._healer.records.keep(kept, change, standing.at)
            else:
                known += 1
        made = await self._open(in_storm(standing, list(fresh.values())), standing.at)
        return f"{made} opened, {over} resolved, {known} known"

    async def _open(self, changes: Sequence[Change], at: float) -> int:
        made = 0
        for first in range(0, len(changes), _TOGETHER):
            made += len(await self._healer.records.open(changes[first : first + _TOGETHER], at))
        return made

    def _opened(self, each: Told, standing: Standing) -> Incident:
        return opened(ALERT, each.host, each.finding, standing.at, standing.time)

    async def _standing(self) -> Standing:
        """No more than it takes: this may be asked for a hundred times a second."""
        records, at = self._healer.records, self._healer.round.now()
        recent = await records.loud_since(at - _MINUTE)
        storm = await records.open_ones([fingerprint(STORM, "", "")])
        incidents = {each.fingerprint: each for each in recent}
        incidents |= {key: kept.incident for key, kept in storm.items()}
        return Standing(
            await records.pass_time(0), at, incidents=incidents, rules=self._healer.round.rules
        )


def taking(intake: Intake) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR)
    async def alerts(caller: Caller, payload: dict[str, JsonValue]) -> str:  # noqa: ARG001 - a command is handed who calls it
        """Take in alerts of Alertmanager or Grafana: for programs, by POST /api/alerts."""
        return await intake.take(payload)

    return (alerts,)
