"""Texts as vectors, by an embedding model on Ollama (https://docs.ollama.com/api/embed)."""

import asyncio
import math
from collections.abc import Sequence
from http import HTTPStatus

import ollama

from agent.models.client import Client
from agent.models.errors import explained
from bot.ports import ModelError

Vector = Sequence[float]
LONGEST = 2_000
"""Characters of a text that count: embedding models read a few hundred words."""
_PREFIXES = {
    # https://huggingface.co/nomic-ai/nomic-embed-text-v1.5: the task goes before the text.
    "nomic-embed-text": ("search_document: ", "search_query: "),
    # https://huggingface.co/mixedbread-ai/mxbai-embed-large-v1: only queries are marked.
    "mxbai-embed-large": ("", "Represent this sentence for searching relevant passages: "),
}
"""Model → what goes before a text that is kept, and before one that is looked for."""


class Embedder:
    """Its ModelErrors say why only words can be looked for."""

    def __init__(
        self, urls: Sequence[str], model: str, *, api_key: str = "", patience: float = 60.0
    ) -> None:
        """*urls*: of several servers the one that answered last is asked first.
        *patience*: seconds a batch may take on each; loading the model counts."""
        self.model = model
        self._clients = {url: Client(url, api_key) for url in urls}
        self._patience = patience
        family = model.partition(":")[0].rpartition("/")[2]
        self._document, self._query = _PREFIXES.get(family, ("", ""))

    async def documents(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One vector for each text, all of one dimension. Raises ModelError."""
        return await self._embed([self._document + text[:LONGEST] for text in texts])

    async def query(self, text: str) -> Vector:
        """Raises ModelError."""
        [vector] = await self._embed([self._query + text[:LONGEST]])
        return vector

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()

    async def _embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        failures: list[ModelError] = []
        for url, client in list(self._clients.items()):
            try:
                vectors = await self._asked(url, client, texts)
            except ModelError as error:
                failures.append(error)
                continue
            if failures:
                self._clients = {url: client} | self._clients
            return vectors
        raise failures[0]

    async def _asked(self, url: str, client: Client, texts: Sequence[str]) -> Sequence[Vector]:
        with explained(url):
            async with asyncio.timeout(self._patience):
                answer = await self._answer(client, texts)
        vectors = answer.embeddings
        sizes = {len(vector) for vector in vectors}
        sound = all(math.isfinite(x) for vector in vectors for x in vector)
        if len(vectors) != len(texts) or len(sizes) != 1 or 0 in sizes or not sound:
            raise ModelError(
                f"{self.model} gave {len(vectors)} vectors of {sorted(sizes)} numbers for"
                f" {len(texts)} texts: is it an embedding model?"
            )
        return vectors

    async def _answer(self, client: Client, texts: Sequence[str]) -> ollama.EmbedResponse:
        try:
            return await client.embed(model=self.model, input=list(texts))
        except ollama.ResponseError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                raise ModelError(
                    f"The embedding model {self.model!r} is not installed."
                    f" Install it with: ollama pull {self.model}"
                ) from error
            raise
