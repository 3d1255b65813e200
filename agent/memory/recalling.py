"""Recalling by words, by meaning and by exact names at once, and what each is worth."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from agent.memory.index import Away, Index
from agent.memory.notebook import Notebook
from agent.memory.sameness import names
from bot.memory import Recall, Remembered
from bot.ports import Store

_DEPTH = 30
"""How many of each half take part."""
_DAMPING = 2
"""The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009). They take 60, for
many rankings of the same kind. Here what is first by words or by meaning must stay ahead of what is
tenth by both: with 60, a third of the facts that only meaning finds fell out of the first five."""
_LIKING = 0.1
"""What one good word of a person adds to a memory's rank, up to three."""


class Recaller:
    def __init__(self, store: Store, notebook: Notebook, index: Index) -> None:
        self._store = store
        self._notebook = notebook
        self._index = index

    async def recall(self, text: str, scopes: Sequence[str], *, patience: float) -> Recall:
        """Everything that may matter, best first. *patience*: seconds that the meaning gets."""
        async with asyncio.TaskGroup() as tasks:
            by_words = tasks.create_task(self._store.search(text, scopes, _DEPTH))
            by_meaning = tasks.create_task(self._by_meaning(text, scopes, patience))
        meant, degraded = by_meaning.result()
        memories = await self._ranked(text, by_words.result(), meant, scopes)
        return Recall(tuple(memories), degraded)

    async def _by_meaning(
        self, text: str, scopes: Sequence[str], patience: float
    ) -> tuple[Sequence[int], str]:
        try:
            async with asyncio.timeout(patience):
                return await self._index.nearest(text, scopes, _DEPTH), ""
        except Away as why:
            return [], str(why)
        except TimeoutError:
            return [], "the embedding model did not answer in time"

    async def _ranked(
        self, text: str, worded: Sequence[int], meant: Sequence[int], scopes: Sequence[str]
    ) -> list[Remembered]:
        # Read with its scope once more: whatever an index says, nobody else's memory is shown.
        found = await self._notebook.get(dict.fromkeys((*worded, *meant)), scopes)
        wanted = names(text)
        named = {memory.id for memory in found if wanted & names(memory.text)}
        ranks = fused([worded, meant, [each for each in worded if each in named]])
        return sorted(found, key=lambda memory: -ranks[memory.id] * _liked(memory))


def fused(rankings: Iterable[Sequence[int]]) -> Mapping[int, float]:
    """Reciprocal rank fusion: what any ranking has near its top, and more what several have."""
    ranks: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for place, memory in enumerate(ranking, 1):
            ranks[memory] += 1 / (_DAMPING + place)
    return ranks


def _liked(memory: Remembered) -> float:
    return 1 + _LIKING * max(-3, min(memory.score, 3))
