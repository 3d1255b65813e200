"""The table: what was measured, beside the raw loop, the client and what was promised."""

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.bench.machine import quantile
from tests.bench.plan import CONTENDERS

Results = dict[tuple[str, str], list[dict[str, float]]]
"""(contender, name of the measurement) → the figures of each round."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    name: str
    """Of the measurement."""
    figure: str
    promise: float | None = None
    least: bool = False
    """Whether the promise is a minimum."""
    yard: str = ""
    """What slows it down: ``yard_cpu``, ``yard_wall``, or nothing."""
    scale: float = 1.0
    """From the figure's unit to the title's."""


ROWS = (
    Row("CPU a step, ms", "steps 10", "cpu_ms", 1.0, yard="yard_cpu"),
    Row("CPU a step in a run of 50, ms", "steps 50", "cpu_ms", yard="yard_cpu"),
    Row("CPU a step in a run of 200, ms", "steps 200", "cpu_ms", 3.0, yard="yard_cpu"),
    Row("CPU a step, 64 runs at once, ms", "at_once 64", "cpu_ms", 1.0, yard="yard_cpu"),
    Row("CPU a step, 256 runs at once, ms", "at_once 256", "cpu_ms", 1.0, yard="yard_cpu"),
    Row("time a step, ms", "steps 10", "wall_ms", yard="yard_wall"),
    Row("runs/s, one at a time", "steps 10", "runs_s", 50, least=True, yard="yard_wall"),
    Row("runs/s, 64 at once", "at_once 64", "runs_s", 90, least=True, yard="yard_wall"),
    Row("runs/s, 256 at once", "at_once 256", "runs_s", 80, least=True, yard="yard_wall"),
    Row("p99 of a run, 64 at once, ms", "at_once 64", "p99_ms", yard="yard_wall"),
    Row("p99 of a run, 256 at once, ms", "at_once 256", "p99_ms", yard="yard_wall"),
    Row("memory over rest, 256 at once, MB", "at_once 256", "over_rest_kib", 100, scale=1 / 976.6),
    Row("database a run of 10, kB", "steps 10", "db_bytes", 12, scale=1e-3),
    Row("database a run of 200, kB", "steps 200", "db_bytes", 240, scale=1e-3),
    Row("first token: added in all, ms", "first_token", "added_ms", yard="yard_wall"),
    Row("first token: after it was sent, ms", "first_token", "told_ms", 6.0, yard="yard_wall"),
    Row("the same to a WebSocket, ms", "tokens", "told_ms", 6.0, yard="yard_wall"),
    Row("CPU a token to a WebSocket, µs", "tokens", "us", 80, yard="yard_cpu"),
    Row("the same when they come in one piece, µs", "tokens", "burst_us", yard="yard_cpu"),
    Row("event → follower, p99 at 300/s, ms", "news", "p99_ms", 5.0, yard="yard_wall"),
    Row("click → tool starts, p99, ms", "clicks", "p99_ms", 20, yard="yard_wall"),
    Row("message → accepted, p99 at 200/s, ms", "messages", "p99_ms", 100, yard="yard_wall"),
    Row("verdict on a command, p50, µs", "verdicts", "p50_us", 150, yard="yard_cpu"),
    Row("the same, p99, µs", "verdicts", "p99_us", 2000, yard="yard_cpu"),
    Row("second opinion, p99, ms", "verdicts", "second_p99_ms", 60, yard="yard_wall"),
    Row("reading a reply of 4 kB, p50, µs", "replies", "p50_us", 200, yard="yard_cpu"),
    Row("the same, p99, µs", "replies", "p99_us", yard="yard_cpu"),
    Row("reading 1 MB of braces, ms", "replies", "hostile_ms", yard="yard_cpu"),
    Row("a command over SSH, ms", "command", "tool_ms", yard="yard_wall"),
    Row("the same, x the bare channel", "command", "over_bare", 1.5),
    Row("the same, x a channel's plain true", "command", "over_plain"),
    Row("starting ssh, x the same", "command", "under_spawn", 15, least=True),
    Row("20 hosts 50 ms away swept, s", "sweep 20", "warm_s", 2.0, yard="yard_wall"),
    Row("the same, none of them connected, s", "sweep 20", "cold_s", 2.0, yard="yard_wall"),
    Row("Slack: message → acknowledged, p50 at 200/s, ms", "talk", "p50_ms", yard="yard_wall"),
    Row("the same, p99, ms", "talk", "p99_ms", 100, yard="yard_wall"),
    Row("the same, later than Slack waits", "talk", "late", 0),
    Row("the same, not answered once and in order", "talk", "wrong", 0),
    Row("the same, posted again after redelivery", "talk", "twice", 0),
    Row("the same, all answered after, s", "talk", "backlog_s", 300),
    Row("CPU for one of them, ms", "talk", "cpu_ms", yard="yard_cpu"),
    Row("200 checks on 50 hosts each 30 s, % of a core", "watch 50", "core", 10, yard="yard_cpu"),
    Row("the same, memory of the process, MB", "watch 50", "peak_mb", 100),
    Row("memory of a waiting run, KiB", "waiting", "kib", 1.0),
    Row("tasks of 500 waiting runs", "waiting", "tasks", 0),
    Row("start to /health, s", "start", "seconds", 2.5, yard="yard_wall"),
    Row("memory at rest, MB", "start", "rss_kib", 150, scale=1 / 976.6),
)
ADDED = (
    Row("CPU the kernel adds to the client, ms", "steps 10", "cpu_ms", 0.55, yard="yard_cpu"),
    Row("the same with 64 runs at once, ms", "at_once 64", "cpu_ms", 0.55, yard="yard_cpu"),
)
MINE = {"checks", "hosts", "kernel", "policy", "project", "replies", "service", "slack"}
"""How the measurements of this project alone are filed."""


class Figures:
    """Medians, and what they would be at the machine's best: a tenth of its yardsticks."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self.quiet = {yard: self._quiet(yard) for yard in ("yard_cpu", "yard_wall")}

    def _quiet(self, yard: str) -> float:
        taken = [f[yard] for rounds in self._results.values() for f in rounds if yard in f]
        return quantile(taken, 0.1) if taken else 1.0

    def median(self, contender: str, row: Row, *, scaled: bool = False) -> float | None:
        """In the title's unit."""
        names = MINE if contender == "project" else {contender}
        rounds = [found for name in names for found in self._results.get((name, row.name), [])]
        scale = self._scaled(row) if scaled and row.yard else _plain
        values = [scale(found) * found[row.figure] for found in rounds if row.figure in found]
        return statistics.median(values) * row.scale if values else None

    def _scaled(self, row: Row) -> Callable[[Mapping[str, float]], float]:
        def scale(found: Mapping[str, float]) -> float:
            slower = found[row.yard] / self.quiet[row.yard]
            return slower if row.least else 1 / slower

        return scale

    def noise(self, yard: str) -> float:
        """How much slower than at its best the machine was at the median."""
        taken = [f[yard] for rounds in self._results.values() for f in rounds if yard in f]
        return statistics.median(taken) / self.quiet[yard] if taken else 1.0


