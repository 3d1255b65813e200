"""How much of the server one client may use: sizes, counts, and a sliding window over time."""

import math
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic

from bot.pictures import TOGETHER
from bot.ports import Refused


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds, counts per minute where nothing else is said."""

    head: float = 10.0
    """For a complete request head; also how long an idle connection is kept."""
    body: float = 15.0
    upload: float = 60.0
    """For a large body."""
    uploads: int = 8
    """Requests with pictures, in all, at one time: each needs several times its size. As many more
    with large deliveries of alerts."""
    wait: float = 120.0
    """How long POST /api/chat waits for the end of the run."""
    send: float = 10.0
    """How long a WebSocket client may leave a frame unread."""
    recheck: float = 60.0
    """How often the people behind open sockets are checked again."""
    connections: int = 12_000
    """In all, at one time."""
    sockets: int = 10
    """Of one person, at one time."""
    requests: int = 60
    """Of one person or key, over REST and sockets together."""
    alerts: int = 1000
    """Deliveries of alerts, which are not among the requests."""
    logins: int = 10
    health: int = 600
    frames: int = 20
    """Messages in 10 s on one WebSocket."""


BODY = 256 * 1024
FRAME = 64 * 1024
UPLOAD = TOGETHER * 4 // 3 + BODY
"""A body or frame with pictures, in base64."""
ALERTED = "/api/alerts"
LARGE = {"/api/chat": UPLOAD, ALERTED: 1024 * 1024}
"""Where a body may be larger than BODY: what people say holds pictures."""
TEXT = 64 * 1024
"""Bytes of one message to the bot."""


class TooMany(Refused):
    """No, because it was asked too often. *wait*: seconds until it may be asked again."""

    def __init__(self, wait: float, what: str = "requests") -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__(f"too many {what}; try again in {self.wait} s")


class Window:
    """At most *most* in any *seconds* for each key. *most* 0: as many as they like."""

    def __init__(
        self, most: int, seconds: float = 60.0, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._times: dict[Hashable, deque[float]] = {}
        self._swept = clock()

    def check(self, key: Hashable) -> None:
        """Raises TooMany when the next one would be one too many."""
        times = self._times.get(key)
        if times and len(times) == self._most:
            wait = times[0] + self._seconds - self._clock()
            if wait > 0:
                raise TooMany(wait)

    def count(self, key: Hashable) -> None:
        """Like check, and counts this one."""
        if not self._most:
            return
        self.check(key)
        now = self._clock()
        self._times.setdefault(key, deque(maxlen=self._most)).append(now)
        if now - self._swept > self._seconds:
            self._swept = now
            self._times = {k: t for k, t in self._times.items() if t[-1] + self._seconds > now}
