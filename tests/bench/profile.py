"""Where the CPU goes: the stack of the event loop's thread, every few milliseconds of CPU time."""

import asyncio
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.bench.contender import Contender, run

_EVERY = 0.001
"""Seconds of CPU between two samples; the kernel may make them longer."""
_ROOT = str(Path(__file__).parents[2])
_OURS = ("bot", "agent", "tests")


Costs = dict[str, float]


def _costs() -> Costs:
    return defaultdict(float)


@dataclass(slots=True)
class Profile:
    """Milliseconds of the loop's thread. A sample weighs the CPU time since the one before."""

    packages: Costs = field(default_factory=_costs)
    """By the package whose code was running."""
    functions: Costs = field(default_factory=_costs)
    """By the function that was running."""
    owners: Costs = field(default_factory=_costs)
    """By the innermost function of this project or a client library: what it calls in the standard
    library, pydantic or C counts as its own."""
    held: Costs = field(default_factory=_costs)
    """By every function of this project on the stack."""
    last: float = 0.0

    def sample(self, _: int, frame: FrameType | None) -> None:
        now = time.thread_time()
        weight, self.last = (now - self.last) * 1e3, now
        first, owner = True, ""
        seen: set[str] = set()
        while frame:
            package, name = _place(frame)
            if first:
                self.packages[package] += weight
                self.functions[name] += weight
                first = False
            if not owner and package in (*_OURS, "ollama", "httpx", "httpx_aiohttp", "aiohttp"):
                owner = name
            if package in _OURS:
                seen.add(name)
            frame = frame.f_back
        self.owners[owner or "(the loop itself)"] += weight
        for name in seen:
            self.held[name] += weight


def _place(frame: FrameType) -> tuple[str, str]:
    """The package of a frame, and its function with the file it is in."""
    code = frame.f_code
    path = code.co_filename
    if path.startswith(f"{_ROOT}/") and "site-packages" not in path:
        inside = path.removeprefix(f"{_ROOT}/")
        package = inside.partition("/")[0]
    else:
        inside = path.rpartition("site-packages/")[2]
        inside = inside.rpartition(f"python{sys.version_info[0]}.{sys.version_info[1]}/")[2]
        package = inside.partition("/")[0].removesuffix(".py")
    return package, f"{inside}:{code.co_qualname}"


async def profile(contender: Contender, level: int, seconds: float) -> dict[str, str]:
    """*level* runs of 10 steps at once for *seconds*; tables of microseconds of CPU per step."""
    made = 0
    until = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal made
        while time.perf_counter() < until:
            await run(contender, 10)
            made += 11

    for _ in range(20):
        await run(contender, 10)
    found = Profile(last=time.thread_time())
    loop, whole = time.thread_time(), time.process_time()
    signal.signal(signal.SIGPROF, found.sample)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(level):
            tasks.create_task(client())
    signal.setitimer(signal.ITIMER_PROF, 0)
    loop, whole = time.thread_time() - loop, time.process_time() - whole
    head = (
        f"{made} steps, {level} runs at once: {whole / made * 1e3:.3f} ms CPU a step, "
        f"{loop / made * 1e3:.3f} in the event loop's thread, the rest in the database's threads"
    )
    tables = (
        ("by package", found.packages, 16),
        ("by function, with the library code it calls", found.owners, 45),
        ("by function, with all it calls or awaits", found.held, 60),
        ("by function, its own lines only", found.functions, 30),
    )
    shown = (_table(name, costs, rows, made) for name, costs, rows in tables)
    return {"tables": "\n\n".join([head, *shown])}


def _table(name: str, costs: Costs, rows: int, made: int) -> str:
    dearest = sorted(costs.items(), key=lambda item: -item[1])[:rows]
    lines = [f"{value / made * 1e3:8.1f}  {key}" for key, value in dearest]
    return "\n".join([f"µs a step, {name}:", *lines])
