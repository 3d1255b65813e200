"""The practical limit: a hand-written durable loop on aiohttp, aiosqlite and json."""

import asyncio
import json
import sqlite3
from asyncio import Future
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import aiosqlite

from tests.bench.contender import CONTEXT, MODEL, PROBE, RESULT, SYSTEM

_TABLE = (
    "CREATE TABLE IF NOT EXISTS steps (run INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID"
)
_INSERT = "INSERT INTO steps VALUES (?, ?, ?)"
Step = tuple[int, int, str]


class Log:
    """Steps on disk: those that come while a commit is under way share the next one."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db
        self._due: list[tuple[Step, Future[None]]] = []
        self._news = asyncio.Event()

    async def save(self, step: Step) -> None:
        """Durable when it returns."""
        future: Future[None] = asyncio.get_running_loop().create_future()
        self._due.append((step, future))
        self._news.set()
        await future

    async def commit(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            due, self._due = self._due, []
            await self._db._execute(_write, self._db._conn, [step for step, _ in due])
            for _, future in due:
                future.set_result(None)


def _write(db: sqlite3.Connection, steps: Sequence[Step]) -> None:
    db.execute("BEGIN IMMEDIATE")
    db.executemany(_INSERT, steps)
    db.execute("COMMIT")


class Raw:
    """A commit per step, nothing else: no roles, no approvals, no feed, no redaction, no audit."""

    def __init__(self, url: str, http: aiohttp.ClientSession, log: Log, database: Path) -> None:
        self.database: Path | None = database
        self._url = f"{url}/api/chat"
        self._http = http
        self._log = log
        self._runs = count()

    async def stream(self, prompt: str) -> AsyncIterator[str]:
        run = next(self._runs)
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt}]
        await self._log.save((run, 0, json.dumps(messages)))
        while True:
            said: dict[str, Any] = {"role": "assistant", "content": ""}
            async for piece in self._ask(messages):
                if piece["content"]:
                    yield piece["content"]
                said["content"] += piece["content"]
                if "tool_calls" in piece:
                    said["tool_calls"] = piece["tool_calls"]
            calls = said.get("tool_calls", ())
            results = [
                {"role": "tool", "tool_name": call["function"]["name"], "content": RESULT}
                for call in calls
            ]
            new = [said, *results]
            messages += new
            await self._log.save((run, len(messages), json.dumps(new)))
            if not calls:
                return

    async def _ask(self, messages: Sequence[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
        body: dict[str, Any] = {"model": MODEL, "messages": messages, "tools": [PROBE]}
        body |= {"stream": True, "options": {"num_ctx": CONTEXT}}
        async with self._http.post(self._url, data=json.dumps(body).encode()) as response:
            response.raise_for_status()
            async for line in response.content:
                yield json.loads(line)["message"]


@asynccontextmanager
async def opened(url: str, directory: Path) -> AsyncGenerator[Raw]:
    """The loop against the Ollama at *url*, its database in *directory*."""
    path = directory / "raw.db"
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiosqlite.connect(path, isolation_level=None) as db,
        aiohttp.ClientSession(connector=connector) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            await db.execute(f"PRAGMA {pragma}")
        await db.execute(_TABLE)
        log = Log(db)
        committing = tasks.create_task(log.commit())
        yield Raw(url, http, log, path)
        committing.cancel()
