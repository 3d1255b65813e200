"""The whole bot as a child process, started the way people start it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class BotProcess:
    url: str
    process: asyncio.subprocess.Process
    log: list[bytes] = field(default_factory=list[bytes])
    """The lines it wrote since it listens."""


@asynccontextmanager
async def bot_process(directory: Path, **settings: str) -> AsyncGenerator[BotProcess]:
    """Run ``python -m bot run`` in *directory*, its data below it, on a free port; the admin's
    password is PASSWORD. *settings* are names without ``AI_`` in small letters."""
    process = await _start(directory, ["run"], settings)
    try:
        url = await _listening(process)
        async with asyncio.TaskGroup() as tasks:
            bot = BotProcess(url, process)
            reading = tasks.create_task(_drain(bot))
            yield bot
            reading.cancel()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def bot_says(directory: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Run ``python -m bot WORDS`` to its end, like bot_process: its exit status and its output."""
    process = await _start(directory, words, settings)
    try:
        async with asyncio.timeout(30):
            output, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, output.decode()


async def _start(
    directory: Path, words: Sequence[str], settings: Mapping[str, str]
) -> asyncio.subprocess.Process:
    given = {
        "port": "0",
        "log_format": "json",
        "learning": "off",
        "admin_password": PASSWORD,
        **settings,
    }
    path = os.environ["PATH"]  # noqa: TID251 - the child gets this and our settings, nothing else
    environment = {"PATH": path, "HOME": str(directory), "PYTHONPATH": str(ROOT)}
    environment |= {f"AI_{name.upper()}": value for name, value in given.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words,
        cwd=directory, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    said: list[str] = []
    async with asyncio.timeout(90):
        while line := (await process.stdout.readline()).decode():
            said.append(line)
            entry: dict[str, str] = json.loads(line) if line.startswith("{") else {}
            if entry.get("event") == "listening":
                return entry["url"]
    raise AssertionError("the bot ended:\n" + "".join(said))


async def _drain(bot: BotProcess) -> None:
    """A full pipe would stop the bot."""
    assert bot.process.stdout
    while line := await bot.process.stdout.readline():
        bot.log.append(line)
