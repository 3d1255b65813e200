"""Words from a machine, made fit to be shown and, some of them, to be arguments. Pure."""

import re
from collections.abc import Sequence

from healer.check import Point

# What cannot be seen, turns text around or is no text at all.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]+"
)
_ARGUMENT = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_.@:+/\\-]{0,199}")
_LONGEST = 30 * 24 * 3600.0
_FEWEST, _SHORTEST = 4, 60.0
"""Points, and seconds between the first and the last, that a trend needs at least."""


def shown(text: str, most: int = 120) -> str:
    """One line of at most *most* characters, all of which can be seen."""
    line = _UNSAFE.sub(" ", text).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def argument(text: str) -> bool:
    """Whether a name from outside may be handed to a tool: no option, no path upwards, no blank."""
    return bool(_ARGUMENT.fullmatch(text)) and ".." not in text


def span(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h``, ``5 days``."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def growth(history: Sequence[Point], at: float, value: float) -> float:
    """By how much a signal grows in a second: the line that lies nearest to its points.

    0 when they are too few, too near, or when it has not grown in their second half: what came as
    one jump does not go on."""
    points = [*history, Point(at, value)]
    if len(points) < _FEWEST or points[-1].at - points[0].at < _SHORTEST:
        return 0.0
    late = points[len(points) // 2 :]
    if value <= late[0].value:
        return 0.0
    return max(0.0, min(_slope(points), _slope(late)))


def until(limit: float, value: float, growth: float) -> float | None:
    """Seconds until a signal reaches *limit*; None when it will not, or not in a month."""
    if growth <= 0 or value >= limit:
        return None
    seconds = (limit - value) / growth
    return seconds if seconds <= _LONGEST else None


def _slope(points: Sequence[Point]) -> float:
    at = sum(point.at for point in points) / len(points)
    value = sum(point.value for point in points) / len(points)
    above = sum((point.at - at) * (point.value - value) for point in points)
    below = sum((point.at - at) ** 2 for point in points)
    return above / below if below else 0.0
