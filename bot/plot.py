"""A picture of numbers, as data: every surface draws it in its own way."""

from dataclasses import dataclass
from typing import Literal

from bot.text import as_text

_MOST = 1e30
_LAST = 253_402_300_799
"""The end of the year 9999."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its name. Raises ValueError for one that cannot be drawn, or kept as JSON."""

    label: str
    value: float
    text: str
    """The value as people read it: ``12.5 GiB``."""

    def __post_init__(self) -> None:
        if not abs(self.value) <= _MOST:
            raise ValueError(f"{self.label} is {self.value}: it cannot be drawn")
        object.__setattr__(self, "label", as_text(self.label))
        object.__setattr__(self, "text", as_text(self.text))


@dataclass(frozen=True, slots=True)
class Bars:
    """Amounts side by side, none below 0, in the order in which they are shown."""

    title: str
    bars: tuple[Measure, ...]
    full: float = 0.0
    """What a bar of full length stands for, unless a value or the limit is more."""
    limit: Measure | None = None
    """Drawn as a line across all bars."""
    kind: Literal["bars"] = "bars"

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", as_text(self.title))


@dataclass(frozen=True, slots=True)
class Series:
    """Raises ValueError for points that cannot be drawn, or kept as JSON."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Seconds since the epoch, and the value then; oldest first."""

    def __post_init__(self) -> None:
        if not all(0 <= at <= _LAST and abs(value) <= _MOST for at, value in self.points):
            raise ValueError(f"{self.name} has points that cannot be drawn")
        object.__setattr__(self, "name", as_text(self.name))


@dataclass(frozen=True, slots=True)
class Lines:
    """How values changed. Times are shown in UTC."""

    title: str
    unit: str
    """Written after a number; ``B`` is scaled to KiB, MiB …"""
    series: tuple[Series, ...]
    """With one point at least between them."""
    limit: Measure | None = None
    kind: Literal["lines"] = "lines"

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", as_text(self.title))


Plot = Bars | Lines
