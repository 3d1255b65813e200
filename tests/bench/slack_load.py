"""Many people in many channels of a Slack with its posting limits, and one bot in a process."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.machine import Yardstick, quantile
from tests.bench.service import cpu
from tests.fakes.slack.server import SlackServer, slack_server
from tests.slack_crowd import Crowd
from tests.slack_kit import people

Figures = dict[str, float]
_PATIENCE = 300.0
"""Seconds after the last message in which all must be answered."""


async def measure(directory: Path, rate: float, seconds: float) -> Figures:
    """*rate* messages a second in 50 channels for so many *seconds*; then all of them again, to
    the same process and to the next.

    ``p50_ms``, ``p99_ms``: until Slack is acknowledged. ``late``: deliveries that took more than
    Slack's three seconds. ``backlog_s``: from the last message until all are answered.
    ``wrong``: messages without exactly one answer, or out of order. ``twice``: posts after
    everything came again. ``cpu_ms``: CPU of the bot for one message, with its run and posts."""
    yard = Yardstick()
    yard.take()
    async with slack_server() as server:
        people(server)
        server.api.paced = True
        crowd = Crowd(server)
        async with _bot(server, directory) as bot:
            before = cpu(bot.pid)
            await crowd.talk(rate, seconds)
            yard.take()
            acks, late, last = crowd.acks[:], crowd.again, time.perf_counter()
            await _answered(crowd)
            backlog = time.perf_counter() - last
            spent = (cpu(bot.pid) - before) / len(crowd.said)
            posts = len(server.workspace.posts)
            await crowd.repeat(2)
        async with _bot(server, directory):
            await crowd.repeat()
            await asyncio.sleep(2)
        twice = len(server.workspace.posts) - posts
    yard.take()
    return {
        "p50_ms": quantile(acks, 0.5) * 1e3,
        "p99_ms": quantile(acks, 0.99) * 1e3,
        "late": late,
        "backlog_s": backlog,
        "wrong": _wrong(crowd),
        "twice": twice,
        "posts": posts,
        "cpu_ms": spent / 1e6,
        **yard.figures(),
    }


async def _answered(crowd: Crowd) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            if crowd.covered():
                return
            await asyncio.sleep(0.2)


def _wrong(crowd: Crowd) -> float:
    many = sum(count != 1 for count in crowd.answered().values())
    return many + sum(numbers != sorted(numbers) for numbers in crowd.orders())


@asynccontextmanager
async def _bot(server: SlackServer, directory: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.slack_bot", f"{server.url}/api/", directory,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await server.connected(2, seconds=60)
        yield process
    finally:
        process.terminate()
        await process.wait()
