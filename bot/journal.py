"""The log of every run: who may append, and in which order it all happened.

A log's owner writes with its fence; anybody else writes only signals, in a transaction that locks
the run's row first. So inside a log the order of transactions is the order of sequence numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time_ns

from bot.audit import GENESIS, link
from bot.chat import ThreadRef
from bot.codec import decode, encode
from bot.events import Event, Noted
from bot.ports import Query, Row, Statement, Store
from bot.recorded import Recorded

COLUMNS = "e.position, e.log_id, e.seq, e.kind, e.data, e.at"
PROCESS = "process"
"""The log of what belongs to no run."""
_INSERT = "INSERT INTO events (log_id, seq, kind, data, at, hash)"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: the seq and hash of its last event."""

    seq: int = -1
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the form it is stored in."""

    seq: int
    kind: str
    data: str
    at: int
    hash: bytes


def entries(head: Head, events: Sequence[Event]) -> list[Entry]:
    """The next entries of a log that ends in *head*."""
    made: list[Entry] = []
    at = time_ns() // 1000
    for event in events:
        kind, data = event.kind, encode(event)
        head = Head(head.seq + 1, link(head.hash, kind, data, at))
        made.append(Entry(head.seq, kind, data, at, head.hash))
    return made


def recorded(row: Row, thread: ThreadRef | None) -> Recorded:
    """From a row of COLUMNS."""
    position, log, seq, kind, data, at = row[:6]
    return Recorded(position, log, seq, at, thread, decode(kind, data))


async def load(store: Store, log: str, thread: ThreadRef | None) -> list[Recorded]:
    sql = f"SELECT {COLUMNS} FROM events e WHERE e.log_id = $1 ORDER BY e.seq"
    return [recorded(row, thread) for row in await store.read(sql, log)]


async def head(query: Query, log: str) -> Head:
    """The end of *log*, read inside a transaction that holds its lock."""
    rows = await query(
        "SELECT seq, hash FROM events WHERE log_id = $1 ORDER BY seq DESC LIMIT 1", log
    )
    return Head(*rows[0]) if rows else Head()


def insert(query: Query, log: str, made: Sequence[Entry]) -> None:
    """Write entries inside a transaction that holds the log's lock."""
    for entry in made:
        query.later(
            f"{_INSERT} VALUES ($1, $2, $3, $4, $5, $6)",
            log, entry.seq, entry.kind, entry.data, entry.at, entry.hash,
        )  # fmt: skip


async def insert_owned(
    store: Store,
    owned: tuple[str, str, int],
    made: Sequence[Entry],
    then: Sequence[Statement] = (),
) -> int:
    """Write entries in one statement if (run, owner, fence) still hold; the last one's position.

    *then*: what is written with them.

    Returns 0 when the run belongs to somebody else. Raises UniqueViolation when a seq is taken."""
    values = [value for e in made for value in (e.seq, e.kind, e.data, e.at, e.hash)]
    rows = await store.write(_owned_insert(len(made)), *owned, *values, then=then)
    return rows[-1][0] if rows else 0


def _owned_insert(count: int) -> str:
    rows = ", ".join(
        f"(CAST(${n} AS BIGINT), CAST(${n + 1} AS TEXT), CAST(${n + 2} AS TEXT),"
        f" CAST(${n + 3} AS BIGINT), CAST(${n + 4} AS {{bytes}}))"
        for n in range(4, 4 + 5 * count, 5)
    )
    return (
        f"{_INSERT} SELECT run.id, v.column1, v.column2, v.column3, v.column4, v.column5"
        " FROM (SELECT id FROM runs WHERE id = $1 AND owner = $2 AND fence = $3 {lock}) AS run,"
        f" (VALUES {rows}) AS v RETURNING position"
    )


async def sign(query: Query, run: str, *signals: Event) -> None:
    """Append signals to a run that the transaction has locked, and wake it."""
    insert(query, run, entries(await head(query, run), signals))
    query.later(
        "UPDATE runs SET wake = wake + 1,"
        " status = CASE WHEN status = 'waiting' THEN 'ready' ELSE status END WHERE id = $1",
        run,
    )


class ProcessLog:
    """Facts that belong to no run: logins, refusals, changes of roles."""

    def __init__(self, store: Store, ring: Callable[[], None]) -> None:
        self._store = store
        self._ring = ring

    async def note(self, noted: Noted) -> None:
        async def act(query: Query) -> None:
            # The upsert is the lock that a run's row is for a run.
            await query(
                "INSERT INTO locks VALUES ($1, '', 0, 0)"
                " ON CONFLICT (name) DO UPDATE SET owner = ''",
                f"log:{PROCESS}",
            )
            insert(query, PROCESS, entries(await head(query, PROCESS), [noted]))

        await self._store.atomically(act)
        self._ring()
