"""What the kernel alone is measured for: news, clicks, messages, and runs that wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from bot.chat import ThreadRef, User
from bot.events import ApprovalRequested, Event, RunFinished
from bot.recorded import Recorded
from bot.tool import Risk, Tool, tool
from tests.bench.contender import prompt
from tests.bench.machine import Yardstick, quantile, resident, settle
from tests.bench.project import Project, opened, probe
from tests.kernel_kit import ANN

E = TypeVar("E", bound=Event)
Figures = dict[str, float]
_EVENTS_OF_A_RUN = 33
"""With ten tool calls: a start, eleven replies, ten calls that start and finish, an end."""
_OPEN_AT_ONCE = 5
"""Approvals one person may have open."""


async def news(project: Project, seconds: float) -> Figures:
    """An event is made → a follower has it, at about 300 events/s; its commit counts."""
    waits: list[float] = []
    yard = Yardstick()

    async def follow() -> None:
        async for item in project.bench.kernel.bot.events(after="now"):
            now = time.time_ns()
            if isinstance(item, Recorded):
                waits.append(now / 1e6 - item.at / 1e3)

    async def work() -> None:
        await project.say(prompt(10))

    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        yard.take()
        start = time.perf_counter()
        await _paced(work, 300 / _EVENTS_OF_A_RUN, seconds)
        took = time.perf_counter() - start
        yard.take()
        following.cancel()
    p99, p50 = quantile(waits, 0.99), quantile(waits, 0.5)
    return {"p99_ms": p99, "p50_ms": p50, "events_s": len(waits) / took, **yard.figures()}


async def messages(project: Project, seconds: float) -> Figures:
    """Said → accepted, its commit included, at 200 messages/s; each begins a short run."""
    waits: list[float] = []
    yard = Yardstick()

    async def say() -> None:
        start = time.perf_counter()
        await project.say(prompt(0))
        waits.append((time.perf_counter() - start) * 1e3)

    yard.take()
    await _paced(say, 200, seconds)
    yard.take()
    return {"p99_ms": quantile(waits, 0.99), "p50_ms": quantile(waits, 0.5), **yard.figures()}


async def _paced(work: Callable[[], Awaitable[None]], rate: float, seconds: float) -> None:
    """Begin *work* *rate* times a second, whether or not the one before is over."""
    start = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            tasks.create_task(_awaited(work()))


async def _awaited(work: Awaitable[None]) -> None:
    await work


class Change:
    """A tool that asks first, and when it last began."""

    def __init__(self) -> None:
        self.began = 0.0
        self.tool = self._tool()

    def _tool(self) -> Tool:
        @tool(risk=Risk.CHANGE)
        async def probe(n: int) -> str:
            """Change the system and return the reading."""
            self.began = time.perf_counter()
            return "done"

        return probe


async def clicks(project: Project, change: Change, times: int) -> Figures:
    """A click on an approval → its tool begins; one after another."""
    waits: list[float] = []
    yard = Yardstick()
    for _ in range(times + 5):
        yard.take()
        thread = await project.say(prompt(1))
        request = await _event(project, thread, ApprovalRequested)
        clicked = time.perf_counter()
        await project.bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await _event(project, thread, RunFinished)
        waits.append((change.began - clicked) * 1e3)
    kept = waits[5:]
    return {"p99_ms": quantile(kept, 0.99), "p50_ms": quantile(kept, 0.5), **yard.figures()}


async def waiting(project: Project, count: int) -> Figures:
    """*count* runs that wait for approval: tasks, and KiB of memory each, caches included."""
    await _park(project, count // 2, 0)  # so that what grows once has grown
    tasks, before = len(asyncio.all_tasks()), await _rest()
    await _park(project, count, count // 2)
    held = await _rest() - before
    return {"tasks": len(asyncio.all_tasks()) - tasks, "kib": held / count}


async def _rest() -> float:
    """KiB, once nothing moves any more."""
    await asyncio.sleep(0.5)
    settle()
    return resident()


async def _park(project: Project, count: int, first: int) -> None:
    """Begin runs until *count* more wait, as many for each person as one may have open."""
    for number in range(first, first + count):
        person = f"waiting{number // _OPEN_AT_ONCE}"
        if number % _OPEN_AT_ONCE == 0:
            await project.bench.store.write(
                "INSERT INTO users (name, password, role, created) VALUES ($1, '', 'operator', 0)",
                person,
            )
        thread = await project.say(prompt(1), User("web", person, person))
        await _event(project, thread, ApprovalRequested)


async def measure(
    scenario: str, url: str, directory: Path, options: Mapping[str, float]
) -> Figures:
    """One of the scenarios above, by its name and options."""
    change = Change()
    asks = scenario in ("clicks", "waiting")
    async with opened(url, directory, [change.tool] if asks else [probe]) as project:
        match scenario:
            case "news":
                return await news(project, options["seconds"])
            case "messages":
                return await messages(project, options["seconds"])
            case "clicks":
                return await clicks(project, change, int(options["times"]))
            case "waiting":
                return await waiting(project, int(options["runs"]))
            case _:
                raise ValueError(scenario)


async def _event(project: Project, thread: ThreadRef, kind: type[E]) -> E:
    """The thread's first event of this kind."""
    async with aclosing(project.bench.kernel.bot.events(thread=thread)) as feed:
        async for item in feed:
            if isinstance(item, Recorded) and isinstance(item.event, kind):
                return item.event
    raise AssertionError
