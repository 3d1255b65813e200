"""Memories out of the store and into another one."""

from collections.abc import AsyncIterator, Sequence

from agent.memory.notebook import COLUMNS, remembered
from bot.memory import Remembered
from bot.ports import Store

_PAGE = 500


async def everything(store: Store) -> AsyncIterator[Remembered]:
    """All memories with their history, oldest first; the forgotten ones are gone."""
    last = 0
    while rows := await store.read(
        f"SELECT {COLUMNS} FROM memories WHERE id > $1 AND status <> 'forgotten'"
        " ORDER BY id LIMIT $2",
        last, _PAGE,
    ):  # fmt: skip
        for row in rows:
            yield remembered(row)
        last = rows[-1][0]


async def take_in(store: Store, memories: Sequence[Remembered]) -> int:
    """Add what is not there yet, all or none; how many that were. Numbers are given anew, and what
    replaced what stays so."""
    given: dict[int, int] = {}
    added = 0
    async with store.transaction() as query:
        for memory in memories:
            origin = f"imported {memory.person} {memory.created} {memory.scope} {memory.text}"
            rows = await query(
                "SELECT id FROM memories WHERE text = $1 AND scope = $2 AND person = $3"
                " AND status = $4",
                memory.text, memory.scope, memory.person, memory.status,
            )  # fmt: skip
            if not rows:
                rows = await query(
                    "INSERT INTO memories (text, kind, scope, trust, status, thread, run, person,"
                    " created, expires, used, score, replaces, origin) VALUES"
                    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                    " ON CONFLICT (origin) DO NOTHING RETURNING id",
                    memory.text, memory.kind, memory.scope, memory.trust, memory.status,
                    memory.thread, memory.run, memory.person, memory.created, memory.expires,
                    memory.used, memory.score, given.get(memory.replaces, 0), origin,
                )  # fmt: skip
                added += len(rows)
            if rows:
                given[memory.id] = rows[0][0]
    return added
