"""Makes guessing a password slow, for an account and for an address; never locks for good."""

from collections.abc import Callable
from time import monotonic

from adapters.web.limits import TooMany

_FREE = 5
_LONGEST = 300.0
_MEMORY = 900.0
"""Seconds without a failure after which the earlier ones are forgotten."""
_LATELY = 30 * 86_400.0
"""As long as a login can be kept alive."""
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


class Regulars:
    """Who was lately let in from where: there, an account's failures elsewhere do not count.

    Otherwise anybody could keep its owner out by guessing without end."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], float] = {}

    def welcome(self, account: str, address: str) -> None:
        self._seen.pop((account, address), None)
        self._seen[account, address] = self._clock()
        if len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]

    def counted_as(self, account: str, address: str) -> str:
        """The key of the throttle that a try for *account* from *address* is counted by."""
        seen = self._seen.get((account, address))
        if seen is not None and self._clock() - seen < _LATELY:
            # Not to be met by a name that somebody makes up.
            return f"regular {address} {account}"
        return f"account {account}"
