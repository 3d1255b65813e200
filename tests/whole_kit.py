"""The whole bot with its page on one side and a model server on the other."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.web.own_secrets import OwnSecrets
from adapters.web.server import WebServer
from adapters.web.tokens import AccessTokens
from bot.config import Settings
from bot.ports import Service, Store
from tests.fakes.ollama import FakeOllama
from tests.kernel_kit import Bench, process
from tests.picture_kit import models

SECRET = "a secret of at least 32 characters"


@dataclass(frozen=True, slots=True)
class Whole:
    url: str
    bench: Bench
    ollama: FakeOllama

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {AccessTokens(SECRET).issue(name, '')}"}


@asynccontextmanager
async def whole(directory: Path, **given: Any) -> AsyncGenerator[Whole]:
    servers: list[WebServer] = []

    def made(settings: Settings, store: Store) -> Sequence[Service]:
        servers.append(WebServer(settings, store, OwnSecrets(SECRET, "a password", None)))
        return servers

    chosen: dict[str, Any] = {"port": 0, "rate_limit_enabled": False, **given}
    async with (
        FakeOllama() as ollama,
        models(ollama, directory) as model,
        process(directory, model, services=made, **chosen) as bench,
    ):
        await servers[0].listening.wait()
        yield Whole(servers[0].url, bench, ollama)
