"""The bot's memory as the rest of the bot knows it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from agent.memory.index import Index
from agent.memory.notebook import Notebook, unasked
from agent.memory.recalling import Recaller
from agent.memory.soundness import sound
from agent.memory.wording import briefing
from bot.chat import ThreadRef
from bot.memory import (
    BadMemory,
    Briefing,
    Kind,
    NewMemory,
    Recall,
    Remembered,
    Standpoint,
    Stored,
)
from bot.redact import Redactor

BRIEFLY = 2.0
"""Seconds that an embedding may delay a model's first word."""
_PATIENTLY = 20.0
_AT_MOST = 8
"""Memories of a briefing."""
_BEHIND = 100
"""Runs that may wait to be learned from; more are not learned from."""


class Memories:
    """Implements ``bot.memory.Memory``."""

    def __init__(
        self,
        notebook: Notebook,
        index: Index,
        recaller: Recaller,
        redactor: Redactor,
        *,
        learning: bool,
    ) -> None:
        self._notebook = notebook
        self._index = index
        self._recaller = recaller
        self._redact = redactor
        self._learning = learning
        self.ended: asyncio.Queue[tuple[str, ThreadRef]] = asyncio.Queue(_BEHIND)
        """Runs to learn from."""

    async def store(self, new: NewMemory, at: Standpoint) -> Stored:
        stored = await self._notebook.add(replace(new, text=sound(new.text, self._redact)), at)
        if not stored.known:
            self._index.wake()
        return stored

    async def recall(self, text: str, at: Standpoint, *, limit: int = 5) -> Recall:
        recall = await self._recaller.recall(text, at.keys, patience=_PATIENTLY)
        best = recall.memories[:limit]
        await self._notebook.used([memory.id for memory in best])
        return replace(recall, memories=best)

    async def list(
        self, at: Standpoint, *, kind: Kind | None = None, limit: int = 20, before: int = 0
    ) -> Sequence[Remembered]:
        return await self._notebook.newest(at.keys, kind=kind, limit=limit, before=before)

    async def get(self, ids: Sequence[int], at: Standpoint) -> Sequence[Remembered]:
        found = await self._notebook.get(dict.fromkeys(ids), at.keys)
        missing = set(ids) - {memory.id for memory in found}
        if missing:
            named = ", ".join(f"#{each}" for each in sorted(missing))
            raise BadMemory(f"there is no memory {named} here; list or search shows what there is")
        return found

    async def forget(self, ids: Sequence[int], at: Standpoint) -> Sequence[Remembered]:
        found = await self.get(ids, at)
        await self._notebook.forget([memory.id for memory in found])
        self._index.wake()
        return found

    async def brief(self, text: str, at: Standpoint) -> Briefing:
        if not await self._notebook.any():
            return Briefing()
        recall = await self._recaller.recall(text, at.keys, patience=BRIEFLY)
        made = briefing(islice(filter(unasked, recall.memories), _AT_MOST))
        await self._notebook.used([int(each) for each in made.ids])
        return made

    async def brief_again(self, ids: Sequence[str]) -> Briefing:
        return briefing(await self._notebook.again([int(each) for each in ids]))

    def learn(self, run: str, thread: ThreadRef) -> None:
        if self._learning and not self.ended.full():
            self.ended.put_nowait((run, thread))

    async def close(self) -> None:
        await self._index.close()
