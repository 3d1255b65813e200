"""The real process, from its start to a token on a WebSocket; the others as a relay of tokens."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.contender import prompt
from tests.bench.machine import Yardstick, resident
from tests.bot_process import BotProcess, bot_process

Figures = dict[str, float]
_SETTLED = 2.0
"""Seconds after which a process that has just started is at rest."""
_OPEN = {"auth_enabled": "false", "rate_limit_enabled": "false"}
"""Settings: nobody logs in, and the bench may say as much as it likes."""


async def start(url: str, directory: Path) -> Figures:
    """``python -m bot run`` in an empty directory → ``/health`` answers, and memory at rest."""
    yard = Yardstick()
    yard.take()
    began = time.perf_counter()
    async with bot_process(directory, ollama_url=url, **_OPEN) as bot:
        async with aiohttp.ClientSession(bot.url) as http:
            await _healthy(http)
            took = time.perf_counter() - began
        yard.take()
        await asyncio.sleep(_SETTLED)
        return {"seconds": took, "rss_kib": resident(bot.process.pid), **yard.figures()}


async def _healthy(http: aiohttp.ClientSession) -> None:
    while True:
        with suppress(aiohttp.ClientConnectionError):
            async with http.get("/health") as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.005)


@asynccontextmanager
async def relay(name: str, url: str, directory: Path) -> AsyncGenerator[BotProcess]:
    """Another contender behind a WebSocket of the same kind, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.relay", name, url, directory,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        yield BotProcess((await process.stdout.readline()).decode().strip(), process)
    finally:
        process.kill()
        await process.wait()


async def tokens(serving: AbstractAsyncContextManager[BotProcess], count: int) -> Figures:
    """Tokens from the model's socket to a WebSocket client.

    CPU of the process for one more of them: ``us`` when they come 2 ms apart, ``burst_us`` when
    they come in one piece. ``told_ms``: the first one's way."""
    yard = Yardstick()
    told: list[float] = []
    async with (
        serving as bot,
        aiohttp.ClientSession(bot.url) as http,
        http.ws_connect("/ws/chat") as socket,
    ):
        for _ in range(12):
            yard.take()
            told.append(await _say(socket, prompt(0, tokens=20, ftd=20, tpd=2, stamp=1)))
        pid = bot.process.pid
        least, drip, burst = [
            await _spent(pid, socket, *how) for how in ((10, 2), (count, 2), (count, 0))
        ]
    return {
        "us": (drip - least) / (count - 10) / 1e3,
        "burst_us": (burst - least) / (count - 10) / 1e3,
        "told_ms": statistics.median(told[2:]),
        **yard.figures(),
    }


async def _spent(
    pid: int, socket: aiohttp.ClientWebSocketResponse, count: int, apart: int
) -> float:
    """Nanoseconds of CPU of the process *pid* for *count* tokens that are *apart* ms apart."""
    before = cpu(pid)
    await _say(socket, prompt(0, tokens=count, tpd=apart, stamp=1))
    return cpu(pid) - before


def cpu(pid: int) -> int:
    """Nanoseconds of CPU that the threads of a process have used."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text().split()[0]) for stat in stats)


async def _say(socket: aiohttp.ClientWebSocketResponse, text: str) -> float:
    """Until the answer is complete; milliseconds from the model's sending the first token."""
    await socket.send_str(json.dumps({"message": text}))
    seen, said = 0, ""
    async for message in socket:
        frame: dict[str, Any] = json.loads(message.data)
        if frame["type"] == "model_delta":
            seen = seen or time.monotonic_ns()
            said += frame["text"]
        if frame["type"] == "run_finished":
            break
    sent = int(said.split("@")[1].split(":")[1])
    return (seen - sent) / 1e6


async def measure(
    name: str, scenario: str, url: str, directory: Path, options: Mapping[str, float]
) -> Figures:
    """One of the scenarios above, for the bot or the contender of that name."""
    if scenario == "start":
        return await start(url, directory)
    serving = (
        bot_process(directory, ollama_url=url, **_OPEN)
        if name == "service"
        else relay(name, url, directory)
    )
    return await tokens(serving, int(options["tokens"]))
