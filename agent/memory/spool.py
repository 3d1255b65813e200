"""What the vector index has yet to hear: said by the rows themselves, so a crash loses nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.memory.notebook import numbers
from bot.ports import Store


@dataclass(frozen=True, slots=True)
class Due:
    """A memory that the vector index does not hold as it is, or holds although it is gone."""

    id: int
    text: str
    scope: str
    alive: bool
    indexed: str
    """The index that holds it; empty when none does."""


class Spool:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def due(self, index: str, limit: int) -> list[Due]:
        """What is to be done for *index* to hold what it should, oldest first."""
        rows = await self._store.read(
            "SELECT id, text, scope, status = 'active', indexed FROM memories"
            " WHERE (status = 'active' AND (indexed < $1 OR indexed > $1))"
            " OR (status <> 'active' AND indexed > '') ORDER BY id LIMIT $2",
            index, limit,
        )  # fmt: skip
        return [Due(each, text, scope, bool(ok), held) for each, text, scope, ok, held in rows]

    async def indexed(self, ids: Sequence[int], index: str) -> None:
        """*index* holds these now; empty: none does."""
        if not ids:
            return
        async with self._store.transaction() as query:
            query.later(f"UPDATE memories SET indexed = $1 WHERE id IN ({numbers(ids)})", index)
            query.later("DELETE FROM memories WHERE status = 'forgotten' AND indexed = ''")

    async def coverage(self, index: str) -> tuple[int, int]:
        """How many of the active memories *index* holds, and how many there are."""
        [(held, there)] = await self._store.read(
            "SELECT COALESCE(SUM(CASE WHEN indexed = $1 THEN 1 ELSE 0 END), 0), COUNT(*)"
            " FROM memories WHERE status = 'active'",
            index,
        )
        return held, there

    async def lost(self, index: str) -> None:
        """*index* turned out to hold less than it should: make it anew."""
        await self._store.write("UPDATE memories SET indexed = '' WHERE indexed = $1", index)

    async def indexes(self) -> list[tuple[str, int]]:
        """Each index with how many memories it holds; ``none`` with those that wait for one."""
        rows = await self._store.read(
            "SELECT indexed, COUNT(*) FROM memories WHERE status = 'active'"
            " GROUP BY indexed ORDER BY indexed"
        )
        return [(name or "none", count) for name, count in rows]

    async def filled(self, scopes: Sequence[str]) -> list[str]:
        """Those of *scopes* that something is remembered in."""
        sql = "SELECT 1 FROM memories WHERE scope = $1 AND status = 'active' LIMIT 1"
        return [scope for scope in scopes if await self._store.read(sql, scope)]

    async def any(self) -> bool:
        """Whether anything is remembered at all."""
        return bool(
            await self._store.read("SELECT 1 FROM memories WHERE status = 'active' LIMIT 1")
        )
