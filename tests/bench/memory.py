"""What recall takes among many memories: ``python -m tests.bench.memory [COUNT [DIRECTORY]]``.

By hand, and for minutes: 100,000 memories are stored, embedded by the fake model and indexed. Half
are for everybody, the rest for forty channels and ten people, one of whom asks. In a *DIRECTORY*
of yours they stay, so that it is asked again at once.
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from agent.memory.archive import take_in
from bot.chat import ThreadRef, User
from bot.memory import Remembered, Standpoint
from bot.verdict import Trust
from tests.bench.__main__ import fake_ollama
from tests.bench.machine import quantile, resident
from tests.memory_kit import Mind, mind

_ASKED = 200
_THINGS = (
    "database backup disk certificate deploy firewall router printer queue cache cluster log mail"
    " website invoice order customer monitoring alert kernel switch tunnel nameserver owner"
).split()
_STATES = "slow full moved renewed rotated patched replaced shared retired encrypted".split()
_PLACES = "basement attic cage lab office warehouse container vault hall annex".split()


def memories(count: int) -> Iterator[Remembered]:
    """Sentences about hosts, the same ones each time."""
    chance = random.Random(1)
    for number in range(1, count + 1):
        one, other = chance.choices(_THINGS, k=2)
        text = (
            f"srv-{one}-{number:06} {chance.choice(_STATES)} the {other} in the"
            f" {chance.choice(_PLACES)} for {chance.choice(_THINGS)} {chance.choice(_STATES)}"
        )
        yield Remembered(number, text, "fact", _scope(number), Trust.OPERATOR, "active", "", "",
                         "web:ann", number, None, used=0, score=0, replaces=0)  # fmt: skip


def _scope(number: int) -> str:
    share = number % 100
    if share < 50:
        return "global"
    return standpoint(share % 10 if share < 60 else 0, share).key(
        "user" if share < 60 else "channel"
    )


def standpoint(person: int, channel: int) -> Standpoint:
    return Standpoint(User("slack", f"U{person}"), ThreadRef("slack", "T1", f"C{channel}", "1.0"))


async def measure(count: int, url: str, directory: Path) -> None:
    """Store, index, ask, and print what each took."""
    async with mind(directory, url) as one:
        before = _resident()
        began = time.perf_counter()
        if not await one.index._spool.any():
            await take_in(one.store, list(memories(count)))
        stored = time.perf_counter()
        await one.index.catch_up()
        indexed = time.perf_counter()
        assert not one.index.trouble, one.index.trouble
        print(f"{count} stored in {stored - began:.0f} s, indexed in {indexed - stored:.0f} s")
        print(f"memory: {before} MB before, {_resident()} MB after")
        await _ask(one)
        print(f"memory: {_resident()} MB after {_ASKED} recalls")


async def _ask(one: Mind) -> None:
    at = standpoint(3, 77)
    chance = random.Random(2)
    queries = [
        f"which {chance.choice(_STATES)} {chance.choice(_THINGS)} in the {chance.choice(_PLACES)}"
        if number % 2
        else f"srv-{chance.choice(_THINGS)}-{chance.randrange(100_000):06}"
        for number in range(_ASKED)
    ]
    embedder = one.index._embedder
    vectors = {query: await embedder.query(query) for query in queries}
    index = one.index._vectors
    assert index

    async def meant(query: str) -> object:
        return await asyncio.to_thread(index.nearest, vectors[query], at.keys, 30)

    await _timed("recall, whole", queries, lambda query: one.recall(query, at))
    await _timed("  by words", queries, lambda query: one.store.search(query, at.keys, 30))
    await _timed("  by meaning, without the embedding", queries, meant)
    await _timed("  embedding (the fake)", queries, embedder.query)


async def _timed(name: str, queries: list[str], find: Callable[[str], Awaitable[object]]) -> None:
    took: list[float] = []
    for query in queries:
        began = time.perf_counter()
        await find(query)
        took.append((time.perf_counter() - began) * 1e3)
    print(f"{name}: p50 {quantile(took, 0.5):.1f} ms, p95 {quantile(took, 0.95):.1f} ms")


def _resident() -> int:
    """MB now."""
    return round(resident() / 1024)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with TemporaryDirectory(prefix="bench-") as passing, fake_ollama() as url:
        directory = Path(sys.argv[2] if len(sys.argv) > 2 else passing)
        directory.mkdir(parents=True, exist_ok=True)
        asyncio.run(measure(count, url, directory))


if __name__ == "__main__":
    main()
