"""Names for things: short, unique, and in the order they were made."""

import secrets
import threading
from base64 import b32encode, b32hexencode
from time import time_ns

_RANDOM_BITS = 32


class _Clock:
    """Never the same number twice, and never a smaller one, also from several threads."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(_drawn(time_ns()), self._last + 1)
            return self._last


_clock = _Clock()


def new_id(nanoseconds: int = 0) -> str:
    """16 characters of [0-9a-v]: 48 bits of milliseconds, then 32 random ones.

    They sort by creation (now, or *nanoseconds* since the epoch): the runs of a thread are taken in
    this order."""
    number = _drawn(nanoseconds) if nanoseconds else _clock.next()
    return b32hexencode(number.to_bytes(10, "big")).decode().lower()


def _drawn(nanoseconds: int) -> int:
    return nanoseconds // 1_000_000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)


def typeable_id() -> str:
    """7 characters of [A-Z2-7]: 35 random bits that a person can type."""
    return b32encode(secrets.token_bytes(5)).decode()[:7]
