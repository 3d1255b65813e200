"""A claimed run: its log in memory, and the right to append to it while the fence holds."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from bot.agents import Agent, Message
from bot.chat import Role, ThreadRef, User
from bot.events import ENDS, SIGNALS, ApprovalRequested, Event, ToolStarted
from bot.journal import COLUMNS, Entry, Head, entries, insert, insert_owned, recorded
from bot.ledger import Ledger
from bot.pictures import Sight
from bot.ports import Query, Row, Statement, Store, UniqueViolation
from bot.recorded import Recorded
from bot.tool import Risk
from bot.usage import spent

_RUNS_SHOWN = 40
"""Earlier runs of the thread that the agent is given; more than fits a model's context."""
_TAIL = f"SELECT {COLUMNS}, e.hash FROM events e WHERE e.log_id = $1 AND e.seq > $2 ORDER BY e.seq"
T = TypeVar("T")
Read = Callable[..., Awaitable[Sequence[Row]]]
"""Runs a statement: of the store, or inside a transaction."""
Tell = Callable[[Sequence[Recorded]], None]
"""Called after a commit: with events that have their positions, or with none."""


class Lost(Exception):
    """Somebody else owns the run now: stop working on it."""


class Overtaken(Exception):
    """A signal came first and nothing was written: decide again."""


class _Behind(Exception):
    """There is news that the run has not folded."""

    def __init__(self, news: "_News") -> None:
        super().__init__()
        self.news = news


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write a run's log."""

    run: str
    thread: ThreadRef
    agent: str
    owner: str
    fence: int
    wake: int


@dataclass(slots=True)
class Turn:
    """A transaction of the owner: *query* for other rows, :meth:`add` for events."""

    query: Query
    run: "Run"
    made: list[Entry]
    events: list[Event]

    @property
    def next_seq(self) -> int:
        return self.run.head.seq + len(self.made) + 1

    def add(self, *events: Event) -> None:
        head = Head(self.made[-1].seq, self.made[-1].hash) if self.made else self.run.head
        made = entries(head, events)
        insert(self.query, self.run.id, made)
        self.made += made
        self.events += events


@dataclass(frozen=True, slots=True)
class _News:
    """The run's wake, and the rows of its log that are not folded yet."""

    wake: int
    tail: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Told:
    """What the run's model is told from memory."""

    ids: tuple[str, ...]
    messages: tuple[Message, ...]


