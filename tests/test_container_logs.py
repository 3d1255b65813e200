"""docker_logs: both streams, the newest lines, times and texts, on a real engine."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.tool import ToolError
from tests.container_kit import at_engine, container, driving_engine
from tests.driving_kit import Driver
from tests.lab.engine import Engine
from tests.tools_kit import call
from tools.container_logs import Wanted, docker_logs, since_when

NOON = 1_769_860_800.0
"""2026-01-31 12:00 UTC."""


@pytest.fixture
async def bot(tmp_path: Path, engine: Engine) -> AsyncGenerator[Driver]:
    (tmp_path / "data").mkdir()
    async with driving_engine(tmp_path / "data", engine.socket) as driver:
        yield driver


async def logs_of(data: Path, engine: Engine, program: str, *options: str, **args: object) -> str:
    """Of a container that runs *program* to its end."""
    with container(engine, *options, program=program) as name:
        engine.docker("wait", name)
        return (
            await call(docker_logs, at_engine(data, engine.socket), container=name, **args)
        ).text


async def test_both_streams_are_told_apart(bot: Driver, engine: Engine) -> None:
    """Each line has its time and its stream; nobody is asked."""
    with container(engine, program="echo out; echo err >&2") as name:
        engine.docker("wait", name)
        told = await bot.call("docker_logs", container=name)

    assert [] == told.asked
    assert told.only.table is not None
    assert {("stdout", "out"), ("stderr", "err")} == {row[1:] for row in told.only.table.rows}
    assert sorted(told.only.table.rows) == sorted(
        (line[:20], *line[21:].split()) for line in told.output.splitlines()
    )


async def test_the_newest_lines(tmp_path: Path, engine: Engine) -> None:
    """As many as asked, in order; with a text, the newest that contain it."""
    program = "for n in 1 2 3 4 5; do echo line $n; echo Error $n >&2; done"
    plain = await logs_of(tmp_path, engine, program, tail=4)
    found = await logs_of(tmp_path, engine, program, tail=2, grep="error|warn")

    assert 4 == len(plain.splitlines())
    assert plain.splitlines()[-1].endswith(" 5")
    assert ["stderr Error 4", "stderr Error 5"] == [row[21:] for row in found.splitlines()]


async def test_a_terminal_has_one_stream(tmp_path: Path, engine: Engine) -> None:
    """A container that has a terminal sends no frames; its lines and colours are made plain."""
    program = "printf '\\033[31mred\\033[0m\\n'; echo err >&2"
    text = await logs_of(tmp_path, engine, program, "--tty")

    assert ["terminal red", "terminal err"] == [row[21:] for row in text.splitlines()]


async def test_lines_without_end_and_bytes_that_are_no_text(tmp_path: Path, engine: Engine) -> None:
    """A line of 1 MB is cut, whatever pieces the engine makes of it; bytes are written out."""
    program = "head -c 1000000 /dev/zero | tr '\\0' x; printf '\\n\\377\\n'"
    text = await logs_of(tmp_path, engine, program, "--log-driver", "local")

    assert ["stdout " + "x" * 1000 + "…", "stdout \\xff"] == [row[21:] for row in text.splitlines()]


async def test_nothing_written_is_told(tmp_path: Path, engine: Engine) -> None:
    """Silence is an answer; so is a time since which nothing came."""
    silent = await logs_of(tmp_path, engine, "true")
    later = await logs_of(tmp_path, engine, "echo x", since="2099-01-01")

    assert silent.endswith("wrote nothing that fits")
    assert later.endswith("wrote nothing that fits")


async def test_gone_between_list_and_logs(bot: Driver, engine: Engine) -> None:
    """A container that was listed and is removed before its logs are read: told who is there."""
    with container(engine) as stays, container(engine) as goes:
        assert goes in (await bot.call("docker_status")).output
        engine.docker("rm", "--force", goes)
        told = (await bot.call("docker_logs", container=goes)).only
        engine.docker("create", "--name", goes, "busybox:lab")

    assert "error" == told.outcome
    assert f"there is no container {goes} on local; there are: " in told.output
    assert stays in told.output


async def test_logs_kept_elsewhere_are_an_error(tmp_path: Path, engine: Engine) -> None:
    """The engine's own words when its logging driver cannot be read."""
    with pytest.raises(ToolError, match="Docker on local: configured logging driver"):
        await logs_of(tmp_path, engine, "echo x", "--log-driver", "none")


def test_how_far_back() -> None:
    """Spans and times in UTC; nonsense says what to write."""
    assert NOON - 900 == since_when("15min", NOON)
    assert NOON - 7200 == since_when("2 hours", NOON)
    assert NOON - 86_400 == since_when("1d", NOON)
    assert NOON == since_when("2026-01-31 12:00", 0)
    assert NOON == since_when("2026-01-31T13:00:00+01:00", 0)
    with pytest.raises(ToolError, match="write 15min, 2h"):
        since_when("yesterday", NOON)


def test_pieces_of_a_line_are_joined_by_stream() -> None:
    """A text is found across the pieces that the engine cuts a line into."""
    wanted = Wanted("needle", 5)
    stamp = b"2026-01-31T08:00:00.123456789Z "
    wanted.feed("stdout", stamp + b"x" * (16 * 1024 - 3) + b"nee")
    wanted.feed("stderr", stamp + b"other\n")
    wanted.feed("stdout", stamp + b"dle\n")
    wanted.feed("stdout", stamp + b"needle at the end")

    assert (
        ("2026-01-31 08:00:00Z", "stdout", "x" * 1000 + "…"),
        ("2026-01-31 08:00:00Z", "stdout", "needle at the end"),
    ) == wanted.rows()
