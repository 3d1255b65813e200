"""A memory as the bot has it: a real database, a real Chroma on disk, and an embedding model that
the fake Ollama plays."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.memory import Memories, Upkeep, create
from agent.memory.index import Index
from agent.memory.notebook import Notebook
from bot.chat import ThreadRef, User
from bot.command import Command
from bot.memory import Kind, NewMemory, Recall, Scope, Standpoint, Stored
from bot.ports import Model, Part
from bot.redact import Redactor
from bot.store.sqlite import SqliteStore
from bot.verdict import Trust
from tests.fakes.model import ScriptedModel
from tests.fakes.ollama import EMBEDDER, MODELS, FakeOllama
from tests.kernel_kit import ANN, BOB, add_people, settings

OPS = ThreadRef("slack", "T1", "ops", "1.0")
DEV = ThreadRef("slack", "T1", "dev", "2.0")
ELSEWHERE = ThreadRef("slack", "T2", "ops", "3.0")
ANNS = Standpoint(ANN, OPS)
BOBS = Standpoint(BOB, DEV)
STRANGERS = Standpoint(User("slack", "U9"), ELSEWHERE)


@dataclass
class Mind:
    """One life of a memory."""

    store: SqliteStore
    memories: Memories
    part: Part

    @property
    def index(self) -> Index:
        [upkeep] = self.part.services
        assert isinstance(upkeep, Upkeep)
        return upkeep.index

    @property
    def notebook(self) -> Notebook:
        return self.memories._notebook

    @property
    def commands(self) -> Mapping[str, Command]:
        return {command.name: command for command in self.part.commands}

    async def tell(
        self,
        text: str,
        at: Standpoint = ANNS,
        *,
        kind: Kind = "fact",
        scope: Scope = "channel",
        trust: Trust = Trust.OPERATOR,
        replaces: int = 0,
        expires: float | None = None,
    ) -> Stored:
        new = NewMemory(text, kind, scope, trust, replaces=replaces, expires=expires)
        return await self.memories.store(new, at)

    async def texts(self, query: str, at: Standpoint = ANNS, limit: int = 5) -> list[str]:
        return [each.text for each in (await self.recall(query, at, limit)).memories]

    async def recall(self, query: str, at: Standpoint = ANNS, limit: int = 5) -> Recall:
        return await self.memories.recall(query, at, limit=limit)

    async def caught_up(self) -> "Mind":
        """Index all that is due, now."""
        await self.index.catch_up()
        assert self.index.trouble == ""
        return self


@asynccontextmanager
async def mind(
    directory: Path,
    url: str,
    model: Model | None = None,
    *,
    serving: bool = False,
    secrets: Mapping[str, str] | None = None,
    **given: object,
) -> AsyncGenerator[Mind]:
    """*url*: of the embedding model's server. With *serving* its upkeep runs as in the bot;
    without, a test calls :meth:`Mind.caught_up`."""
    chosen = settings(directory, ollama_url=url, **given)
    async with SqliteStore.open(directory / "bot.db") as store:
        await add_people(store)
        memories, part = create(chosen, store, model or ScriptedModel(), Redactor(secrets or {}))
        one = Mind(store, memories, part)
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(_keep(one, serving=serving))
            try:
                yield one
            finally:
                keeping.cancel()
                await memories.close()


async def _keep(one: Mind, *, serving: bool) -> None:
    if serving:
        await one.index.serve()


def embedding() -> FakeOllama:
    """A server with an embedding model beside its others."""
    return FakeOllama([*MODELS, EMBEDDER])


@asynccontextmanager
async def remembering(directory: Path, **given: object) -> AsyncGenerator[tuple[Mind, FakeOllama]]:
    async with embedding() as ollama, mind(directory, ollama.url, **given) as one:  # pyright: ignore[reportArgumentType] - settings
        yield one, ollama
