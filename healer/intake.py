"""Alerts from outside, into the book of incidents: each at once, none lost."""

from pydantic import JsonValue

from bot.chat import Role
from bot.command import Caller, Command, command
from bot.resources import Hosts
from healer.alerts import Told, told
from healer.healing import Healer
from healer.incidents import Incident, opened
from healer.opening import in_storm
from healer.signals import fingerprint
from healer.standing import STORM, Standing
from healer.updating import ALERT, closed

_MINUTE = 60.0


class Intake:
    def __init__(self, healer: Healer, hosts: Hosts) -> None:
        self._healer = healer
        self._hosts = hosts

    async def take(self, payload: dict[str, JsonValue]) -> str:
        """Raises Refused."""
        alerts = told(payload, self._hosts)
        standing = await self._standing()
        fresh: dict[str, Incident] = {}
        known = over = 0
        for each in alerts:
            key = fingerprint(ALERT, each.host, each.finding.target)
            kept = await self._healer.records.open_one(key)
            if kept is None and not each.finding.ok:
                fresh[key] = self._opened(each, standing)
            elif kept and each.finding.ok:
                change = closed(standing, kept.incident, "so says who raised it")
                over += await self._healer.records.keep(kept, change, standing.at)
            else:
                known += 1
        made = await self._healer.records.open(
            in_storm(standing, list(fresh.values())), standing.at
        )
        self._healer.bot.changed("")
        return f"{len(made)} opened, {over} resolved, {known} known"

    def _opened(self, each: Told, standing: Standing) -> Incident:
        return opened(ALERT, each.host, each.finding, standing.at, standing.time)

    async def _standing(self) -> Standing:
        """No more than it takes: this may be asked for a hundred times a second."""
        records, at = self._healer.records, self._healer.round.now()
        recent = await records.loud_since(at - _MINUTE)
        storm = await records.open_one(fingerprint(STORM, "", ""))
        incidents = {each.fingerprint: each for each in recent}
        if storm:
            incidents[storm.incident.fingerprint] = storm.incident
        return Standing(
            await records.pass_time(0), at, incidents=incidents, rules=self._healer.round.rules
        )


def taking(intake: Intake) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR)
    async def alerts(caller: Caller, payload: dict[str, JsonValue]) -> str:  # noqa: ARG001 - a command is handed who calls it
        """Take in alerts of Alertmanager or Grafana: for programs, by POST /api/alerts."""
        return await intake.take(payload)

    return (alerts,)
