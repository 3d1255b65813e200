"""What the bot remembers: rows, a vector index beside them, and learning."""

import asyncio
from collections.abc import Mapping

from agent.memory.cli import cli
from agent.memory.commands import commands
from agent.memory.desk import Desk
from agent.memory.embedder import Embedder
from agent.memory.index import Index
from agent.memory.learning import Learner
from agent.memory.memories import Memories
from agent.memory.notebook import Notebook
from agent.memory.recalling import Recaller
from agent.memory.spool import Spool
from bot.access import Access
from bot.config import Settings
from bot.ports import Bot, Model, Part, Store
from bot.redact import Redactor

__all__ = ["Memories", "Upkeep", "create"]


class Upkeep:
    """The service that brings the index up to date and learns from runs."""

    name = "memory"

    def __init__(self, index: Index, learner: Learner) -> None:
        self.index = index
        self._learner = learner

    async def serve(self, bot: Bot) -> None:  # noqa: ARG002 - it needs nothing of the bot
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.index.serve())
            tasks.create_task(self._learner.serve())

    def troubles(self) -> Mapping[str, str]:
        trouble = self.index.trouble
        return {"memory": f"by words only: {trouble}"} if trouble else {}


def create(
    settings: Settings, store: Store, model: Model, redactor: Redactor
) -> tuple[Memories, Part]:
    """The memory, and what comes with it. Nothing of it is loaded before it is used."""
    key = settings.ollama_api_key.get_secret_value()
    embedder = Embedder(settings.ollama_url, settings.embed_model, api_key=key)
    index = Index(Spool(store), embedder, settings.data_dir / "memories", settings.chroma_url)
    notebook = Notebook(store)
    recaller = Recaller(store, notebook, index)
    learning = settings.learning
    memories = Memories(notebook, index, recaller, redactor, learning=learning != "off")
    learner = Learner(store, memories, recaller, model, review=learning == "review")
    upkeep = Upkeep(index, learner)
    desk = Desk(store, notebook, memories, index, Access(store, settings.roles_file))
    part = Part(
        services=(upkeep,),
        commands=commands(desk),
        cli=cli(store, redactor),
        troubles=upkeep.troubles,
    )
    return memories, part
