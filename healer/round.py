"""One round of the healer: look, decide, write down. What it began is carried on by runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import time as wall_clock
from typing import Protocol

from bot.ports import Bot
from bot.resources import Hosts
from healer.asking import Seen
from healer.check import Finding, Point
from healer.opening import openings
from healer.records import Kept, Records
from healer.rules import Rules
from healer.signals import Signal, fingerprint
from healer.standing import Escalation, Standing
from healer.updating import updated

_TRIES = 3
"""Of writing an incident that people change at the same time."""


class Looking(Protocol):
    async def look(self, now: float) -> Sequence[Seen]:
        """What all that is due shows; *now*: seconds since the epoch."""
        ...

    def recall(self, check: str, host: str, target: str, points: Sequence[Point]) -> None:
        """What a signal was before this process began, oldest first."""
        ...


class Round:
    """What the rounds share. Each is whole by itself: any replica may do the next one."""

    def __init__(
        self,
        records: Records,
        watch: Looking,
        hosts: Hosts,
        escalation: Callable[[], Escalation],
        rules: Rules,
        off: Callable[[], str],
        *,
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        """*off*: why healing is switched off, if it is."""
        self._records = records
        self._watch = watch
        self._hosts = hosts
        self._escalation = escalation
        self.rules = rules
        self._off = off
        self._recalled = False
        self._clock = clock

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    async def look(self, bot: Bot) -> Standing:
        """Look at everything that is due, and bring the incidents up to date."""
        at = self._clock()
        time = await self._records.pass_time(self.rules.period)
        await self._recall()
        seen = await self._watch.look(at)
        await self._fold(seen, time, at)
        findings = {fingerprint(s.check, s.host, s.finding.target): s.finding for s in seen}
        standing = await self.standing(time, at)
        made = await self._records.open(openings(standing, findings), at)
        kept = await self._records.open_incidents()
        standing = _now(standing, kept)
        for each in kept:
            await self._update(standing, each, findings)
        if made:
            bot.changed(made[0].incident.log)
        return _now(standing, await self._records.open_incidents())

    async def _recall(self) -> None:
        """Once, so that trends do not begin anew with each life of the process."""
        if self._recalled:
            return
        self._recalled = True
        for signal in (await self._records.signals()).values():
            self._watch.recall(signal.check, signal.host, signal.target, signal.history)

    async def standing(self, time: float | None = None, at: float | None = None) -> Standing:
        """How things stand, by the clocks as they were given or as they are."""
        at = self._clock() if at is None else at
        if time is None:
            time = await self._records.pass_time(0)
        names = list(self._hosts.names())
        incidents = [kept.incident for kept in await self._records.open_incidents()]
        return Standing(
            time=time,
            at=at,
            signals=await self._records.signals(),
            incidents={each.fingerprint: each for each in incidents},
            repairs=await self._records.repairs(time),
            silences={each.scope: each for each in await self._records.silences(at)},
            groups={**self._hosts.groups(), "": names},
            escalation=self._escalation(),
            off=self._off(),
            rules=self.rules,
        )

    async def _fold(self, seen: Sequence[Seen], time: float, at: float) -> None:
        known = await self._records.signals()
        changed: dict[str, Signal] = {}
        for each in seen:
            key = fingerprint(each.check, each.host, each.finding.target)
            signal = known.get(key) or Signal(each.check, each.host, each.finding.target)
            if not signal.recent and each.finding.ok and each.finding.value is None:
                continue  # well and without a number: there is nothing to remember
            changed[key] = signal.fold(each.finding, time, at, self.rules)
        names = {*self._hosts.names(), ""}
        gone = [
            key
            for key, signal in known.items()
            if signal.host not in names
            or (signal.phase == "ok" and time - signal.recent[-1].time > self.rules.forgotten)
        ]
        await self._records.keep_signals(changed.values())
        await self._records.forget_signals(gone)

    async def _update(
        self, standing: Standing, kept: Kept, findings: Mapping[str, Finding]
    ) -> None:
        for _ in range(_TRIES):
            change = updated(standing, kept.incident, findings.get(kept.incident.fingerprint))
            if change is None or await self._records.keep(kept, change, standing.at):
                return
            again = await self._records.incident(kept.incident.id)
            if again is None or again.incident.closed:
                return
            kept = again


def _now(standing: Standing, kept: Sequence[Kept]) -> Standing:
    return replace(standing, incidents={k.incident.fingerprint: k.incident for k in kept})
