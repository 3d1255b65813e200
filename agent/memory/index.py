"""Keeps the vector index what the rows say it should be, and asks it for what is near.

Rows that it does not hold yet are the spool: nothing is lost when the index, or the model that
makes the vectors, is away or dies half-way."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import structlog

from agent.memory.embedder import Embedder
from agent.memory.spool import Due, Spool
from agent.memory.vectors import Vectors, connect, disconnect, failures
from bot.blocking import run_blocking
from bot.ports import ModelError
from bot.tool import ToolError

log = structlog.get_logger()
T = TypeVar("T")
_BATCH = 128
_POOL = "chroma"
_TELL_EVERY = 1_000


class Away(Exception):
    """The index cannot be used now. The text says why, for people."""


class Index:
    def __init__(
        self,
        spool: Spool,
        embedder: Embedder,
        directory: Path,
        url: str = "",
        *,
        retry: float = 30.0,
    ) -> None:
        """*directory*: of the embedded Chroma, used when there is no *url*. *retry*: seconds."""
        self._spool = spool
        self._embedder = embedder
        self._directory = directory
        self._url = url
        self._retry = retry
        self._vectors: Vectors | None = None
        self._client: Any = None
        self._due = asyncio.Event()
        self.trouble = ""
        """Why it is behind or away; empty when all is well or it was never needed."""

    @property
    def name(self) -> str:
        """Model and dimension; empty until it was opened."""
        return self._vectors.name if self._vectors else ""

    def wake(self) -> None:
        """There is something to index, or somebody wants to recall."""
        self._due.set()

    async def serve(self) -> None:
        """Catch up whenever woken, and every *retry* seconds while something is wrong."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._retry if self.trouble else None):
                    await self._due.wait()
            self._due.clear()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Bring the index up to date, as far as that goes now; :attr:`trouble` says how it went."""
        if not self._vectors and not await self._spool.any():
            return
        try:
            vectors = self._vectors or await self._open()
            done = 0
            while due := await self._spool.due(vectors.name, _BATCH):
                await self._bring(vectors, due)
                done += len(due)
                if done % _TELL_EVERY < _BATCH and len(due) == _BATCH:
                    held, there = await self._spool.coverage(vectors.name)
                    log.info("memories indexed", index=vectors.name, done=held, of=there)
            if done:
                await self._blocking(vectors.drop_others)
            trouble = ""
        except (ModelError, Away) as error:
            trouble = str(error)
        if trouble != self.trouble:
            log.warning("memory index", trouble=trouble or "none any more")
        self.trouble = trouble

    async def nearest(self, text: str, scopes: Sequence[str], limit: int) -> list[int]:
        """Memories of *scopes* that mean something like *text*, nearest first. Raises Away."""
        if not self._vectors:
            self.wake()
            raise Away(self.trouble or "the index of meanings is being opened")
        try:
            vector = await self._embedder.query(text)
            # A scope that holds nothing would cost two searches to find that out.
            filled = await self._spool.filled(scopes)
            return await self._blocking(self._checked(vector).nearest, vector, filled, limit)
        except ModelError as error:
            raise Away(str(error)) from error

    async def close(self) -> None:
        if self._client is not None:
            with suppress(Away):
                await self._blocking(disconnect, self._client)
        await self._embedder.close()

    async def _open(self) -> Vectors:
        """Find out which index is meant: that of the model and its dimension now."""
        dimension = len(await self._embedder.query("dimension"))
        self._client = self._client or await self._blocking(connect, self._directory, self._url)
        vectors = Vectors(self._client, self._embedder.model, dimension)
        held, there = await self._spool.coverage(vectors.name)
        if await self._blocking(vectors.count) < held:
            log.warning("the index holds less than it should; making it anew", index=vectors.name)
            await self._spool.lost(vectors.name)
        elif held < there:
            log.info("memories to index", index=vectors.name, of=there, missing=there - held)
        self._vectors = vectors
        return vectors

    async def _bring(self, vectors: Vectors, due: Sequence[Due]) -> None:
        alive = [each for each in due if each.alive]
        gone = [each for each in due if not each.alive]
        if alive:
            made = await self._embedder.documents([each.text for each in alive])
            self._checked(made[0])
            items = [(e.id, e.scope, vector) for e, vector in zip(alive, made, strict=True)]
            await self._blocking(vectors.upsert, items)
            await self._spool.indexed([each.id for each in alive], vectors.name)
        if gone:
            await self._blocking(vectors.delete, [(each.id, each.scope) for each in gone])
            await self._spool.indexed([each.id for each in gone], "")

    def _checked(self, vector: Sequence[float]) -> Vectors:
        """The index, if it is of this dimension; else it is another model's, and opened afresh."""
        vectors = self._vectors
        if vectors is None or vectors.dimension != len(vector):
            self._vectors = None
            self.wake()
            raise Away(f"{self._embedder.model} makes vectors of {len(vector)} numbers now")
        return vectors

    async def _blocking(self, work: Callable[..., T], *args: object) -> T:
        """*work* in Chroma's threads. Raises Away."""
        try:
            return await run_blocking(_POOL, _explained, work, *args)
        except ToolError as full:
            raise Away(str(full)) from full


def _explained(work: Callable[..., T], *args: object) -> T:
    try:
        return work(*args)
    except failures() as error:
        what = (str(error) or type(error).__name__).splitlines()[0]
        raise Away(f"Chroma: {what}") from error
