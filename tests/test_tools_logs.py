"""logs_view: what the journal's own format means, and hosts without one."""

import json
import shlex
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.tool import ToolContext, ToolError, Trust
from tests.tools_kit import call, context, judged
from tools.logs import LONGEST, SHOWN, journal_command, logs_view, parse_journal, shown

BOOTED = Path("/run/systemd/system").is_dir()
RECORDED = (Path(__file__).parent / "data/journal.jsonl").read_text()


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data")


def test_a_recorded_journal_is_read() -> None:
    """Times, priorities, who and what, as journald 252 wrote them; binary messages made safe."""
    rows = parse_journal(RECORDED)

    assert [
        (
            "2026-11-23 05:12:32Z",
            "err",
            "nginx[7]",
            "connect() failed (111: Connection refused) while connecting to upstream",
        ),
        ("2026-11-23 05:12:32Z", "warning", "demo[9]", "hello ünï"),
        ("2026-11-23 05:12:32Z", "info", "demo[11]", "bin red \ufffd"),
    ] == rows[:3]
    assert "systemd-journald" == rows[3][2]


def test_what_is_left_out_or_odd_does_not_stop_it() -> None:
    """Notes, broken lines, huge and repeated messages and missing fields are all told."""
    at = '"__REALTIME_TIMESTAMP":"0"'
    lines = [
        "Hint: you are not seeing messages from other users",
        f'{{{at},"MESSAGE":"cut off he',
        f"{{{at},{json.dumps('MESSAGE')}:null}}",
        f'{{{at},"MESSAGE":["one","two"],"PRIORITY":"9"}}',
        json.dumps({"__REALTIME_TIMESTAMP": "0", "MESSAGE": "x" * 5000 + "\u2028{"}),
        json.dumps({"__REALTIME_TIMESTAMP": "0", "MESSAGE": "a\u001b[2Jb\u0000\n"}),
    ]
    rows = parse_journal("\n".join(lines))

    assert ["(too long to show)", "one; two", "x" * LONGEST + "…", "ab"] == [row[3] for row in rows]
    assert {("1970-01-01 00:00:00Z", "", "?")} == {row[:3] for row in rows}


def test_the_newest_that_fit_are_shown() -> None:
    """Too many messages lose the oldest, and that is said."""
    rows = [("t", "info", "who", f"{n} " + "x" * 900) for n in range(100)]
    lines = shown(rows).splitlines()

    assert lines[0] == f"[… {100 - len(lines) + 1} older messages left out …]"
    assert lines[-1].startswith("t info who 99 ")
    assert SHOWN - 1000 < len(shown(rows)) < SHOWN + 200


def test_arguments_reach_journalctl_as_they_are() -> None:
    """Every argument is one word to the shell; relative times get their sign."""
    command = journal_command("nginx", "err", "2h", "a b'; rm -rf $HOME `x`", 5)

    assert shlex.split(command)[-5:] == [
        "--lines=5",
        "--unit=nginx",
        "--priority=err",
        "--since=-2h",
        "--grep=a b'; rm -rf $HOME `x`",
    ]


BAD: list[dict[str, str | int]] = [
    {"unit": "-x"},
    {"unit": "a b"},
    {"since": "$(x)"},
    {"since": "x" * 41},
    {"lines": 0},
    {"lines": 501},
    {"priority": "bad"},
    {"grep": "x" * 201},
]


@pytest.mark.parametrize("bad", BAD)
def test_arguments_have_their_ranges(bad: dict[str, str | int]) -> None:
    """What journalctl would not understand is refused before."""
    with pytest.raises(ValidationError):
        logs_view.parse(bad)


async def test_logs_taint(ctx: ToolContext) -> None:
    """Outsiders write into logs."""
    assert Trust.EXTERNAL == (await judged(logs_view, ctx)).trust


async def test_the_journal_of_this_machine_or_why_there_is_none(ctx: ToolContext) -> None:
    """With systemd the newest messages come back; without it the error names another way."""
    if BOOTED:
        result = await call(logs_view, ctx, lines=5)
        nothing = await call(logs_view, ctx, unit="no-such-unit-at-all")
        assert result.table is not None
        assert 1 <= len(result.table.rows) <= 5
        assert "no messages" == nothing.text
    else:
        with pytest.raises(ToolError, match=r"systemd does not run on local|has no journalctl"):
            await call(logs_view, ctx)


async def test_a_bad_expression_is_said(ctx: ToolContext) -> None:
    """What journalctl complains about reaches the model."""
    with pytest.raises(ToolError, match=r"journalctl: |has no journalctl"):
        await call(logs_view, ctx, grep="a(")