class Run:
    def __init__(self, claim: Claim, store: Store, agent: Agent, tell: Tell) -> None:
        self.id = claim.run
        self.thread = claim.thread
        self.agent = agent
        self.ledger = Ledger(claim.run)
        self.head = Head()
        self.state: Any = None
        self.deadline = 0.0
        """``time.monotonic()`` until which the lease holds for certain."""
        self.role = Role.NOBODY
        """The requester's, as resolved last."""
        self.told: Told | None = None
        """None before the first question."""
        self.sight: Sight = {}
        self._claim = claim
        self.wake = claim.wake
        self._store = store
        self._tell = tell
        self._lock = asyncio.Lock()

    @property
    def user(self) -> User:
        assert self.ledger.started
        return self.ledger.started.user

    @property
    def owned(self) -> tuple[str, str, int]:
        return self.id, self._claim.owner, self._claim.fence

    def still_mine(self) -> None:
        """Raises Lost when the lease may have ended: somebody else may be about to act."""
        if monotonic() >= self.deadline:
            raise Lost

    async def load(self) -> Sequence[Recorded]:
        """Read the run's log and fold it; returns it."""
        async with self._lock:
            rows = await self._store.read(_TAIL, self.id, -1)
            log = [self._recorded(row) for row in rows]
            transcript = [*await self._earlier(), *log]
            for item in transcript:
                self.ledger.fold(item)
            self.head = Head(rows[-1][2], rows[-1][6])
            self.state = self.agent.begin(transcript, self.id)
            return log

    async def append(self, *events: Event) -> None:
        """Write events in one statement; nothing may happen on their strength before it returns.

        Raises Lost, and Overtaken when a signal came first and these events end the run or begin
        a change: then nothing was written. Whoever cancels the caller does not stop the write, so
        what is in memory stays what is in the log."""
        await asyncio.shield(self._append(events, self.head.seq))

    async def _append(self, events: Sequence[Event], basis: int) -> None:
        async with self._lock:
            if self.head.seq != basis and any(map(_needs_thought, events)):
                raise Overtaken
            made = entries(self.head, events)
            used = spent(self.id, self.user.key, events)
            while not (last := await self._insert(made, used)):
                self._learn(await self._news(self._store.read))
                if any(map(_needs_thought, events)):
                    raise Overtaken
                made = entries(self.head, events)
            items = self._fold(made, events, last - len(made) + 1)
        self._tell(items)

    async def _insert(self, made: Sequence[Entry], used: Sequence[Statement]) -> int:
        """The last one's position; 0 when a seq is taken."""
        try:
            position = await insert_owned(self._store, self.owned, made, used)
        except UniqueViolation:
            return 0
        if not position:
            raise Lost
        return position

    async def turn(self, work: Callable[[Turn], Coroutine[Any, Any, T]]) -> T:
        """Do *work* in a transaction that holds the run's row; as :meth:`Store.atomically` says.

        Raises Lost; Overtaken when there are signals that were not folded when it was called:
        they are now, and nothing was written. A cancelled caller does not stop it."""
        return await asyncio.shield(self._turn(work, self.head.seq))

    async def _turn(self, work: Callable[[Turn], Coroutine[Any, Any, T]], basis: int) -> T:
        async def act(query: Query) -> tuple[_News, Turn, T]:
            news = await self._news(query)
            if news.tail or self.head.seq != basis:
                raise _Behind(news)
            turn = Turn(query, self, [], [])
            return news, turn, await work(turn)

        async with self._lock:
            try:
                news, turn, result = await self._store.atomically(act)
            except _Behind as behind:
                self._learn(behind.news)
                raise Overtaken from None
            self._learn(news)
            self._fold(turn.made, turn.events, 0)
        self._tell(())
        return result

    async def catch_up(self) -> None:
        """Read and fold the signals that others wrote. Raises Lost."""
        async with self._lock:
            self._learn(await self._news(self._store.read))

    async def park(self, until: float | None = None) -> bool:
        """Let go of the run until a signal or *until* (epoch seconds). No task, only rows.

        Returns whether it is ready again at once, because a signal came meanwhile."""
        known = self.wake  # what is folded while waiting for the lock was not decided on
        async with self._lock:
            rows = await self._store.write(
                "UPDATE runs SET owner = NULL, claims = 0, wake_at = $4,"
                " status = CASE WHEN wake <> $5 THEN 'ready' ELSE 'waiting' END"
                " WHERE id = $1 AND owner = $2 AND fence = $3 RETURNING status",
                *self.owned, until, known,
            )  # fmt: skip
        if not rows:
            raise Lost
        return rows[0][0] == "ready"

    async def _news(self, read: Read) -> _News:
        """What others wrote. The lock is held.

        The wake is read before the log: a signal in between is read twice rather than missed."""
        rows = await read(
            "SELECT wake FROM runs WHERE id = $1 AND owner = $2 AND fence = $3 {lock}", *self.owned
        )
        if not rows:
            raise Lost
        return _News(rows[0][0], await read(_TAIL, self.id, self.head.seq))

    def _learn(self, news: _News) -> None:
        """Fold it. Raises Lost when it is no signal."""
        self.wake = news.wake
        for row in news.tail:
            item = self._recorded(row)
            if not isinstance(item.event, SIGNALS):
                raise Lost
            self._take(item, row[6])

    async def _earlier(self) -> Sequence[Recorded]:
        """The thread's newest runs before this one, back to where it was started afresh."""
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM runs r JOIN events e ON e.log_id = r.id"
            " WHERE r.id IN (SELECT id FROM runs WHERE thread = $1 AND id < $2"
            "   AND id >= COALESCE((SELECT MAX(id) FROM runs"
            "     WHERE thread = $1 AND id <= $2 AND fresh = 1), '') ORDER BY id DESC LIMIT $3)"
            " ORDER BY r.id, e.seq",
            str(self.thread), self.id, _RUNS_SHOWN,
        )  # fmt: skip
        return [self._recorded(row) for row in rows]

    def _fold(
        self, made: Sequence[Entry], events: Sequence[Event], position: int
    ) -> list[Recorded]:
        """Fold events just written; the first one has this *position*."""
        items: list[Recorded] = []
        for entry, event in zip(made, events, strict=True):
            place = position + len(items)
            items.append(Recorded(place, self.id, entry.seq, entry.at, self.thread, event))
            self._take(items[-1], entry.hash)
        return items

    def _take(self, item: Recorded, digest: bytes) -> None:
        self.ledger.fold(item)
        self.state.fold(item)
        self.head = Head(item.seq, digest)

    def _recorded(self, row: Row) -> Recorded:
        return recorded(row, self.thread)


async def insist(write: Callable[[], Awaitable[None]]) -> None:
    """Write although signals come first: they change nothing about it."""
    while True:
        try:
            return await write()
        except Overtaken:
            continue


def _needs_thought(event: Event) -> bool:
    """Whether a signal in between could make this event wrong."""
    if isinstance(event, ToolStarted):
        return event.verdict.risk is not Risk.READ
    return isinstance(event, (*ENDS, ApprovalRequested))
