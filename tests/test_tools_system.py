"""system_info, process_list, disk_usage: what they say about this very machine."""

import asyncio
import os
import socket
from pathlib import Path

import psutil
import pytest

from bot.tool import Level, ToolContext, ToolError, Trust
from tests.tools_kit import call, context, judged
from tools.hosts.local_facts import LocalFacts
from tools.system import disk_usage, parse_cards, parse_sizes, process_list, system_info
from tools.units import age, percent, size


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data", f"read:{os.path.realpath(tmp_path)}")


async def test_the_machine_as_it_is(ctx: ToolContext) -> None:
    """Name, kernel, processors and memory are this machine's."""
    text = (await call(system_info, ctx)).text
    total = size(psutil.virtual_memory().total)

    assert f"host: {socket.gethostname()}" in text
    assert os.uname().release in text
    assert f"on {psutil.cpu_count()} processors" in text
    assert f"of {total} used" in text


async def test_readings_do_not_taint(ctx: ToolContext) -> None:
    """Fixed formats are SYSTEM; directories and processes have anybody's names: EXTERNAL."""
    assert Trust.SYSTEM == (await judged(system_info, ctx)).trust
    assert Trust.EXTERNAL == (await judged(process_list, ctx)).trust
    assert Trust.SYSTEM == (await judged(disk_usage, ctx)).trust
    inside = await judged(disk_usage, ctx, path=ctx.hosts.get(None).roots.read[0])
    assert (Level.ALLOW, Trust.EXTERNAL) == (inside.level, inside.trust)


async def test_this_process_is_listed(ctx: ToolContext) -> None:
    """Processes can be filtered, sorted and limited."""
    own = psutil.Process().name()
    filtered = await call(process_list, ctx, filter=own.upper(), sort="pid", limit=200)
    limited = await call(process_list, ctx, limit=2, sort="memory")

    assert filtered.table is not None
    assert limited.table is not None
    pids = [int(row[0]) for row in filtered.table.rows]
    assert os.getpid() in pids
    assert sorted(pids) == pids
    assert 2 == len(limited.table.rows)


async def test_a_busy_process_comes_first() -> None:
    """Processor use is measured now, not since the process began."""
    spinning = await asyncio.create_subprocess_exec("sh", "-c", "while :; do :; done")
    try:
        [own] = [p for p in await LocalFacts().processes() if p.pid == spinning.pid]
    finally:
        spinning.kill()
        await spinning.wait()

    assert own.cpu > 10


async def test_file_systems(ctx: ToolContext) -> None:
    """The root file system is there with what statvfs says."""
    result = await call(disk_usage, ctx)
    assert result.table is not None
    [root] = [row for row in result.table.rows if row[0] == "/"]
    stat = os.statvfs("/")

    assert size(stat.f_blocks * stat.f_frsize) == root[2]
    assert f"{len(result.table.rows)} file systems" == result.text.splitlines()[0]


async def test_what_takes_the_space(ctx: ToolContext, tmp_path: Path) -> None:
    """The largest entries of a directory come first, also with awkward names."""
    root = Path(os.path.realpath(tmp_path))
    (root / "big 'one'").mkdir()
    (root / "big 'one'/file").write_bytes(bytes(3_000_000))
    (root / "small").write_bytes(bytes(10_000))
    lines = (await call(disk_usage, ctx, path=str(root))).text.splitlines()

    assert lines[1] == f"2.9 MiB | {root}/big 'one'"
    assert lines[0].endswith(f"MiB | {root}")
    assert any(line.endswith(f"| {root}/small") for line in lines)


async def test_where_space_may_not_be_looked_at(ctx: ToolContext) -> None:
    """Outside the roots it is denied; a directory that is not there is said."""
    root = ctx.hosts.get(None).roots.read[0]

    assert Level.DENY == (await judged(disk_usage, ctx, path="/etc")).level
    with pytest.raises(ToolError, match="No such file"):
        await call(disk_usage, ctx, path=f"{root}/nowhere")


def test_nvidia_cards() -> None:
    """nvidia-smi's CSV becomes one line a card; anything else nothing."""
    output = "NVIDIA GeForce RTX 3090, 37, 10240, 24576, 61\nNo devices were found\n"

    expected = [("card NVIDIA GeForce RTX 3090", "37% in use, 10240 of 24576 MiB, 61 °C")]
    assert expected == parse_cards(output)


def test_sizes_of_du() -> None:
    """Lines of du are read; its complaints are left out."""
    assert [(10, "/a b"), (5, "/c")] == parse_sizes("10\t/a b\ndu: oops\n5\t/c\nended 0\n")


def test_numbers_as_people_read_them() -> None:
    """Sizes, parts and ages are short."""
    assert ["0 B", "1023 B", "1.0 KiB", "1.5 GiB", "2048.0 TiB"] == [
        size(count) for count in (0, 1023, 1024, 1.5 * 2**30, 2**51)
    ]
    assert ["25%", ""] == [percent(1, 4), percent(1, 0)]
    assert ["1 min", "2 h 1 min", "3 d 4 h"] == [age(60), age(7260), age(3 * 86400 + 4 * 3600)]
