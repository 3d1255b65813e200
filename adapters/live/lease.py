"""One process at a time listens and delivers for a bot: a row in the database says which."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic

import structlog

from bot.ports import Store, StoreError

log = structlog.get_logger()
SECONDS = 10.0
"""How long a process may be silent before another one takes its place."""
_TAKE = """
    INSERT INTO locks (name, owner, until, due) VALUES ($1, $2, {now} + $3, 0)
    ON CONFLICT (name) DO UPDATE SET owner = $2, until = {now} + $3
    WHERE locks.owner = $2 OR locks.until <= {now} RETURNING name"""
_FREE = "UPDATE locks SET until = 0 WHERE name = $1 AND owner = $2"


class LeaseLost(Exception):
    """Somebody else may have it by now: whoever had it must stop at once."""


class Lease:
    """What :meth:`held` gives is nobody else's as long as :meth:`keep` runs."""

    def __init__(self, store: Store, name: str, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._name = name
        self._seconds = seconds
        self._me = secrets.token_hex(8)
        self._since = 0.0

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Waits for it as long as another process has it. Raises StoreError."""
        others = False
        while not await self._take():
            if not others:
                log.info("another process has this, so this one stands by", lease=self._name)
            others = True
            await asyncio.sleep(self._seconds / 5)
        log.info("this process has it now", lease=self._name)
        try:
            yield
        finally:
            with suppress(StoreError):  # then it lapses by itself
                await self._store.write(_FREE, self._name, self._me)

    async def keep(self) -> None:
        """Renew it until cancelled. Raises LeaseLost before another process can take it."""
        while True:
            await asyncio.sleep(self._seconds / 5)
            try:
                # A database that hangs must not leave two owners: the row may have lapsed.
                async with asyncio.timeout(max(self._left(), 0)):
                    mine = await self._take()
            except StoreError as error:
                log.warning("a lease could not be renewed", lease=self._name, reason=str(error))
                mine = self._left() > 0
            except TimeoutError:
                mine = False
            if not mine:
                raise LeaseLost(f"the lease of {self._name} is lost")

    def _left(self) -> float:
        """Seconds in which it must be renewed: from then on there is time to stop in."""
        return self._since + self._seconds * 0.6 - monotonic()

    async def _take(self) -> bool:
        asked = monotonic()  # the row is valid from a moment later than this
        taken = bool(await self._store.write(_TAKE, self._name, self._me, self._seconds))
        if taken:
            self._since = asked
        return taken
