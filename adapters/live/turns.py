"""One at a time for each conversation, in the order of coming."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """``async with turns.of(name)``: whoever comes later waits. Unused names cost nothing."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        """The lock of *name*; it lives as long as somebody holds it or waits for it."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        return lock

    def __len__(self) -> int:
        """Names that are in use."""
        return len(self._locks)
