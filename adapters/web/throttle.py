"""Makes guessing a password slow, for an account and for an address; never locks for good."""

from collections.abc import Callable
from time import monotonic

from adapters.web.limits import TooMany

_FREE = 5
_LONGEST = 300.0
_MEMORY = 900.0
"""Seconds without a failure after which the earlier ones are forgotten."""
_MOST = 10_000
"""Names are the attacker's choice: beyond this many the oldest is forgotten."""


class Throttle:
    """After 5 failures the next try waits 1 s, then 2, 4 … 300."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, key: str) -> None:
        """Raises TooMany while *key* has to wait."""
        failures, last = self._failures.get(key, (0, 0.0))
        if failures >= _FREE:
            wait = last + min(2.0 ** (failures - _FREE), _LONGEST) - self._clock()
            if wait > 0:
                raise TooMany(wait, "wrong passwords")

    def failed(self, key: str) -> None:
        """For an account, called before the password is looked at, so that guesses made side by
        side count as well."""
        now = self._clock()
        failures, last = self._failures.pop(key, (0, now))
        self._failures[key] = (1 if now - last > _MEMORY else failures + 1, now)
        if len(self._failures) > _MOST:
            del self._failures[next(iter(self._failures))]

    def undo(self, key: str) -> None:
        """The last try was no failure; the ones before it were."""
        failures, last = self._failures.get(key, (0, 0.0))
        if failures:
            self._failures[key] = (failures - 1, last)

    def forgive(self, key: str) -> None:
        self._failures.pop(key, None)
