"""What happened, to whoever follows: one reader of the store, any number of cursors."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from bot.chat import ThreadRef
from bot.events import Event
from bot.journal import COLUMNS, recorded
from bot.ports import Gap, Row, Store
from bot.recorded import Live, Recorded

Item = Recorded | Live
Present = Callable[[Event], Event]
_PAGE = 500
_END = "SELECT COALESCE(MAX(position), 0) FROM events"
_TAIL = (
    f"SELECT {COLUMNS}, r.thread FROM events e LEFT JOIN runs r ON r.id = e.log_id"
    " WHERE e.position > $1 ORDER BY e.position LIMIT $2"
)
_OF_THREAD = (
    f"SELECT {COLUMNS}, r.thread FROM runs r JOIN events e ON e.log_id = r.id"
    " WHERE r.thread = $3 AND e.position > $1 ORDER BY e.position LIMIT $2"
)


class Topic:
    """The newest items for one audience, and the bell that says there are more."""

    def __init__(self, size: int) -> None:
        self._ring: deque[Item] = deque(maxlen=size)
        self._bell = asyncio.Event()
        self.tick = 0
        """How many items there have been."""
        self.followers = 0

    def add(self, item: Item) -> None:
        self._ring.append(item)
        self.tick += 1

    def ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    def since(self, tick: int) -> list[Item] | None:
        """The items after *tick*; None when some of them are not here any more, or it is -1."""
        missed = self.tick - tick
        if tick < 0 or missed > len(self._ring):
            return None
        return list(islice(reversed(self._ring), missed))[::-1]

    async def wait(self, tick: int) -> None:
        if self.tick == tick:
            await self._bell.wait()


class Feed:
    """One task tails the store. A follower holds a cursor and a tick, and no queue."""

    def __init__(
        self, store: Store, present: Present, *, poll: float = 5.0, ring: int = 4096
    ) -> None:
        """*present* makes an event fit to leave the process. *poll*: seconds after which the
        store is read although nobody rang."""
        self._store = store
        self._present = present
        self._poll = poll
        self._size = ring
        self._news = asyncio.Event()
        self._topics: dict[str, Topic] = {}
        self._position = 0
        self._started = asyncio.Event()

    @property
    def cursor(self) -> str:
        return str(self._position)

    def ring(self) -> None:
        """Something was committed."""
        self._news.set()

    def offer(self, items: Sequence[Recorded]) -> None:
        """Events of one thread that were just committed in this process, in order.

        The next ones are shown without reading them back; otherwise the reader looks."""
        if not items or items[0].position != self._position + 1:
            self.ring()
            return
        self._position = items[-1].position
        audience = list(self._audience(str(items[0].thread)))
        for topic in audience:
            for item in items:
                topic.add(presented(item, self._present))
            topic.ring()

    def followed(self, thread: ThreadRef) -> bool:
        """Whether anybody would see a live item of *thread*."""
        return "" in self._topics or str(thread) in self._topics

    def live(self, item: Live) -> None:
        """Show an item that is never stored to whoever follows now."""
        for topic in self._audience(str(item.thread)):
            topic.add(item)
            topic.ring()

    async def start(self) -> None:
        """Find the end of the store, so that only what happens from now on is news."""
        [(last,)] = await self._store.read(_END)
        self._position = last
        self._started.set()

    async def serve(self) -> None:
        """Tail the store until cancelled. StoreError ends it: its supervisor tries again."""
        while True:
            self._news.clear()
            while not await self._read_page():
                pass
            try:
                async with asyncio.timeout(self._poll):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _read_page(self) -> bool:
        """Read and show the next events; whether that was all."""
        rows = await self._store.read(_TAIL, self._position, _PAGE)
        self._publish(rows)
        return len(rows) < _PAGE

    async def follow(
        self, after: str = "", thread: ThreadRef | None = None
    ) -> AsyncGenerator[Recorded | Live | Gap]:
        """Replay from the cursor *after* (``""`` the beginning, ``"now"``), then follow."""
        await self._started.wait()
        with self._attached("" if thread is None else str(thread)) as topic:
            done = await self._parse(after)
            if done is None:
                yield Gap()
                done = 0
            tick = -1
            while True:
                items = topic.since(tick)
                if items is None:  # at the beginning, and behind the ring
                    tick, upto = topic.tick, self._position
                    async for item in self._replay(done, upto, thread):
                        yield item
                    done = max(done, upto)
                    continue
                tick += len(items)
                for item in _behind(done, items):
                    yield item
                    done = item.position if isinstance(item, Recorded) else done
                await topic.wait(tick)

    async def _parse(self, after: str) -> int | None:
        """The position a cursor stands for; None when it is none of this store's."""
        if after in ("", "now"):
            return self._position if after else 0
        if not (after.isascii() and after.isdigit()):
            return None
        position, end = int(after), self._position
        if position > end:  # another process may have read further than this one
            [(end,)] = await self._store.read(_END)
        return position if position <= end else None

    async def _replay(
        self, after: int, upto: int, thread: ThreadRef | None
    ) -> AsyncIterator[Recorded]:
        sql, more = (_TAIL, ()) if thread is None else (_OF_THREAD, (str(thread),))
        while after < upto:
            rows = await self._store.read(sql, after, _PAGE, *more)
            for row in rows:
                if row[0] > upto:
                    return
                yield self._recorded(row)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def _publish(self, rows: Sequence[Row]) -> None:
        rung: set[Topic] = set()
        for row in rows:
            if row[0] <= self._position:
                continue  # offered while it was being read
            self._position = row[0]
            audience = list(self._audience(row[6]))
            if audience:
                item = self._recorded(row)
                for topic in audience:
                    topic.add(item)
                rung.update(audience)
        for topic in rung:
            topic.ring()

    def _audience(self, thread: str | None) -> Iterator[Topic]:
        for key in ("", thread):
            if key is not None and (topic := self._topics.get(key)):
                yield topic

    def _recorded(self, row: Row) -> Recorded:
        thread = None if row[6] is None else ThreadRef.parse(row[6])
        return presented(recorded(row, thread), self._present)

    @contextmanager
    def _attached(self, key: str) -> Generator[Topic]:
        topic = self._topics.setdefault(key, Topic(self._size))
        topic.followers += 1
        try:
            yield topic
        finally:
            topic.followers -= 1
            if not topic.followers:
                del self._topics[key]


def presented(item: Recorded, present: Present) -> Recorded:
    event = present(item.event)
    return item if event is item.event else replace(item, event=event)


def _behind(position: int, items: Sequence[Item]) -> Iterator[Item]:
    """The items that a reader of *position* has not seen: its cursor may be ahead of this feed."""
    return (i for i in items if not isinstance(i, Recorded) or i.position > position)
