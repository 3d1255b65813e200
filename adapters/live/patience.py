"""Trying again while a platform is busy or away."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from adapters.live.wire import Later, Uncertain

T = TypeVar("T")
_LONGEST = 30.0
"""Seconds between two tries at most, unless the platform names more."""


async def patiently(
    work: Callable[[], Awaitable[T]],
    seconds: float,
    *,
    troubles: tuple[type[Exception], ...] = (Later, Uncertain),
    first: float = 0.5,
) -> T:
    """Do *work*, again and again for so many seconds while it raises one of *troubles*; then
    raises the last one. *first*: seconds before the second try, doubling from there."""
    until = monotonic() + seconds
    pause = first
    while True:
        try:
            return await work()
        except troubles as error:
            wait = error.seconds if isinstance(error, Later) else pause
            if monotonic() + wait > until:
                raise
        await asyncio.sleep(wait)
        pause = min(pause * 2, _LONGEST)
