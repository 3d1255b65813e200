"""One reader, many cursors: nothing is lost, nothing comes twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from bot.chat import ThreadRef
from bot.events import Event, Noted
from bot.feed import Feed
from bot.journal import Head, ProcessLog, entries, insert, load
from bot.ports import Gap
from bot.recorded import ModelDelta, Recorded
from bot.store.sqlite import SqliteStore
from tests.kernel_kit import THREAD

OTHER = ThreadRef("web", "", "", "t2")


@asynccontextmanager
async def feeding(path: Path, *, ring: int = 4096) -> AsyncGenerator[tuple[SqliteStore, Feed]]:
    async with SqliteStore.open(path / "x.db") as store:
        feed = Feed(store, lambda event: event, poll=0.2, ring=ring)
        await feed.start()
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(feed.serve())
            yield store, feed
            serving.cancel()


async def write(
    store: SqliteStore, ring: Callable[[], None], thread: ThreadRef, *texts: str
) -> None:
    """A run with a note for each text."""
    run = f"run {texts[0]}"
    async with store.transaction() as query:
        await query(
            "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh, created)"
            " VALUES ($1, $2, 'done', '', '', '', '', 0, 0)",
            run,
            str(thread),
        )
        events: list[Event] = [Noted(text) for text in texts]
        insert(query, run, entries(Head(), events))
    ring()


async def read(
    feed: Feed, count: int, after: str = "", thread: ThreadRef | None = None
) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(5), aclosing(feed.follow(after, thread)) as items:
        async for item in items:
            found.append(_shown(item))
            if len(found) == count:
                return found
    raise AssertionError


def _shown(item: object) -> str:
    match item:
        case Recorded(event=Noted(what=what)):
            return what
        case ModelDelta(text=text):
            return text
        case _:
            return type(item).__name__


async def test_replay_and_live_are_one_stream(tmp_path: Path) -> None:
    """What was there before and what comes now arrive in order, each once."""
    async with feeding(tmp_path) as (store, feed), asyncio.TaskGroup() as tasks:
        await write(store, feed.ring, THREAD, "a", "b")
        following = tasks.create_task(read(feed, 4))
        await asyncio.sleep(0)
        await write(store, feed.ring, OTHER, "c", "d")

    assert ["a", "b", "c", "d"] == following.result()


async def test_a_thread_is_followed_alone(tmp_path: Path) -> None:
    """Other threads' events neither arrive nor wake the follower."""
    async with feeding(tmp_path) as (store, feed), asyncio.TaskGroup() as tasks:
        await write(store, feed.ring, OTHER, "x")
        following = tasks.create_task(read(feed, 2, thread=THREAD))
        await asyncio.sleep(0)
        await write(store, feed.ring, OTHER, "y")
        await write(store, feed.ring, THREAD, "a", "b")

    assert ["a", "b"] == following.result()


async def test_a_cursor_goes_on_where_it_was(tmp_path: Path) -> None:
    """After a cursor come exactly the events behind it; ``now`` skips what was."""
    async with feeding(tmp_path) as (store, feed):
        await write(store, feed.ring, THREAD, "a", "b", "c")
        assert ["b", "c"] == await read(feed, 2, after="1")
        async with asyncio.TaskGroup() as tasks:
            late = tasks.create_task(read(feed, 1, after="now"))
            await asyncio.sleep(0)
            await write(store, feed.ring, THREAD, "d")

    assert ["d"] == late.result()


@pytest.mark.parametrize("cursor", ["99", "-1", "abc", "²"])
async def test_a_cursor_from_elsewhere_is_a_gap(tmp_path: Path, cursor: str) -> None:
    """An unknown place is told, and the feed goes on from the oldest."""
    async with feeding(tmp_path) as (store, feed):
        await write(store, feed.ring, THREAD, "a")

        assert [Gap.__name__, "a"] == await read(feed, 2, after=cursor)


async def test_a_slow_reader_lags_and_loses_nothing(tmp_path: Path) -> None:
    """Behind the ring it reads from the store, and catches up."""
    async with feeding(tmp_path, ring=4) as (store, feed):
        await write(store, feed.ring, THREAD, "0")
        seen: list[str] = []
        async with asyncio.timeout(10), aclosing(feed.follow()) as items:
            async for item in items:
                seen.append(_shown(item))
                if len(seen) == 1:
                    for number in range(1, 50):
                        await write(store, feed.ring, OTHER if number % 2 else THREAD, str(number))
                        await asyncio.sleep(0.001)
                if len(seen) == 50:
                    break

    assert [str(number) for number in range(50)] == seen


async def test_live_items_reach_whoever_follows_and_nobody_later(tmp_path: Path) -> None:
    """A delta is shown at once and not kept."""
    async with feeding(tmp_path) as (store, feed):
        await write(store, feed.ring, THREAD, "a")
        async with asyncio.timeout(5), aclosing(feed.follow(thread=THREAD)) as items:
            first = await anext(items)
            assert feed.followed(THREAD)
            feed.live(ModelDelta("r", 0, 0, "token", thread=THREAD))
            second = await anext(items)

        assert ["a", "token"] == [_shown(first), _shown(second)]
        assert not feed.followed(THREAD)
        assert ["a"] == await read(feed, 1)


async def test_a_write_nobody_rang_for_is_found_by_polling(tmp_path: Path) -> None:
    """A lost hint costs time, not events."""
    async with feeding(tmp_path) as (store, feed), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(read(feed, 1))
        await asyncio.sleep(0)
        await ProcessLog(store, lambda: None).note(Noted("quiet"))

    assert ["quiet"] == following.result()


async def test_offered_events_come_in_order_and_once(tmp_path: Path) -> None:
    """What this process just committed is shown without reading it back; when something else
    came in between, the reader looks, and nothing comes twice."""
    async with feeding(tmp_path) as (store, feed), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(read(feed, 5))
        await asyncio.sleep(0)
        await write(store, lambda: None, THREAD, "a", "b")
        log = await load(store, "run a", THREAD)
        feed.offer(log)
        await write(store, lambda: None, OTHER, "unseen")
        await write(store, lambda: None, THREAD, "c", "d")
        feed.offer(await load(store, "run c", THREAD))
        feed.offer(log)

    assert ["a", "b", "unseen", "c", "d"] == following.result()
