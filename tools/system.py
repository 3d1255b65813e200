"""How a machine is: load, memory, file systems, processes."""

import re
import shlex
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.resources import Filesystem, Host, Process, SystemFacts
from bot.tool import (
    Level,
    Risk,
    Table,
    ToolContext,
    ToolError,
    ToolResult,
    Trust,
    Verdict,
    tool,
)
from tools.on_host import OnHost
from tools.pictured import largest_plot, load_plot, space_plot
from tools.places import host_errors, readable, refusal_of
from tools.units import age, percent, size

_NVIDIA = (
    "command -v nvidia-smi >/dev/null && nvidia-smi --format=csv,noheader,nounits "
    "--query-gpu=name,utilization.gpu,memory.used,memory.total,temperature.gpu"
)


@tool(risk=Risk.READ, trust=Trust.SYSTEM)
async def system_info(ctx: ToolContext, host: OnHost = None) -> ToolResult:
    """Operating system, uptime, load, processor, memory, swap, temperatures and NVIDIA cards."""
    machine = ctx.hosts.get(host)
    facts = await machine.facts.system()
    rows = _rows(facts) + await _cards(machine)
    text = "\n".join(f"{name}: {value}" for name, value in rows)
    return ToolResult(text, Table(("", "value"), tuple(rows)), plot=load_plot(machine.name, facts))


# Whoever may run a program on the host chooses the name that it shows.
@tool(risk=Risk.READ, trust=Trust.EXTERNAL, example={"sort": "memory", "limit": 5})
async def process_list(
    ctx: ToolContext,
    host: OnHost = None,
    sort: Annotated[Literal["cpu", "memory", "pid"], Field(description="what comes first")] = "cpu",
    filter: Annotated[  # noqa: A002 - the argument's name is fixed
        str, Field(max_length=64, description="only names or users that contain this")
    ] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="how many")] = 20,
) -> ToolResult:
    """Running processes with processor and memory use. Names only, no command lines."""
    everything = await ctx.hosts.get(host).facts.processes()
    wanted = filter.lower()
    found = [p for p in everything if wanted in p.name.lower() or wanted in p.user.lower()]
    found.sort(key=lambda process: _order(process, sort))
    columns = ("pid", "name", "user", "state", "cpu", "memory")
    rows = tuple(_process(process) for process in found[:limit])
    head = f"{len(found)} of {len(everything)} processes, by {sort}"
    return ToolResult(_lines(head, columns, rows), Table(columns, rows))


async def _judge_usage(args: BaseModel, ctx: ToolContext) -> Verdict:
    """File systems have fixed names; the names of directories are anybody's."""
    given = args.model_dump()
    if given["path"] is None:
        return Verdict(trust=Trust.SYSTEM)
    return await refusal_of(readable(ctx, given["host"], given["path"])) or Verdict(
        Level.ALLOW, Risk.READ, trust=Trust.EXTERNAL
    )


@tool(risk=_judge_usage, only_reads=True, example={"path": "/var"})
async def disk_usage(
    ctx: ToolContext,
    host: OnHost = None,
    path: Annotated[
        str | None, Field(description="absolute directory: what in it takes the most space")
    ] = None,
) -> ToolResult:
    """Space and inodes of every file system; with a path, the largest things in it instead."""
    machine = ctx.hosts.get(host)
    if path is None:
        return _usage(machine.name, list(await machine.facts.filesystems()))
    place = await readable(ctx, host, path)
    with host_errors():
        await machine.files.stat(place.path)
    return await _largest(machine, place.path)


def _rows(facts: SystemFacts) -> list[tuple[str, str]]:
    rows = [
        ("host", facts.hostname),
        ("system", f"{facts.os}, kernel {facts.kernel}, {facts.architecture}"),
        ("uptime", age(facts.uptime)),
        ("load", " ".join(f"{value:.2f}" for value in facts.load) + f" on {facts.cpus} processors"),
        ("processor", f"{facts.cpu_percent:.0f}% in use"),
        ("memory", _part(*facts.memory)),
        ("swap", _part(*facts.swap) if facts.swap[1] else "none"),
    ]
    return rows + [(f"temperature {name}", f"{value:.0f} °C") for name, value in facts.temperatures]


def _part(used: int, total: int) -> str:
    return f"{size(used)} of {size(total)} used ({percent(used, total)})"


async def _cards(machine: Host) -> list[tuple[str, str]]:
    """NVIDIA cards, none where nvidia-smi is not installed or finds none."""
    result = await machine.run(_NVIDIA, timeout=10)
    return parse_cards(result.output) if result.exit_code == 0 else []


def parse_cards(output: str) -> list[tuple[str, str]]:
    """nvidia-smi's CSV: name, use in percent, memory used and total in MiB, degrees Celsius."""
    cards = [line.split(", ") for line in output.splitlines()]
    return [
        (f"card {name}", f"{use}% in use, {used} of {total} MiB, {heat} °C")
        for name, use, used, total, heat in (card for card in cards if len(card) == 5)
    ]


def _order(process: Process, sort: str) -> float:
    orders = {"cpu": -process.cpu, "memory": -process.memory, "pid": process.pid}
    return orders[sort]


def _process(process: Process) -> tuple[str, ...]:
    cpu, memory = f"{process.cpu:.1f}%", size(process.memory)
    return (str(process.pid), process.name, process.user, process.state, cpu, memory)


def _lines(head: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    return "\n".join([head, " | ".join(columns), *(" | ".join(row) for row in rows)])


def _usage(host: str, found: list[Filesystem]) -> ToolResult:
    columns = ("mount", "kind", "size", "used", "free", "use", "inodes")
    rows = tuple(
        (
            each.mount,
            each.kind,
            size(each.size) if each.size else "not measured",
            size(each.used) if each.size else "",
            size(each.free) if each.size else "",
            percent(each.used, each.used + each.free),
            percent(each.inodes_used, each.inodes),
        )
        for each in found
    )
    text = _lines(f"{len(rows)} file systems", columns, rows)
    return ToolResult(text, Table(columns, rows), plot=space_plot(host, found))


async def _largest(machine: Host, path: str) -> ToolResult:
    """By du, which stays within one file system and is cut off after 20 s."""
    script = (
        f"timeout 20 du -x -a -B1 --max-depth=1 -- {shlex.quote(path)} 2>/dev/null"
        " | sort -rn | head -n 31; echo ended ${PIPESTATUS[0]}"
    )
    result = await machine.run(script, timeout=30)
    rows = parse_sizes(result.output)
    if not rows:
        raise ToolError(f"{path} cannot be measured: {result.output.strip()}")
    cut = "\ncut off after 20 s: the sizes are incomplete" if "ended 124" in result.output else ""
    table = Table(("size", "path"), tuple((size(taken), name) for taken, name in rows))
    text = "\n".join(f"{taken} | {name}" for taken, name in table.rows) + cut
    return ToolResult(text, table, plot=largest_plot(machine.name, path, rows))


def parse_sizes(output: str) -> list[tuple[int, str]]:
    """du's lines: bytes, tab, path. Other lines are left out."""
    found = re.findall(r"^(\d+)\t(.+)$", output, re.MULTILINE)
    return [(int(taken), name) for taken, name in found]
