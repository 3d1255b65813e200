"""What containers use: processor, memory, network, disks."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.plot import Measure, Plot
from bot.tool import Risk, Table, ToolContext, ToolResult, tool
from tools.container import line, moment
from tools.engine import Engine, engine_of
from tools.on_host import OnHost
from tools.pictured import most_first
from tools.units import percent, size

BETWEEN = 0.5
"""Seconds between the two samples that processor use is told from, at least. Engines before 23
sample once a second, and answer at the next time they do."""
BUSY = 5.0
"""Percent of one processor that a container uses at least which is not idle."""
_COLUMNS = ("name", "cpu", "memory", "limit", "net in", "net out", "read", "written", "processes")


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of a container; all but ``memory`` and ``processes`` only grow. Bytes."""

    name: str
    at: float
    """Seconds since the epoch, by the engine's clock."""
    cpu: float
    """Seconds of processor time."""
    memory: int
    limit: int
    received: int
    sent: int
    read: int
    written: int
    processes: int


@tool(risk=Risk.READ, example={})
async def docker_stats(ctx: ToolContext, host: OnHost = None) -> ToolResult:
    """Processor, memory, network and disk use of every running container, the busiest first.

    100% of cpu is one whole processor."""
    machine = ctx.hosts.get(host)
    engine = await engine_of(machine)
    ids = await engine.ask(lambda client: [each["Id"] for each in client.containers(all=False)])
    first = await _samples(engine, ids)
    await asyncio.sleep(BETWEEN if first else 0)
    last = await _samples(engine, list(first))
    used = {one: processor(first[one], last[one]) for one in last}
    busiest = sorted(last, key=lambda one: used[one], reverse=True)
    rows = tuple(_row(last[one], used[one]) for one in busiest)
    lines = [" | ".join(_COLUMNS), *(" | ".join(row) for row in rows)]
    text = "\n".join(lines) if rows else "no container runs"
    return ToolResult(text, Table(_COLUMNS, rows), plot=_plot(machine.name, last, used))


async def _samples(engine: Engine, ids: Sequence[str]) -> dict[str, Sample]:
    """Of those that run: what has just ended has nothing to tell."""
    query = "stream=false&one-shot=true"
    asked = await engine.every({one: f"/containers/{one}/stats?{query}" for one in ids})
    return {one: read_sample(stats) for one, stats in asked.items() if stats["pids_stats"]}


def read_sample(stats: Mapping[str, Any]) -> Sample:
    """From the answer to *Get container stats* of the Docker Engine API."""
    memory = stats["memory_stats"]
    detail = memory.get("stats", {})
    # What files are cached is not counted, as `docker stats` does: first control groups v1, then 2.
    cached = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    networks: Mapping[str, Mapping[str, int]] = stats.get("networks") or {}
    moved: Sequence[Mapping[str, Any]] = (
        stats["blkio_stats"].get("io_service_bytes_recursive") or []
    )

    def blocks(way: str) -> int:
        return sum(each["value"] for each in moved if each["op"].lower() == way)

    return Sample(
        name=line(stats["name"].lstrip("/")),
        at=moment(stats["read"]),
        cpu=stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        memory=max(memory.get("usage", 0) - cached, 0),
        limit=memory.get("limit", 0),
        received=sum(each["rx_bytes"] for each in networks.values()),
        sent=sum(each["tx_bytes"] for each in networks.values()),
        read=blocks("read"),
        written=blocks("write"),
        processes=stats["pids_stats"].get("current", 0),
    )


def processor(first: Sample, last: Sample) -> float:
    """Percent of one processor between two samples."""
    seconds = last.at - first.at
    return 100 * max(last.cpu - first.cpu, 0) / seconds if seconds > 0 else 0.0


def _plot(host: str, found: Mapping[str, Sample], used: Mapping[str, float]) -> Plot | None:
    """Whichever tells more: who works, or, while all are idle, who takes the memory."""
    if max(used.values(), default=0.0) >= BUSY:
        bars = [Measure(found[one].name, used[one], f"{used[one]:.1f}%") for one in found]
        return most_first(f"processor use of containers on {host}", bars)
    bars = [Measure(one.name, one.memory, size(one.memory)) for one in found.values()]
    return most_first(f"memory of containers on {host}", bars)


def _row(sample: Sample, used: float) -> tuple[str, ...]:
    return (
        sample.name,
        f"{used:.1f}%",
        size(sample.memory),
        f"{size(sample.limit)} ({percent(sample.memory, sample.limit)})",
        size(sample.received),
        size(sample.sent),
        size(sample.read),
        size(sample.written),
        str(sample.processes),
    )
