"""Runs what is due every so often, each tick on one replica. The only user of APScheduler."""

import asyncio
import secrets
from collections.abc import Sequence

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import Bot, Periodic, Store

log = structlog.get_logger()
# Whoever's statement changes the row has the tick. A lock is held until its tick is over or, when
# its owner died, until the time that a tick may take at most. Times further away than they can have
# been set are from before the clock was put back.
_TAKE = """
    INSERT INTO locks (name, owner, until, due) VALUES ($1, $2, {now} + $3, {now} + $4)
    ON CONFLICT (name) DO UPDATE SET owner = $2, until = {now} + $3, due = {now} + $4
    WHERE (locks.due <= {now} OR locks.due > {now} + $4)
      AND (locks.until <= {now} OR locks.until > {now} + $3) RETURNING name"""
_FREE = "UPDATE locks SET until = 0 WHERE name = $1 AND owner = $2"
_EARLY = 0.9
"""Part of the period after which a tick is due: timers never tick exactly."""
_LONGEST = 300.0
"""Seconds after which a tick is cancelled: the next one, perhaps elsewhere, tries again."""


class Scheduler:
    """A service that runs the periodics of all parts."""

    name = "scheduler"

    def __init__(
        self, store: Store, periodics: Sequence[Periodic], *, longest: float = _LONGEST
    ) -> None:
        self._store = store
        self._periodics = periodics
        self._longest = longest
        self._me = secrets.token_hex(8)

    async def serve(self, bot: Bot) -> None:  # noqa: ARG002 - periodics bring what they need
        """Every period, until cancelled. A tick that fails is logged, and the next one comes."""
        timer = AsyncIOScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 30}
        )
        async with asyncio.TaskGroup() as tasks:
            for periodic in self._periodics:
                due = asyncio.Event()
                tasks.create_task(self._run(periodic, due), name=periodic.name)
                seconds = periodic.every.total_seconds()
                timer.add_job(_ring, "interval", args=(due,), seconds=seconds, id=periodic.name)
            timer.start()
            try:
                await asyncio.Event().wait()
            finally:
                timer.shutdown(wait=False)

    async def _run(self, periodic: Periodic, due: asyncio.Event) -> None:
        while True:
            await due.wait()
            due.clear()
            try:
                await self._tick(periodic)
            except Exception:
                # A tick is a small service: its failure must not keep the others from running.
                log.exception("periodic failed", periodic=periodic.name)

    async def _tick(self, periodic: Periodic) -> None:
        name = f"periodic:{periodic.name}"
        again = periodic.every.total_seconds() * _EARLY
        if not await self._store.write(_TAKE, name, self._me, self._longest, again):
            return
        try:
            async with asyncio.timeout(self._longest):
                await periodic.fn()
        finally:
            await self._store.write(_FREE, name, self._me)


async def _ring(due: asyncio.Event) -> None:
    """A coroutine, because APScheduler calls plain functions in threads."""
    due.set()
