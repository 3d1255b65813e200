"""Two replicas on one database in one process, each of which can be frozen."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import agent
from bot.agents import Ask
from bot.app import Kernel
from bot.events import ModelReplied
from bot.ports import Query, Row, Statement
from bot.redact import Redactor
from bot.resources import Resources
from bot.store.sqlite import SqliteStore
from bot.tool import Tool, ToolCall
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import FAST, Bench, OneHost, add_people, settings

T = TypeVar("T")


class Freezer:
    """The store as seen by a process that may stop as by SIGSTOP, between two statements."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._running = asyncio.Event()
        self._running.set()
        self.before = self.after = ""
        """Freeze before a write with this argument, such as the kind of an event, or after one
        that returned something."""
        self.frozen = asyncio.Event()
        self.used = asyncio.Event()
        """It has written something."""

    def freeze(self) -> None:
        self._running.clear()
        self.frozen.set()

    def thaw(self) -> None:
        self.before = self.after = ""
        self.frozen.clear()
        self._running.set()

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        await self._running.wait()
        return await self._store.read(sql, *args)

    async def write(self, sql: str, *args: Any, then: Sequence[Statement] = ()) -> Sequence[Row]:
        await self._pause(self.before, args)
        rows = await self._store.write(sql, *args, then=then)
        self.used.set()
        await self._pause(self.after if rows else "", args)
        return rows

    async def search(self, text: str, scopes: Sequence[str], limit: int) -> Sequence[int]:
        await self._running.wait()
        return await self._store.search(text, scopes, limit)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Query]:
        await self._running.wait()
        async with self._store.transaction() as query:
            yield query

    async def atomically(self, work: Callable[[Query], Coroutine[Any, Any, T]]) -> T:
        await self._running.wait()
        return await self._store.atomically(work)

    async def _pause(self, where: str, args: Sequence[Any]) -> None:
        if where and where in args:
            self.freeze()
        await self._running.wait()


@dataclass(kw_only=True)
class Replica(Bench):
    freezer: Freezer

    async def gave_up(self) -> None:
        """Wait until it holds no run any more."""
        async with asyncio.timeout(10):
            while self.kernel.runtime._live:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.01)


@asynccontextmanager
async def replicas(
    directory: Path, tools: Sequence[Tool], call: ToolCall
) -> AsyncGenerator[tuple[Replica, Replica]]:
    """Both in autonomous mode, with a model that makes *call* and then answers. The second one is
    frozen, so that the first gets what is said."""
    async with SqliteStore.open(directory / "bot.db") as store:
        await add_people(store)
        pair = [_replica(directory, store, tools, call) for _ in range(2)]
        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(each.kernel.serve(())) for each in pair]
            for each in pair:
                await each.freezer.used.wait()
            pair[1].freezer.freeze()
            try:
                yield pair[0], pair[1]
            finally:
                for each, task in zip(pair, serving, strict=True):
                    each.freezer.thaw()
                    task.cancel()


def _replica(directory: Path, store: SqliteStore, tools: Sequence[Tool], call: ToolCall) -> Replica:
    def script(ask: Ask) -> ModelReplied:
        return says("So it is.") if ask.messages[-1].role == "tool" else calls(call)

    freezer = Freezer(store)
    model = ScriptedModel(script=script)
    kernel = Kernel(
        settings(directory, mode="autonomous"),
        freezer,
        model,
        (agent.create({tool.name: tool for tool in tools}),),
        Resources(OneHost()),
        Redactor({}),
        FAST,
    )
    return Replica(kernel, store, model, freezer=freezer)
