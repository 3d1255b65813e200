"""What signals were, for trends and plots: in memory, the last few hours of each."""

from collections import deque
from collections.abc import Sequence

from healer.check import Point

KEPT = 240
"""Points of a signal."""


class History:
    """Signals by check, host and target. Those that are no longer told of are forgotten."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._points: dict[tuple[str, str, str], deque[Point]] = {}

    def __call__(self, check: str, host: str, target: str) -> Sequence[Point]:
        """Oldest first."""
        return tuple(self._points.get((check, host, target), ()))

    def add(self, check: str, host: str, target: str, point: Point) -> None:
        """A point from before the last one means that the clock was set back: what was is gone."""
        points = self._points.setdefault((check, host, target), deque(maxlen=self._kept))
        if points and point.at <= points[-1].at:
            points.clear()
        points.append(point)

    def forget(self, before: float) -> None:
        """Signals whose last point is older."""
        old = [key for key, points in self._points.items() if points[-1].at < before]
        for key in old:
            del self._points[key]
