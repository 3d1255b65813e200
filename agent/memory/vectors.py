"""The vector index: Chroma, embedded or on a server. Everything here blocks.

It holds ids, vectors and scopes, no text: the rows are the truth, and the index can be thrown away.
A scope has its place in one of a few collections. One collection for each scope would cost four
open files and 3 MB each; a single one for all would have to be filtered by scope, which takes
130 ms at 100,000 vectors, where the nearest without a filter take 2 ms (Chroma 1.5.9). For the same
reason an id names its scope: to look up metadata takes longer than to find what is near.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent.memory.embedder import Vector

_GLOBAL = "global"
_SHELVES = 16
"""Collections for the scopes that are not global, which has one of its own."""
_AMONG = 300
"""How many of a shelf's nearest are looked at before a filter is worth its time."""
_GRAPH = {"max_neighbors": 64, "ef_construction": 200, "ef_search": 200}
"""With Chroma's own 16, 100, 100, texts that are all about equally near each other lose their
connections: of 134 such texts 82 did not find themselves; with these numbers, 2."""
_PATIENCE = 30.0
"""Seconds a server may take to answer."""
_FORM = "memory scope"
"""What an id is made of: another form is another index, and everything is indexed anew."""
_FAR = 0.8
"""Cosine distance from which on two texts have nothing to do with each other."""


class Vectors:
    """One index: of one embedding model and one dimension. Raises chromadb's errors."""

    def __init__(self, client: Any, model: str, dimension: int) -> None:
        self._client = client
        self.name = f"{model}/{dimension}"
        self.dimension = dimension
        self._prefix = f"memories-{_hashed(f'{self.name} {_FORM}')[:12]}"
        self._shelves: dict[str, Any] = {}

    def upsert(self, items: Sequence[tuple[int, str, Vector]]) -> None:
        """(memory, scope, vector) each."""
        for shelf, part in self._sorted(items).items():
            self._shelf(shelf).upsert(
                ids=[_id(memory, scope) for memory, scope, _ in part],
                embeddings=[vector for _, _, vector in part],
                metadatas=[{"scope": scope} for _, scope, _ in part],
            )

    def delete(self, items: Sequence[tuple[int, str]]) -> None:
        """(memory, scope) each; it does not matter whether they are there."""
        for memory, scope in items:
            self._shelf(_place(scope)).delete(ids=[_id(memory, scope)])

    def nearest(self, vector: Vector, scopes: Sequence[str], limit: int) -> list[int]:
        """Memories of *scopes*, nearest first."""
        found: list[tuple[float, int]] = []
        for shelf in {_place(scope) for scope in scopes}:
            mine = [scope for scope in scopes if _place(scope) == shelf]
            among = _AMONG if shelf != _GLOBAL else limit
            found += _nearest(self._shelf(shelf), vector, mine, limit, among)
        return [memory for _, memory in sorted(found)[:limit]]

    def count(self) -> int:
        return sum(self._shelf(shelf).count() for shelf in _ALL)

    def drop_others(self) -> None:
        """Delete the indexes of other models: all their memories are in this one now."""
        for collection in self._client.list_collections():
            name = collection.name
            if name.startswith("memories-") and not name.startswith(self._prefix):
                self._client.delete_collection(name)

    def _shelf(self, name: str) -> Any:
        if name not in self._shelves:
            self._shelves[name] = self._client.get_or_create_collection(
                f"{self._prefix}-{name}",
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", **_GRAPH}},
                metadata={"index": self.name},
            )
        return self._shelves[name]

    def _sorted(
        self, items: Sequence[tuple[int, str, Vector]]
    ) -> Mapping[str, list[tuple[int, str, Vector]]]:
        parts: dict[str, list[tuple[int, str, Vector]]] = {}
        for item in items:
            parts.setdefault(_place(item[1]), []).append(item)
        return parts


_ALL = (_GLOBAL, *(f"{number:02}" for number in range(_SHELVES)))


def connect(directory: Path, url: str) -> Any:
    """A client of the server at *url*, or else of the files in *directory*.

    Takes seconds the first time: the library is imported here."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not url:
        return chromadb.PersistentClient(str(directory), settings=settings)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    client = chromadb.HttpClient(
        parts.hostname or "", port, ssl=parts.scheme == "https", settings=settings
    )
    for session in _sessions(client):
        session.timeout = _PATIENCE
    return client


def disconnect(client: Any) -> None:
    for session in _sessions(client):
        session.close()
    client.close()


def _sessions(client: Any) -> list[Any]:
    """Its HTTP connections, if it is one of a server: Chroma gives them no time-out, and leaves
    them open when it is closed (1.5.9)."""
    servers = (client._server, client._admin_client._server)  # noqa: SLF001 - there is no other way
    return [server._session for server in servers if hasattr(server, "_session")]  # noqa: SLF001 - as above


def failures() -> tuple[type[Exception], ...]:
    """What Chroma raises when it is away or broken."""
    import httpx
    from chromadb.errors import ChromaError

    return ChromaError, httpx.HTTPError, OSError, ValueError, RuntimeError


def _nearest(
    shelf: Any, vector: Vector, scopes: Sequence[str], limit: int, among: int
) -> list[tuple[float, int]]:
    """(distance, memory) of up to *limit*, looked for among so many before there is a filter."""
    answer = _query(shelf, vector, among)
    found = [(far, memory) for far, memory, scope in answer if scope in scopes][:limit]
    if len(found) < limit and len(answer) == among:
        answer = _query(shelf, vector, limit, {"scope": {"$in": list(scopes)}})
        found = [(far, memory) for far, memory, _ in answer]
    return [each for each in found if each[0] < _FAR]


def _query(
    shelf: Any, vector: Vector, limit: int, where: Mapping[str, Any] | None = None
) -> list[tuple[float, int, str]]:
    """(distance, memory, scope), nearest first."""
    answer = shelf.query(
        query_embeddings=[vector], n_results=limit, where=where, include=["distances"]
    )
    [ids], [far] = answer["ids"], answer["distances"]
    named = (identity.split(" ", 1) for identity in ids)
    return [
        (distance, int(memory), scope) for (memory, scope), distance in zip(named, far, strict=True)
    ]


def _id(memory: int, scope: str) -> str:
    return f"{memory} {scope}"


def _place(scope: str) -> str:
    return scope if scope == _GLOBAL else f"{int(_hashed(scope)[:8], 16) % _SHELVES:02}"


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
