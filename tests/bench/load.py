"""Scripted runs through one contender, one after another and many at once."""

import asyncio
import statistics
import time
from collections.abc import Mapping

from tests.bench.contender import Contender, prompt, run
from tests.bench.machine import (
    Yardstick,
    database_bytes,
    forget_peak,
    quantile,
    resident,
    settle,
)

_LAP = 0.15
"""Seconds between two looks at the yardstick."""
Figures = dict[str, float]


async def steps(contender: Contender, *, seconds: float, count: int = 10) -> Figures:
    """Runs of *count* tool calls, one after another, for about *seconds*.

    A run makes ``count + 1`` model calls: that many steps. ``cpu_ms`` (the whole process, all
    threads) and ``wall_ms`` are per step, ``db_bytes`` per run."""
    await _for(contender, count, seconds / 4)
    before = _database(contender)
    yard = Yardstick()
    yard.take()
    cpus: list[float] = []
    walls: list[float] = []
    runs, until = 0, time.perf_counter() + seconds
    while not runs or time.perf_counter() < until:
        cpu, wall = time.process_time(), time.perf_counter()
        lap = await _for(contender, count, _LAP)
        made = lap * (count + 1)
        cpus.append((time.process_time() - cpu) / made * 1e3)
        walls.append((time.perf_counter() - wall) / made * 1e3)
        runs += lap
        yard.take()
    wall_ms = statistics.median(walls)
    return {
        "cpu_ms": statistics.median(cpus),
        "wall_ms": wall_ms,
        "runs_s": 1e3 / wall_ms / (count + 1),
        "db_bytes": (_database(contender) - before) / runs,
        **yard.figures(),
    }


async def at_once(contender: Contender, *, level: int, seconds: float) -> Figures:
    """*level* runs of 10 steps at any time, for about *seconds*.

    ``p99_ms`` of a whole run; ``over_rest_kib``: peak memory over what it was with one at a time.
    """
    for _ in range(5):
        await run(contender, 10)
    settle()
    rest = resident()
    rate = await _wave(contender, level, 1, [])
    yard = Yardstick()
    yard.take()
    forget_peak()
    waits: list[float] = []
    cpu = time.process_time()
    each = max(1, round(seconds * rate / level))
    rate = await _wave(contender, level, each, waits)
    cpu = time.process_time() - cpu
    yard.take()
    return {
        "runs_s": rate,
        "cpu_ms": cpu / (len(waits) * 11) * 1e3,
        "p99_ms": quantile(waits, 0.99) * 1e3,
        "over_rest_kib": resident(peak=True) - rest,
        **yard.figures(),
    }


async def first_token(contender: Contender, *, times: int) -> Figures:
    """What the contender adds to the model's own delay (20 ms) until the first text is seen.

    ``added_ms``: from being asked to the model's having the question, and from the first token's
    leaving the model to the follower's having it."""
    yard = Yardstick()
    added: list[float] = []
    told: list[float] = []
    for _ in range(times + 5):
        yard.take()
        text, seen, start = "", 0, time.monotonic_ns()
        async for piece in contender.stream(prompt(0, tokens=20, ftd=20, tpd=5, stamp=1)):
            seen = seen or time.monotonic_ns()
            text += piece
        received, sent = map(int, text.split("@")[1].split(":"))
        told.append((seen - sent) / 1e6)
        added.append((received - start + seen - sent) / 1e6)
    return {
        "added_ms": statistics.median(added[5:]),
        "told_ms": statistics.median(told[5:]),
        **yard.figures(),
    }


async def _for(contender: Contender, count: int, seconds: float) -> int:
    """Runs one after another for *seconds*, at least one; how many there were."""
    runs, until = 0, time.perf_counter() + seconds
    while not runs or time.perf_counter() < until:
        await run(contender, count)
        runs += 1
    return runs


async def _wave(contender: Contender, level: int, each: int, waits: list[float]) -> float:
    """*level* clients make *each* runs; runs per second, and into *waits* the seconds of each."""

    async def client() -> None:
        for _ in range(each):
            start = time.perf_counter()
            await run(contender, 10)
            waits.append(time.perf_counter() - start)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(level):
            tasks.create_task(client())
    return level * each / (time.perf_counter() - start)


def _database(contender: Contender) -> int:
    return database_bytes(contender.database) if contender.database else 0


async def measure(scenario: str, contender: Contender, options: Mapping[str, float]) -> Figures:
    """One of the scenarios above, by its name and options."""
    seconds = options.get("seconds", 1.0)
    match scenario:
        case "steps":
            return await steps(contender, seconds=seconds, count=int(options.get("count", 10)))
        case "at_once":
            return await at_once(contender, seconds=seconds, level=int(options["level"]))
        case "first_token":
            return await first_token(contender, times=int(options["times"]))
        case _:
            raise ValueError(scenario)
