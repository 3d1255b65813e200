"""What is shown as a plot too: amounts that are compared. One alone says no more than its text."""

from collections.abc import Sequence

from bot.plot import Bars, Measure, Plot
from bot.resources import Filesystem, SystemFacts
from tools.units import percent, size


def most_first(title: str, bars: Sequence[Measure]) -> Plot | None:
    """The largest first; None when there are not two."""
    ordered = sorted(bars, key=lambda bar: bar.value, reverse=True)
    return Bars(title, tuple(ordered)) if len(bars) > 1 else None


def load_plot(host: str, facts: SystemFacts) -> Plot | None:
    """How the load went, and how much there is a processor for; None for an idle machine."""
    if max(facts.load) < facts.cpus / 2:
        return None
    names = ("15 minutes", "5 minutes", "1 minute")
    loads = zip(names, reversed(facts.load), strict=True)
    bars = tuple(Measure(name, value, f"{value:.2f}") for name, value in loads)
    limit = Measure("processors", facts.cpus, str(facts.cpus))
    return Bars(f"load of {host}", bars, limit=limit)


def space_plot(host: str, found: Sequence[Filesystem]) -> Plot | None:
    """How full the file systems are that were measured."""
    bars = tuple(
        Measure(
            each.mount,
            100 * each.used / (each.used + each.free),
            f"{percent(each.used, each.used + each.free)} of {size(each.size)}",
        )
        for each in found
        if each.used + each.free
    )
    return Bars(f"disk use on {host}", bars, full=100.0) if len(bars) > 1 else None


def largest_plot(host: str, path: str, rows: Sequence[tuple[int, str]]) -> Plot | None:
    """What in a directory takes the most; not the directory itself, which is all of it."""
    inside = [(taken, name) for taken, name in rows if name != path]
    bars = [Measure(_within(path, name), taken, size(taken)) for taken, name in inside]
    return most_first(f"largest in {path} on {host}", bars)


def _within(path: str, name: str) -> str:
    return name.removeprefix(path.rstrip("/") + "/") or name
