"""Which readings are shown as a plot too, and what it says."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.plot import Bars, Measure, Plot
from bot.resources import Filesystem, SystemFacts
from tests.tools_kit import call, context
from tools.pictured import load_plot, most_first, space_plot
from tools.system import disk_usage

FACTS = SystemFacts(
    hostname="web1", os="Debian", kernel="6", architecture="x86_64", uptime=1, cpus=4,
    load=(7.5, 3.2, 0.4), cpu_percent=0, memory=(1, 2), swap=(0, 0), temperatures=(),
)  # fmt: skip


def bars(plot: Plot | None) -> list[tuple[str, str]]:
    assert isinstance(plot, Bars)
    return [(bar.label, bar.text) for bar in plot.bars]


def test_the_load_of_a_busy_machine() -> None:
    """From the past to now, with a line where every processor is busy."""
    plot = load_plot("web1", FACTS)

    assert [("15 minutes", "0.40"), ("5 minutes", "3.20"), ("1 minute", "7.50")] == bars(plot)
    assert isinstance(plot, Bars)
    assert Measure("processors", 4, "4") == plot.limit


def test_file_systems_that_were_measured() -> None:
    """Percent of what ordinary users can have; one alone needs no picture."""
    root = Filesystem("/", "sda1", "ext4", 100 * 1024, used=60 * 1024, free=20 * 1024)
    far = Filesystem("/far", "nas:/", "nfs", 0)
    more = Filesystem("/srv", "sdb1", "ext4", 1024, used=0, free=1024)

    assert [("/", "75% of 100.0 KiB"), ("/srv", "0% of 1.0 KiB")] == bars(
        space_plot("web1", [root, far, more])
    )
    assert space_plot("web1", [root, far]) is None


def test_the_largest_comes_first() -> None:
    """Whoever takes most is on top, and one alone needs no picture."""
    few = [Measure("small", 1, "1 B"), Measure("big", 9, "9 B")]

    assert [("big", "9 B"), ("small", "1 B")] == bars(most_first("x", few))
    assert most_first("x", few[:1]) is None


async def test_the_largest_things_of_a_directory(tmp_path: Path) -> None:
    """Names within it, without the directory itself."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "big").write_bytes(os.urandom(300_000))
    (inside / "small").write_bytes(b"x")
    ctx = context(tmp_path / "data", f"read:{os.path.realpath(tmp_path)}")
    result = await call(disk_usage, ctx, path=os.path.realpath(inside))

    assert ["big", "small"] == [label for label, _ in bars(result.plot)]


@pytest.mark.parametrize("busy", [True, False])
def test_an_idle_machine_needs_no_picture(*, busy: bool) -> None:
    """system_info says all in words until the machine has something to do."""
    load = (2.0, 0, 0) if busy else (1.9, 0, 0)
    assert busy == (load_plot("web1", replace(FACTS, load=load)) is not None)
