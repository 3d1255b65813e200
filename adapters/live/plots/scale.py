"""Where the numbers of a plot go on its axes, and how they are written. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil, floor, log10

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_TIMES = (
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000, 7_776_000, 31_104_000,
)  # fmt: skip
"""Seconds between two ticks of a time axis."""
_DAY = 86_400


def ticks(lowest: float, highest: float, unit: str, most: int = 5) -> Sequence[float]:
    """Round numbers from below *lowest* to above *highest*, *most* steps at most."""
    span = highest - lowest if highest - lowest > 1e-9 else 1.0
    scale = 1024.0 ** _power(max(abs(lowest), abs(highest))) if unit == "B" else 1.0
    tens = 10.0 ** floor(log10(span / scale / most)) * scale
    # The last of them has room for the step more that it takes to begin below.
    steps = (factor * tens for factor in (1, 2, 5, 10, 20))
    step = next(each for each in steps if _count(lowest, highest, each) <= most)
    first = floor(lowest / step)
    return [(first + place) * step for place in range(_count(lowest, highest, step) + 1)]


def _count(lowest: float, highest: float, step: float) -> int:
    return max(ceil(highest / step) - floor(lowest / step), 1)


def number(value: float, unit: str) -> str:
    """``2.5 MiB``, ``71%``, ``3 ms``."""
    if unit == "B":
        power = _power(abs(value))
        return f"{_plain(value / 1024**power)} {_BINARY[power]}"
    return f"{_plain(value)}{unit}" if unit in ("", "%") else f"{_plain(value)} {unit}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _power(value: float) -> int:
    power = 0
    while value >= 1024 and power < len(_BINARY) - 1:
        value, power = value / 1024, power + 1
    return power


def time_ticks(first: float, last: float, most: int = 6) -> Sequence[tuple[float, str]]:
    """Round times in UTC between two, as seconds since the epoch, and how they are written."""
    step = next((each for each in _TIMES if (last - first) / each <= most), _TIMES[-1])
    begin = ceil(first / step) * step
    count = floor((last - begin) / step) + 1 if last >= begin else 0
    count = min(count, 2 * most)  # what spans more than decades is cut off
    form = (
        "%b %Y"
        if step >= 30 * _DAY
        else "%d %b"
        if step >= _DAY
        else "%H:%M"
        if step >= 60
        else "%H:%M:%S"
    )
    return [(at, _time(at, form)) for at in (begin + step * each for each in range(count))]


def period(first: float, last: float) -> str:
    """``28 Nov 09:00 to 28 Nov 10:20 UTC``"""
    return f"{_time(first, '%d %b %H:%M')} to {_time(last, '%d %b %H:%M')} UTC"


def _time(at: float, form: str) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(form)
