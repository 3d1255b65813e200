"""How much may be sent, and when: what platforms allow for each channel, message and workspace."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and edits a minute."""

    apart: float = 1.0
    """Between two new messages of one channel."""
    edits_apart: float = 3.0
    """Between two edits of one message."""
    edits: int = 45
    """Edits a minute in the whole workspace."""


USUAL = Limits()


class Allowance:
    """Says when the next post or edit may go, and is told what went."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._posted: dict[str, float] = {}
        self._edited: dict[str, float] = {}
        self._window: deque[float] = deque()
        self._held: dict[str, float] = {}
        """Channel → when the platform takes something again; ``""`` is everywhere."""

    def post_at(self, channel: str) -> float:
        """The earliest time for a new message in *channel*."""
        last = self._posted.get(channel)
        free = last + self._limits.apart if last is not None else 0.0
        return max(free, self._hold(channel))

    def edit_at(self, channel: str, message: str, *, final: bool) -> float:
        """The earliest time for an edit. A final one does not wait for the workspace's budget."""
        last = self._edited.get(message)
        free = last + self._limits.edits_apart if last is not None else 0.0
        return max(free, self._hold(channel), 0.0 if final else self._budget())

    def posted(self, channel: str) -> None:
        self._posted[channel] = self._clock()
        _forget(self._posted, self._clock() - 3600)

    def edited(self, message: str) -> None:
        now = self._clock()
        self._edited[message] = now
        self._window.append(now)
        _forget(self._edited, now - 3600)

    def hold(self, channel: str, seconds: float) -> None:
        self._held[channel] = max(self._hold(channel), self._clock() + seconds)

    def _hold(self, channel: str) -> float:
        return max(self._held.get(channel, 0.0), self._held.get("", 0.0))

    def _budget(self) -> float:
        now = self._clock()
        while self._window and self._window[0] <= now - 60:
            self._window.popleft()
        full = len(self._window) >= self._limits.edits
        return self._window[-self._limits.edits] + 60 if full else 0.0


def _forget(times: dict[str, float], before: float) -> None:
    if len(times) > 10_000:
        for name in [name for name, at in times.items() if at < before]:
            del times[name]