def _plain(_: Mapping[str, float]) -> float:
    return 1.0


def report(results: Results) -> str:
    figures = Figures(results)
    head = ("", *("this project", "raw, durable", "client"), "x raw", "quiet", "promise", "")
    table = [head, *(_line(figures, row) for row in ROWS)]
    table += [_added(figures, row) for row in ADDED]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    return "\n".join([*(_aligned(line, widths) for line in table), "", *_legend(figures)])


def _line(figures: Figures, row: Row) -> tuple[str, ...]:
    found = [figures.median(contender, row) for contender in CONTENDERS]
    mine, raw = found[:2]
    ratio = f"{mine / raw:.1f}" if mine and raw else ""
    quiet = figures.median("project", row, scaled=True)
    return (row.title, *map(_shown, found), ratio, *_judged(mine, quiet, row))


def _judged(mine: float | None, quiet: float | None, row: Row) -> tuple[str, str, str]:
    """The figure on a quiet machine, the promise, and whether it is kept."""
    if row.promise is None or mine is None or quiet is None:
        return _shown(quiet if row.yard else None), "", ""
    kept = [value >= row.promise if row.least else value <= row.promise for value in (mine, quiet)]
    verdict = "ok" if kept[0] else "noise" if kept[1] else "over"
    sign = "≥" if row.least else "≤"
    return _shown(quiet if row.yard else None), f"{sign} {row.promise:g}", verdict


def _added(figures: Figures, row: Row) -> tuple[str, ...]:
    """This project less the client."""
    both = [
        [figures.median(contender, row, scaled=scaled) for contender in ("project", "client")]
        for scaled in (False, True)
    ]
    mine, quiet = (a - b if a is not None and b is not None else None for a, b in both)
    return (row.title, _shown(mine), "", "", "", *_judged(mine, quiet, row))


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    size = abs(value)
    return f"{value:.{2 if size < 10 else 1 if size < 100 else 0}f}"


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    rest = (f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([f"{line[0]:<{widths[0]}}", *rest]).rstrip()


def _legend(figures: Figures) -> Iterator[str]:
    yield (
        "Medians of all rounds. A step is a model call, in a run of 10 tool calls where not said;"
        " the model takes no time. All three stream; the client keeps nothing."
    )
    yield (
        f"The machine took {figures.noise('yard_wall'):.2f} x the time and"
        f" {figures.noise('yard_cpu'):.2f} x the CPU for the yardstick that it took at its best;"
        " 'quiet' is the figure at that best, 'noise' a promise kept only there."
    )
