"""One life after another of the same bot: what outlives a process, and talking to it over REST."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.bot_process import PASSWORD, BotProcess, bot_process
from tests.fakes.ollama import FakeOllama

Event = dict[str, Any]
LESS_THAN_A_LEASE = 12.0
"""Seconds: a bot that starts again does not wait for its own lease to end."""
ENDS = ("run_finished", "run_failed", "run_stopped")


@dataclass(frozen=True, slots=True)
class Life:
    """A running bot, and its admin at a keyboard."""

    bot: BotProcess
    http: aiohttp.ClientSession
    patience: float = LESS_THAN_A_LEASE
    """Seconds until events that do not come are given up."""

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(path) as response:
            return response.status, await response.json()

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with self.http.post(path, json=body) as response:
            return response.status, await response.json()

    async def say(self, text: str, thread: str = "t1", key: str = "", model: str = "auto") -> str:
        """The id of the run it became. With the same *key* a message may be sent again."""
        said = {"message": text, "thread": thread, "wait": False, "model": model}
        headers = {"Idempotency-Key": key} if key else {}
        async with self.http.post("/api/chat", json=said, headers=headers) as response:
            body = await response.json()
            assert response.status in (200, 202), body
            return body["run_id"]

    async def decide(self, approval: Event, decision: str) -> tuple[int, Any]:
        return await self.post(f"/api/approvals/{approval['approval']}", {"decision": decision})

    async def until(self, *kinds: str, thread: str = "t1", count: int = 1) -> list[Event]:
        """Follow the thread from its beginning until *count* events of *kinds* went by."""
        return await self.follow(
            lambda events: sum(event["type"] in kinds for event in events) >= count, thread
        )

    async def follow(
        self, enough: Callable[[Sequence[Event]], bool], thread: str = "t1"
    ) -> list[Event]:
        """The thread's events from its beginning until there are *enough*."""
        events: list[Event] = []
        place = {"thread": thread, "after": ""}
        async with (
            asyncio.timeout(self.patience),
            self.http.ws_connect("/ws/chat", params=place) as socket,
        ):
            while not enough(events):
                event = await socket.receive_json()
                if "position" in event:
                    events.append(event)
        return events

    async def kill(self) -> None:
        """As a power cut does: not one more instruction of the bot is carried out."""
        self.bot.process.kill()
        await self.bot.process.wait()


@dataclass
class House:
    """A directory and a model; the bot in it may die and live again."""

    directory: Path
    ollama: FakeOllama
    settings: dict[str, str] = field(default_factory=dict[str, str])
    token: str = ""
    patience: float = LESS_THAN_A_LEASE

    @property
    def database(self) -> Path:
        return self.directory / "data" / "orchestrator.db"

    @asynccontextmanager
    async def life(self) -> AsyncGenerator[Life]:
        """The bot from its start to its end, if it is not killed before. Logins outlive it."""
        given = {
            "ollama_url": self.ollama.url,
            "models": "qwen3",
            "rate_limit_enabled": "false",
            **self.settings,
        }
        async with bot_process(self.directory, **given) as bot:
            self.token = self.token or await _log_in(bot.url)
            headers = {"Authorization": f"Bearer {self.token}"}
            async with aiohttp.ClientSession(bot.url, headers=headers) as http:
                yield Life(bot, http, self.patience)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that adds a line to a file each time it runs; *then* comes after that."""

    directory: Path
    then: str = "true"

    @property
    def text(self) -> str:
        return f"echo $$ >> {self.directory}/ran; {self.then}"

    @property
    def script(self) -> str:
        """What to say to the fake model for it to run this once."""
        return f'steps=1 tool=execute_command args={{"command": "{self.text}"}}'

    @property
    def pids(self) -> list[int]:
        """Of its shells, one for each time it ran."""
        file = self.directory / "ran"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    @property
    def runs(self) -> int:
        return len(self.pids)

    async def begun(self, times: int = 1) -> None:
        """Wait for it to run for the *times*th time."""
        async with asyncio.timeout(20):
            while self.runs < times:  # noqa: ASYNC110 - it is another process that writes
                await asyncio.sleep(0.01)


@contextmanager
def orphans(command: Command) -> Generator[None]:
    """A killed bot leaves its command running; at the end somebody must."""
    try:
        yield
    finally:
        for pid in command.pids:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def last(events: Sequence[Event], kind: str) -> Event:
    return next(event for event in reversed(events) if event["type"] == kind)


def kinds(events: Sequence[Event]) -> list[str]:
    return [event["type"] for event in events]


async def _log_in(url: str) -> str:
    form = {"username": "admin", "password": PASSWORD}
    async with aiohttp.ClientSession(url) as http, http.post("/api/auth/login", data=form) as reply:
        return (await reply.json())["access_token"]
