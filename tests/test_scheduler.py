"""Periodics: each on time, each tick on one replica, failures kept to themselves."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

import healer
from bot.ports import Periodic
from bot.store.sqlite import SqliteStore
from healer.scheduler import Scheduler
from tests.fakes.bot import FakeBot

SHORT = timedelta(milliseconds=100)


class Ticks:
    """Counts ticks and lets a test wait for them."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.by: Counter[str] = Counter()
        self._more = asyncio.Condition()

    def of(self, who: str) -> Callable[[], Awaitable[None]]:
        async def tick() -> None:
            async with self._more:
                self.times.append(monotonic())
                self.by[who] += 1
                self._more.notify_all()

        return tick

    async def reach(self, count: int) -> None:
        async with self._more:
            await self._more.wait_for(lambda: len(self.times) >= count)


@asynccontextmanager
async def running(*schedulers: Scheduler) -> AsyncGenerator[None]:
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        serving = [tasks.create_task(each.serve(FakeBot())) for each in schedulers]
        yield
        for each in serving:
            each.cancel()


async def test_two_replicas_share_the_ticks(tmp_path: Path) -> None:
    """Both schedule, one runs: there are as many ticks as one replica alone would make."""
    ticks = Ticks()
    async with (
        SqliteStore.open(tmp_path / "db") as one,
        SqliteStore.open(tmp_path / "db") as two,
    ):
        replicas = [
            Scheduler(store, [Periodic("count", SHORT, ticks.of(name))])
            for name, store in (("one", one), ("two", two))
        ]
        async with running(*replicas):
            await ticks.reach(12)

    assert ticks.times[11] - ticks.times[0] > 0.8  # 11 periods; half of them if both ran


async def test_a_failing_periodic_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure is logged with its traceback; its next tick comes, and so do the others'."""
    ticks, broken = Ticks(), Ticks()

    async def fail() -> None:
        await broken.of("broken")()
        raise LookupError("no such luck")

    async with SqliteStore.open(tmp_path / "db") as store:
        periodics = [Periodic("sound", SHORT, ticks.of("sound")), Periodic("broken", SHORT, fail)]
        async with running(Scheduler(store, periodics)):
            await broken.reach(3)
            await ticks.reach(3)

    assert "LookupError" in capsys.readouterr().out


async def test_a_tick_that_hangs_is_cut_off(tmp_path: Path) -> None:
    """It may take so long and no longer; then the next tick has its turn."""
    ticks = Ticks()
    cut = asyncio.Event()

    async def hang() -> None:
        await ticks.of("hang")()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    async with SqliteStore.open(tmp_path / "db") as store:
        scheduler = Scheduler(store, [Periodic("hang", SHORT, hang)], longest=0.2)
        async with running(scheduler):
            await cut.wait()
            await ticks.reach(2)


async def test_a_tick_of_a_dead_replica_is_taken_over(tmp_path: Path) -> None:
    """A lock whose owner never freed it holds for as long as a tick may take."""
    ticks = Ticks()
    async with SqliteStore.open(tmp_path / "db") as store:
        await store.write(
            "INSERT INTO locks VALUES ('periodic:count', 'dead', {now} + $1, {now} - 60)", 1.0
        )
        began = monotonic()
        async with running(Scheduler(store, [Periodic("count", SHORT, ticks.of("me"))])):
            await ticks.reach(1)

    assert ticks.times[0] - began > 0.9


async def test_stopping_frees_the_lock(tmp_path: Path) -> None:
    """A clean stop cancels a running tick and leaves no lock behind."""
    ticks = Ticks()

    async def hang() -> None:
        await ticks.of("hang")()
        await asyncio.Event().wait()

    async with SqliteStore.open(tmp_path / "db") as store:
        async with running(Scheduler(store, [Periodic("hang", SHORT, hang)])):
            await ticks.reach(1)
        rows = await store.read("SELECT name, until FROM locks")

    assert [("periodic:hang", 0.0)] == rows


async def test_the_part(tmp_path: Path) -> None:
    """The healer adds one service to the process."""
    async with SqliteStore.open(tmp_path / "db") as store:
        part = healer.scheduler(store, [])

    assert ["scheduler"] == [service.name for service in part.services]


async def test_a_clock_put_back(tmp_path: Path) -> None:
    """Times that were written before the clock was put back by a day keep no tick from coming."""
    ticks = Ticks()
    async with SqliteStore.open(tmp_path / "db") as store:
        await store.write(
            "INSERT INTO locks VALUES ('periodic:count', 'gone', {now} + 86400, {now} + 86400)"
        )
        async with running(Scheduler(store, [Periodic("count", SHORT, ticks.of("one"))])):
            await ticks.reach(2)

    assert ticks.by["one"] >= 2
