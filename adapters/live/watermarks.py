"""How far each channel was read, and which old messages were answered."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from bot.ports import Store

_ADVANCE = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, $2, {now})"
    " ON CONFLICT (place) DO UPDATE SET mark = $2, at = {now}"
    " WHERE CAST(watermarks.mark AS DOUBLE PRECISION) < CAST($2 AS DOUBLE PRECISION)"
)
_CLAIM = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, '0', {now})"
    " ON CONFLICT (place) DO NOTHING RETURNING place"
)
_NOTE = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, $2, {now})"
    " ON CONFLICT (place) DO UPDATE SET mark = $2, at = {now}"
)
_NOTED = "SELECT mark FROM watermarks WHERE place = $1"
_ALL = "SELECT place, mark FROM watermarks WHERE place LIKE $1 ORDER BY at DESC LIMIT 200"
LAG = 1.0
"""Seconds that ``soon`` may be late: what is lost of it by a crash is only looked at again."""


class Watermarks:
    """Marks grow only: the platform's message ids are times."""

    def __init__(self, store: Store, platform: str, *, lag: float = LAG) -> None:
        self._store = store
        self._platform = platform
        self._lag = lag
        self._soon: dict[str, str] = {}
        self.begun: dict[str, str] = {}
        """Channel → the first that was to be marked in it, until somebody takes note of it."""
        self._reading: dict[str, Counter[str]] = defaultdict(Counter)
        self._bell = asyncio.Event()

    async def advance(self, channel: str, mark: str) -> None:
        await self._store.write(_ADVANCE, f"{self._platform}:{channel}", mark)

    @contextmanager
    def reading(self, channel: str, message: str) -> Generator[None]:
        """While a message is being taken in, ``soon`` marks nothing beyond it."""
        messages = self._reading[channel]
        messages[message] += 1
        try:
            yield
        finally:
            messages[message] -= 1
            if not messages[message]:
                del messages[message]
            if not messages:
                self._reading.pop(channel, None)

    def soon(self, channel: str, mark: str) -> None:
        """Advance within *lag* seconds, for many at once, while ``serve`` runs."""
        self.begun.setdefault(channel, mark)
        self._soon[channel] = max(mark, self._soon.get(channel, mark), key=float)
        self._bell.set()

    async def serve(self) -> None:
        """Write what is to be written soon, until cancelled."""
        try:
            while True:
                await self._bell.wait()
                self._bell.clear()
                await asyncio.sleep(self._lag)
                await self._write()
        finally:
            await self._write()

    async def _write(self) -> None:
        for channel, mark in list(self._soon.items()):
            if any(float(message) < float(mark) for message in self._reading.get(channel, ())):
                self._bell.set()  # again when that one has been taken in
                continue
            await self.advance(channel, mark)
            if self._soon[channel] == mark:
                del self._soon[channel]

    async def claim(self, name: str) -> bool:
        """Whether nobody has claimed this yet."""
        return bool(await self._store.write(_CLAIM, f"claim:{self._platform}:{name}"))

    async def note(self, name: str, text: str) -> None:
        """Remember a word about the platform."""
        await self._store.write(_NOTE, f"note:{self._platform}:{name}", text)

    async def noted(self, name: str) -> str:
        rows = await self._store.read(_NOTED, f"note:{self._platform}:{name}")
        return rows[0][0] if rows else ""

    async def all(self) -> Mapping[str, str]:
        """Channel → the newest message that was taken in, most recent first."""
        rows = await self._store.read(_ALL, f"{self._platform}:%")
        return {place.partition(":")[2]: mark for place, mark in rows}
