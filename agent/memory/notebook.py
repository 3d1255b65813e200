"""Memories as rows: the truth that the vector index is made from."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from time import time

from agent.memory.sameness import same
from bot.memory import BadMemory, Kind, NewMemory, Remembered, Standpoint, Status, Stored
from bot.ports import Row, Store
from bot.verdict import Trust

COLUMNS = ", ".join(field.name for field in fields(Remembered))
_ALIVE = "status = 'active' AND (expires IS NULL OR expires > {now})"
_DISLIKED = -3
"""Score from which on a memory is no longer used unasked."""


class Notebook:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, new: NewMemory, at: Standpoint) -> Stored:
        """Durable when it returns. What says the same as another one of its scope is not added.

        Raises BadMemory when what it replaces is not there or must not be replaced by it."""
        scope = at.key(new.scope)
        if new.replaces:
            await self._may_replace(new, scope)
        elif known := await self._twin(new, scope):
            return Stored(known, known=True)
        origin = new.origin or f"{at.user.key} {new.run} {time():.6f} {new.text[:40]}"
        async with self._store.transaction() as query:
            rows = await query(
                "INSERT INTO memories (text, kind, scope, trust, status, thread, run, person,"
                " created, expires, replaces, origin)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {now}, $9, $10, $11)"
                f" ON CONFLICT (origin) DO NOTHING RETURNING {COLUMNS}",
                new.text, new.kind, scope, new.trust, "review" if new.review else "active",
                str(at.thread), new.run, at.user.key, new.expires, new.replaces, origin,
            )  # fmt: skip
            if rows and not new.review:
                query.later(_SUPERSEDE, remembered(rows[0]).id)
            if rows:
                return Stored(remembered(rows[0]))
            rows = await query(f"SELECT {COLUMNS} FROM memories WHERE origin = $1", origin)
        return Stored(remembered(rows[0]), known=True)

    async def _may_replace(self, new: NewMemory, scope: str) -> None:
        found = await self.get([new.replaces], [scope])
        if not found:
            raise BadMemory(f"there is no memory {new.replaces} in this scope to replace")
        if new.trust is Trust.EXTERNAL and found[0].trust is not Trust.EXTERNAL:
            raise BadMemory(
                f"memory {new.replaces} cannot be replaced after outsiders' words were read;"
                " ask for it in a new conversation"
            )

    async def _twin(self, new: NewMemory, scope: str) -> Remembered | None:
        """A memory of the scope that says the same and may be trusted as much."""
        near = await self.get(await self._store.search(new.text, [scope], 8), [scope])
        return next(
            (each for each in near if same(each.text, new.text) and _at_least(each, new.trust)),
            None,
        )

    async def get(self, ids: Iterable[int], scopes: Sequence[str]) -> list[Remembered]:
        """Those that are alive and in *scopes*, in the order of *ids*."""
        wanted = list(ids)
        if not wanted or not scopes:
            return []
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM memories WHERE id IN ({numbers(wanted)})"
            f" AND scope IN ({_places(scopes, 1)}) AND {_ALIVE}",
            *scopes,
        )
        found = {memory.id: memory for memory in map(remembered, rows)}
        return [found[each] for each in wanted if each in found]

    async def again(self, ids: Sequence[int]) -> list[Remembered]:
        """Those of *ids* that were not forgotten since, whatever else became of them."""
        if not ids:
            return []
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM memories WHERE id IN ({numbers(ids)}) AND text <> ''"
        )
        found = {memory.id: memory for memory in map(remembered, rows)}
        return [found[each] for each in ids if each in found]

    async def newest(
        self,
        scopes: Sequence[str],
        *,
        status: Status = "active",
        kind: Kind | None,
        limit: int,
        before: int = 0,
    ) -> list[Remembered]:
        """*before*: a number they are all below; 0 for the newest of all."""
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM memories WHERE scope IN ({_places(scopes, 5)})"
            " AND status = $1 AND ($2 = '' OR kind = $2) AND ($4 = 0 OR id < $4)"
            " AND (expires IS NULL OR expires > {now}) ORDER BY id DESC LIMIT $3",
            status, kind or "", limit, before, *scopes,
        )  # fmt: skip
        return list(map(remembered, rows))

    async def any(self) -> bool:
        return bool(await self._store.read(f"SELECT 1 FROM memories WHERE {_ALIVE} LIMIT 1"))

    async def forget(self, ids: Sequence[int]) -> None:
        """The words go at once, the vector when the index is next brought up to date."""
        async with self._store.transaction() as query:
            query.later(
                "UPDATE memories SET status = 'forgotten', text = '', person = ''"
                f" WHERE id IN ({numbers(ids)})"
            )
            query.later("DELETE FROM memories WHERE status = 'forgotten' AND indexed = ''")

    async def accept(self, memory: int) -> None:
        """It was waiting for a person; what it replaces goes now."""
        async with self._store.transaction() as query:
            query.later("UPDATE memories SET status = 'active' WHERE id = $1", memory)
            query.later(_SUPERSEDE, memory)

    async def reject(self, memory: int) -> None:
        await self._store.write("UPDATE memories SET status = 'rejected' WHERE id = $1", memory)

    async def waiting(self, memory: int, scopes: Sequence[str]) -> Remembered | None:
        """The memory of this number, if it waits for a person."""
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM memories WHERE id = $1 AND status = 'review'"
            f" AND scope IN ({_places(scopes, 2)})",
            memory, *scopes,
        )  # fmt: skip
        return remembered(rows[0]) if rows else None

    async def used(self, ids: Sequence[int]) -> None:
        if ids:
            await self._store.write(
                f"UPDATE memories SET used = used + 1 WHERE id IN ({numbers(ids)})"
            )

    async def history(self, memory: Remembered) -> list[Remembered]:
        """What it replaced, and what that had replaced, newest first."""
        found: list[Remembered] = []
        while memory.replaces and (older := await self.again([memory.replaces])):
            memory = older[0]
            found.append(memory)
        return found

    async def judge(self, run: str, person: str, ids: Sequence[int], *, good: bool) -> None:
        """A person's last word on a run's answer counts, for each memory it was given."""
        async with self._store.transaction() as query:
            before = await query(
                "SELECT good FROM feedback WHERE run = $1 AND person = $2", run, person
            )
            await query(
                "INSERT INTO feedback VALUES ($1, $2, $3, {now}) ON CONFLICT (run, person)"
                " DO UPDATE SET good = excluded.good, at = excluded.at",
                run, person, int(good),
            )  # fmt: skip
            change = _worth(good) - (_worth(before[0][0]) if before else 0)
            if ids and change:
                query.later(
                    f"UPDATE memories SET score = score + $1 WHERE id IN ({numbers(ids)})", change
                )


_SUPERSEDE = (
    "UPDATE memories SET status = 'superseded'"
    " WHERE id = (SELECT replaces FROM memories WHERE id = $1) AND status = 'active'"
)


def unasked(memory: Remembered) -> bool:
    """Whether a model may be told of it without asking for it."""
    return memory.trust is not Trust.EXTERNAL and memory.score > _DISLIKED


def _worth(good: object) -> int:
    return 1 if good else -1


def _at_least(memory: Remembered, trust: Trust) -> bool:
    return memory.trust is not Trust.EXTERNAL or trust is Trust.EXTERNAL


def remembered(row: Row) -> Remembered:
    identity, text, kind, scope, trust, *rest = row
    return Remembered(identity, text, kind, scope, Trust(trust), *rest)


def numbers(ids: Sequence[int]) -> str:
    return ", ".join(str(int(each)) for each in ids)


def _places(values: Sequence[str], first: int) -> str:
    return ", ".join(f"${n}" for n in range(first, first + len(values)))
