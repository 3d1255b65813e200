"""A few places and a queue before them: who is waited for by a person goes first."""

import asyncio
from asyncio import Future
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count


class Lane:
    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._waiting: list[tuple[bool, int, Future[None]]] = []
        self._numbers = count()

    @property
    def load(self) -> int:
        """How many are in it or wait for it."""
        return self._taken + len(self._waiting)

    @property
    def full(self) -> bool:
        return self._taken >= self._places

    @asynccontextmanager
    async def place(self, *, later: bool = False) -> AsyncGenerator[None]:
        """Hold a place, in the order of asking; *later*: after all who are not."""
        await self._enter(later=later)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, later: bool) -> None:
        if not self.full:
            self._taken += 1
            return
        turn: Future[None] = asyncio.get_running_loop().create_future()
        waiting = (later, next(self._numbers), turn)
        heappush(self._waiting, waiting)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting = sorted(each for each in self._waiting if each is not waiting)
            else:
                self._leave()  # the place was handed over in the same moment
            raise

    def _leave(self) -> None:
        """Hand the place over: it is never free while somebody waits."""
        while self._waiting:
            turn = heappop(self._waiting)[-1]
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1
