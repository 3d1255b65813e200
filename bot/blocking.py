"""Named thread pools for calls that block: one slow kind never starves another.

Threads are daemons: a call stuck on a dead network mount cannot keep the process from ending."""

from asyncio import wrap_future
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from bot.tool import ToolError

T = TypeVar("T")
SIZES = {
    "files": 4,
    "psutil": 1,
    "git": 2,
    "passwords": 2,
    "chroma": 2,
    "docker": 4,
    "shfmt": 2,
    "plugins": 4,
    "plots": 1,
}
"""Threads of each pool; of *docker*, for each host."""
WAITING = 4
"""Calls that may wait, for each thread of a pool."""


class Pool:
    """*size* threads, started when first needed, and a bounded line of calls before them."""

    def __init__(self, name: str, size: int, waiting: int) -> None:
        self._name = name
        self._size = size
        self._limit = size + waiting
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = Lock()
        self._pending = 0
        self._threads = 0

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Raises ToolError at once when the pool is full."""
        future: Future[T] = Future()
        with self._lock:
            if self._pending >= self._limit:
                raise ToolError(
                    f"all {self._size} threads for {self._name} are busy and "
                    f"{self._limit - self._size} calls wait for them; try again later"
                )
            self._pending += 1
            if self._threads < min(self._size, self._pending):
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                Thread(target=self._work, name=name, daemon=True).start()
        self._calls.put(partial(self._settle, future, call))
        return future

    def _work(self) -> None:
        while True:
            self._calls.get()()

    def _settle(self, future: "Future[T]", call: Callable[[], T]) -> None:
        if not future.set_running_or_notify_cancel():
            self._done()
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            self._done()
            future.set_exception(error)
        else:
            self._done()
            future.set_result(result)

    def _done(self) -> None:
        with self._lock:
            self._pending -= 1


_POOLS: dict[str, Pool] = {}


async def run_blocking(pool: str, fn: Callable[..., T], *args: object) -> T:
    """``fn(*args)`` in a thread of *pool*; raises ToolError at once when the pool is full.

    *pool*: a name of SIZES, or ``docker@web1`` where each host is to have threads of its own.
    Cancelling stops the waiting, not the thread: its place is free when the call returns."""
    return await wrap_future(_pool(pool).submit(partial(copy_context().run, fn, *args)))


def _pool(name: str) -> Pool:
    if name not in _POOLS:
        size = SIZES[name.partition("@")[0]]
        _POOLS[name] = Pool(name, size, size * WAITING)
    return _POOLS[name]
