"""Signals race with the owner's events, and neither is lost."""

import asyncio
import random
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import agent
from bot.chat import Role, User
from bot.events import (
    Event,
    MessageJoined,
    RunFinished,
    RunStarted,
    ToolFinished,
    ToolStarted,
)
from bot.ids import new_id
from bot.journal import Head, entries, insert, load, sign
from bot.ledger import Ledger
from bot.ports import Query
from bot.run import Claim, Lost, Overtaken, Run, Turn, insist
from bot.store.sqlite import SqliteStore
from bot.tool import Risk, ToolCall, Verdict
from tests.kernel_kit import THREAD

BOB = User("web", "bob")
SEEDS = 2000
CHANGE = Verdict(risk=Risk.CHANGE)


@asynccontextmanager
async def claimed(store: SqliteStore) -> AsyncGenerator[Run]:
    """A run of its own thread, owned by ``me``."""
    name = new_id()
    async with store.transaction() as query:
        await query(
            "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh, created,"
            " owner, fence) VALUES ($1, $1, 'running', 'web:bob', 'operator', '', 'react', 0, 0,"
            " 'me', 1)",
            name,
        )
        insert(query, name, entries(Head(), [RunStarted(BOB, Role.OPERATOR, "go")]))
    run = Run(Claim(name, THREAD, "react", "me", 1, 0), store, agent.create({}), lambda _: None)
    await run.load()
    yield run


async def signal(store: SqliteStore, run: str, text: str) -> None:
    async def act(query: Query) -> None:
        await query("SELECT id FROM runs WHERE id = $1 {lock}", run)
        await sign(query, run, MessageJoined(BOB, Role.OPERATOR, text))

    await store.atomically(act)


async def test_signals_and_results_race_and_none_is_lost(tmp_path: Path) -> None:
    """Two thousand seeded interleavings of four results, three signals and two turns: each log
    holds all of them, in one order without holes, and the owner's memory ends where it does."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        for first in range(0, SEEDS, 100):
            async with asyncio.TaskGroup() as tasks:
                for seed in range(first, first + 100):
                    tasks.create_task(_interleave(store, seed))


async def _interleave(store: SqliteStore, seed: int) -> None:
    async with claimed(store) as run:
        race = _Race(store, run, random.Random(seed))
        async with asyncio.TaskGroup() as tasks:
            for number in range(4):
                tasks.create_task(race.result(number))
            for number in range(3):
                tasks.create_task(race.talk(number))
            for number in range(2):
                tasks.create_task(race.turn(number))
        await run.catch_up()
        log = await load(store, run.id, THREAD)
    texts = {e.event.text for e in log if isinstance(e.event, MessageJoined)}
    done = {e.event.call_id for e in log if isinstance(e.event, ToolFinished)}

    assert {"s0", "s1", "s2"} == texts, seed
    assert {"r0", "r1", "r2", "r3", "t0", "t1"} == done, seed
    assert list(range(len(log))) == [e.seq for e in log], seed
    assert run.head.seq == len(log) - 1, seed


class _Race:
    """One run, written by its owner and by others, each a random while later."""

    def __init__(self, store: SqliteStore, run: Run, chance: random.Random) -> None:
        self._store = store
        self._run = run
        self._chance = chance

    async def _ticks(self, most: int) -> None:
        for _ in range(self._chance.randrange(most)):
            await asyncio.sleep(0)

    async def result(self, number: int) -> None:
        await self._ticks(20)
        await self._run.append(ToolFinished(f"r{number}"))

    async def talk(self, number: int) -> None:
        await self._ticks(60)
        await signal(self._store, self._run.id, f"s{number}")

    async def turn(self, number: int) -> None:
        await self._ticks(60)

        async def add(turn: Turn) -> None:
            turn.add(ToolFinished(f"t{number}"))

        await insist(lambda: self._run.turn(add))


@pytest.mark.parametrize(
    "event", [RunFinished("done"), ToolStarted(ToolCall("1.1", "restart"), CHANGE)]
)
async def test_what_a_signal_could_make_wrong_is_decided_again(
    tmp_path: Path, event: Event
) -> None:
    """An end or a change is not written behind a signal that its owner has not read."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:
        await signal(store, run.id, "wait!")
        with pytest.raises(Overtaken):
            await run.append(event)

        assert 2 == len(await load(store, run.id, THREAD))
        await run.append(event)
        assert event == (await load(store, run.id, THREAD))[-1].event


async def _nothing(turn: Turn) -> None: ...


async def test_what_was_read_while_waiting_is_decided_again(tmp_path: Path) -> None:
    """A signal folded between a decision and its turn, end or parking is not swallowed by it."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:

        async def behind(write: Coroutine[Any, Any, object]) -> object:
            """Start *write*, and fold a signal before it gets the run's lock."""
            async with run._lock:
                writing = asyncio.ensure_future(write)
                await asyncio.sleep(0)
                await signal(store, run.id, "wait")
                run._learn(await run._news(store.read))
            return await writing

        with pytest.raises(Overtaken):
            await behind(run.turn(_nothing))
        with pytest.raises(Overtaken):
            await behind(run.append(RunFinished("done")))
        assert await behind(run.park())


async def test_a_run_that_was_taken_over_cannot_be_written(tmp_path: Path) -> None:
    """Another owner's fence: nothing of the old owner reaches the log, in any way of writing."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:
        await store.write("UPDATE runs SET owner = 'you', fence = 2 WHERE id = $1", run.id)
        with pytest.raises(Lost):
            await run.append(ToolFinished("r"))
        with pytest.raises(Lost):
            await run.turn(_nothing)
        with pytest.raises(Lost):
            await run.catch_up()
        with pytest.raises(Lost):
            await run.park()

        assert 1 == len(await load(store, run.id, THREAD))


async def test_a_foreign_event_at_the_same_place_is_a_take_over(tmp_path: Path) -> None:
    """The fence may still look right; another owner's event at our seq says it is not."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:
        async with store.transaction() as query:
            made = entries(run.head, [ToolFinished("theirs")])
            insert(query, run.id, made)
        with pytest.raises(Lost):
            await run.append(ToolFinished("ours"))


async def test_parking_sees_a_signal_that_came_first(tmp_path: Path) -> None:
    """A click between the last look and the parking makes the run ready, not asleep."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:
        await signal(store, run.id, "click")

        assert await run.park()
        assert [("ready",)] == await store.read("SELECT status FROM runs WHERE id = $1", run.id)


async def test_what_is_folded_live_is_what_a_restart_folds(tmp_path: Path) -> None:
    """The ledger built event by event equals the one read back from the log."""
    async with SqliteStore.open(tmp_path / "x.db") as store, claimed(store) as run:
        call = ToolCall("1.1", "restart")
        await run.append(ToolStarted(call, CHANGE))
        await signal(store, run.id, "more")
        await run.append(ToolFinished("1.1", "unknown"))
        again = Ledger(run.id)
        for recorded in await load(store, run.id, THREAD):
            again.fold(recorded)

    assert vars(run.ledger) == vars(again)
