"""Blocking calls wait in their own pool, and a full pool says so at once."""

import asyncio
from contextvars import ContextVar
from threading import Event

import pytest

from bot.blocking import SIZES, WAITING, Pool, run_blocking
from bot.tool import ToolError

ASKED_BY: ContextVar[str] = ContextVar("asked_by")


async def test_result_and_context_cross_the_thread() -> None:
    """The result comes back, and the call sees the context it was made in."""
    ASKED_BY.set("ann")

    assert "ann" == await run_blocking("psutil", ASKED_BY.get)


async def test_an_exception_is_raised_where_it_is_awaited() -> None:
    """What the call raises is raised from the await, and the thread lives on."""
    with pytest.raises(ZeroDivisionError):
        await run_blocking("psutil", divmod, 1, 0)

    assert (2, 1) == await run_blocking("psutil", divmod, 5, 2)


async def test_a_full_pool_refuses_at_once_and_spares_the_others() -> None:
    """Hung calls fill their pool; the next one is told so, another pool still works."""
    release = Event()
    size = SIZES["git"]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(size * (1 + WAITING)):
            group.create_task(run_blocking("git", release.wait, 30))
        await asyncio.sleep(0)
        with pytest.raises(ToolError, match="all 2 threads for git are busy"):
            await run_blocking("git", print)
        other = await run_blocking("psutil", sum, (1, 2))
        release.set()

    assert 3 == other
    assert 3 == await run_blocking("git", sum, (1, 2))


async def test_hosts_have_threads_of_their_own() -> None:
    """A host that hangs fills its own pool, and another host's still works."""
    release = Event()
    size = SIZES["docker"]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(size * (1 + WAITING)):
            group.create_task(run_blocking("docker@hung", release.wait, 30))
        await asyncio.sleep(0)
        with pytest.raises(ToolError, match="all 4 threads for docker@hung are busy"):
            await run_blocking("docker@hung", print)
        other = await run_blocking("docker@well", sum, (1, 2))
        release.set()

    assert 3 == other


async def test_a_cancelled_call_that_had_not_begun_never_runs() -> None:
    """Cancelling a waiting call frees its place without running it."""
    release, ran = Event(), Event()
    pool = Pool("lab", 1, 1)
    busy = asyncio.wrap_future(pool.submit(release.wait))
    waiting = asyncio.wrap_future(pool.submit(ran.set))
    waiting.cancel()
    await asyncio.sleep(0)
    release.set()
    async with asyncio.timeout(10):
        await busy
        last = await asyncio.wrap_future(pool.submit(lambda: "free again"))

    assert "free again" == last
    assert not ran.is_set()
