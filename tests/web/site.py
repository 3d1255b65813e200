"""A web adapter on a real socket, with a real database and a scripted kernel behind it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from argon2 import PasswordHasher

from adapters.web.limits import Limits
from adapters.web.own_secrets import OwnSecrets
from adapters.web.server import WebServer
from adapters.web.tokens import AccessTokens
from bot.chat import Role
from bot.config import Settings
from bot.store.sqlite import SqliteStore
from tests.fakes.bot import FakeBot

SECRET = "a secret of at least 32 characters"
PASSWORD = "correct horse battery"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Site:
    url: str
    bot: FakeBot
    store: SqliteStore
    server: WebServer
    http: aiohttp.ClientSession
    service: asyncio.Task[None]

    async def login(self, name: str = "admin", password: str = PASSWORD) -> dict[str, Any]:
        form = {"username": name, "password": password}
        async with self.http.post("/api/auth/login", data=form) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    def token(self, name: str = "admin") -> str:
        return AccessTokens(SECRET).issue(name, "")

    def bearer(self, name: str = "admin") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(name)}"}

    async def get(self, path: str, name: str = "admin") -> tuple[int, Any]:
        async with self.http.get(path, headers=self.bearer(name)) as response:
            return response.status, await response.json()

    async def post(self, path: str, body: Any = None, name: str = "admin") -> tuple[int, Any]:
        async with self.http.post(path, json=body, headers=self.bearer(name)) as response:
            return response.status, await response.json()


@asynccontextmanager
async def serving(
    tmp_path: Path, *, bot: FakeBot | None = None, limits: Limits | None = None, **settings: Any
) -> AsyncGenerator[Site]:
    """Users admin (admin), op (operator) and eve (viewer), all with PASSWORD; no rate limits."""
    page = tmp_path / "page"
    (page / "static").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>bot</title>")
    (page / "static" / "app.js").write_text("export {};")
    given = Settings.model_validate(
        {"data_dir": tmp_path, "port": 0, "rate_limit_enabled": False, **settings}
    )
    bot = bot or FakeBot()
    bot.roles |= {"op": Role.OPERATOR, "eve": Role.VIEWER}
    async with SqliteStore.open(tmp_path / "test.db") as store:
        for name, role in bot.roles.items():
            await add_user(store, name, role)
        own = OwnSecrets(SECRET, PASSWORD, None)
        server = WebServer(given, store, own, limits=limits, page=page)
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            service = tasks.create_task(server.serve(bot))
            await server.listening.wait()
            url = f"http://127.0.0.1:{server.port}"
            async with aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar()) as http:
                yield Site(url, bot, store, server, http, service)
            service.cancel()


async def add_user(store: SqliteStore, name: str, role: Role) -> None:
    await store.write(
        "INSERT INTO users (name, password, role, created) VALUES ($1, $2, $3, {now})",
        name,
        _CHEAP,
        str(role),
    )
