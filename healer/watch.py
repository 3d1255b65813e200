"""Looks at all hosts: what is due on each of them, many at a time, and what that shows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from time import monotonic

import structlog

from bot.plugins.code import theirs
from bot.resources import Hosts
from bot.tool import ToolError
from healer.asking import AWAY, Seen, Told, ask, file_of, findings
from healer.check import Check, Finding, Limits, Point, Surroundings, Unreadable
from healer.due import Timetable
from healer.history import History

log = structlog.get_logger()
_FORGET = 24 * 3600.0
"""Seconds after which a signal nobody told of is forgotten."""
_NOWHERE = ""
"""Stands for the host of a check that is no script."""


class Watch:
    """Knows what is due, and what was last seen."""

    def __init__(
        self,
        hosts: Hosts,
        checks: Callable[[], Mapping[str, Check]],
        limits: Callable[[Check, str], Limits],
        troubles: Callable[[], Awaitable[Mapping[str, str]]],
        *,
        at_once: int = 20,
        patience: float = 25.0,
        spread: float = 30.0,
    ) -> None:
        """*limits*: of a check for a host, ``""`` for none; *troubles*: of the bot itself;
        *patience*: seconds one host may take; *spread*: seconds over which hosts are spread."""
        self.history = History()
        self._hosts = hosts
        self._checks = checks
        self._limits = limits
        self._troubles = troubles
        self._at_once = asyncio.Semaphore(at_once)
        self._patience = patience
        self._timetable = Timetable(spread)
        self._bad: dict[tuple[str, str], set[str]] = {}
        self._unread: dict[tuple[str, str], str] = {}
        self._clock: float | None = None

    def troubles(self) -> Mapping[str, str]:
        """Checks that say nothing, and why: ``disk on web1`` → one line."""
        return {
            f"check {check} on {host}" if host else f"check {check}": why
            for (check, host), why in self._unread.items()
        }

    def recall(self, check: str, host: str, target: str, points: Sequence[Point]) -> None:
        """What a signal was before this process began, oldest first."""
        for point in points:
            self.history.add(check, host, target, point)

    async def look(self, now: float) -> Sequence[Seen]:
        """What all that is due shows; *now*: seconds since the epoch.

        Of a host that is away there is one finding, of the check ``host``. What was bad and is not
        told of any more, such as a container that was removed, is told of as well, once."""
        checks, names = self._checks(), list(self._hosts.names())
        self._timetable.keep({*names, _NOWHERE})
        self._forget(set(checks), set(names))
        jump = self._jump(now)
        seen: list[Seen] = []
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                scripts = [check for check in checks.values() if check.script is not None]
                if due := self._due(scripts, name, now, seen):
                    tasks.create_task(self._ask(name, due, now, seen))
            elsewhere = [check for check in checks.values() if check.look]
            for check, limits in self._due(elsewhere, _NOWHERE, now, seen):
                tasks.create_task(self._elsewhere(check, limits, now, jump, seen))
        for each in seen:
            if each.finding.value is not None:
                point = Point(now, each.finding.value)
                self.history.add(each.check, each.host, each.finding.target, point)
        self.history.forget(now - _FORGET)
        return seen

    def _due(
        self, checks: Sequence[Check], host: str, now: float, seen: list[Seen]
    ) -> list[tuple[Check, Limits]]:
        """What is switched off tells of nothing any more."""
        due: list[tuple[Check, Limits]] = []
        for check in checks:
            if self._timetable.due(check.name, check.every, host, now):
                limits = self._limits(check, host)
                if limits.enabled:
                    due.append((check, limits))
                else:
                    seen += self._whole(check.name, host, ())
        return due

    async def _ask(
        self, name: str, due: Sequence[tuple[Check, Limits]], now: float, seen: list[Seen]
    ) -> None:
        async with self._at_once:
            try:
                host = self._hosts.get(name)
            except ToolError:
                return  # taken out of the inventory since
            told = await ask(host, due, self.history, now, self._patience)
        if told.away:
            if AWAY in self._checks() and self._limits(self._checks()[AWAY], name).enabled:
                seen += self._taken(AWAY, name, told)
            return
        for check, _ in due:
            seen += self._taken(check.name, name, told)

    def _taken(self, check: str, host: str, told: Told) -> list[Seen]:
        """What was told of one check on one host, and what is no longer."""
        if why := told.unread.get(check):
            self._unreadable(check, host, why)
            return []
        self._unread.pop((check, host), None)
        return self._whole(check, host, [each for each in told.seen if each.check == check])

    def _whole(self, check: str, host: str, seen: Sequence[Seen]) -> list[Seen]:
        """With the targets that were bad and are gone: a check tells of all there is."""
        there = {each.finding.target for each in seen}
        gone = self._bad.get((check, host), set()) - there
        self._bad[check, host] = {e.finding.target for e in seen if not e.finding.ok}
        return [
            *seen,
            *(
                Seen(check, host, Finding(target, ok=True, text=f"{target} is no longer amiss"))
                for target in sorted(gone)
            ),
        ]

    async def _elsewhere(
        self, check: Check, limits: Limits, now: float, jump: float, seen: list[Seen]
    ) -> None:
        assert check.look
        around = Surroundings(
            self._hosts,
            lambda host: self._limits(check, host),
            lambda host, target: self.history(check.name, host, target),
            now,
            jump,
            self._troubles,
        )
        file = file_of(check.look)
        try:
            async with asyncio.timeout(check.timeout):
                with theirs(file, Unreadable, but=(Unreadable, asyncio.CancelledError)):
                    given = dict(await check.look(around, limits))
            found = {host: findings(file, partial(iter, each)) for host, each in given.items()}
        except Unreadable as problem:
            self._unreadable(check.name, _NOWHERE, str(problem))
        except TimeoutError:
            self._unreadable(check.name, _NOWHERE, f"no answer within {check.timeout:g} s")
        else:
            self._unread.pop((check.name, _NOWHERE), None)
            for host, each in found.items():
                told = [Seen(check.name, host, finding) for finding in each]
                seen += self._whole(check.name, host, told)

    def _unreadable(self, check: str, host: str, why: str) -> None:
        if self._unread.get((check, host)) != why:
            log.warning("check says nothing", check=check, host=host, why=why)
        self._unread[check, host] = why

    def _forget(self, checks: set[str], hosts: set[str]) -> None:
        """What was known of checks and hosts that are no more."""
        for known in (self._bad, self._unread):
            for check, host in list(known):
                if check not in checks or (host and host not in hosts):
                    del known[check, host]

    def _jump(self, now: float) -> float:
        """Seconds the wall clock gained on the monotonic one since the last look."""
        ahead = now - monotonic()
        before, self._clock = self._clock, ahead
        return 0.0 if before is None else ahead - before
