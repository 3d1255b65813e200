"""Memories out of the store and into another one."""

from collections.abc import AsyncIterator, Sequence

from agent.memory.notebook import COLUMNS, remembered
from bot.ids import new_id
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
    there = {_key(memory): memory.id async for memory in everything(store)}
    given: dict[int, int] = {}
    added = 0
    async with store.transaction() as query:
        for memory in memories:
            key = _key(memory)
            if key not in there:
                [(there[key],)] = await query(
                    "INSERT INTO memories (text, kind, scope, trust, status, thread, run, person,"
                    " created, expires, used, score, replaces, origin) VALUES"
                    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
                    memory.text, memory.kind, memory.scope, memory.trust, memory.status,
                    memory.thread, memory.run, memory.person, memory.created, memory.expires,
                    memory.used, memory.score, given.get(memory.replaces, 0),
                    f"imported {new_id()}",
                )  # fmt: skip
                added += 1
            given[memory.id] = there[key]
    return added


def _key(memory: Remembered) -> tuple[str, ...]:
    """What makes two memories the same one."""
    return memory.text, memory.scope, memory.person, memory.status
