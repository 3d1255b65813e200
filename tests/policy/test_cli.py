"""``python -m bot classify``: for a person, and a line a command for programs."""

import io
import json

import pytest

from tools.security import BUILT_IN
from tools.security.cli import cli

CLASSIFY = cli(BUILT_IN)["classify"]


async def test_a_person_reads_the_verdict_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Level and risk first, then every reason with the place it was found in."""
    assert 0 == await CLASSIFY(["find /etc -type f | xargs rm -r"])
    said = capsys.readouterr().out

    assert said.startswith("deny (danger)\n")
    assert "/etc" in said
    assert "xargs" in said


async def test_the_tree_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """--explain shows what was found where in the tree."""
    assert 0 == await CLASSIFY(["--explain", "df -h | head"])
    said = capsys.readouterr().out

    assert "pipeline\n" in said
    assert "word '-h'" in said
    assert "allow (read)" in said


async def test_programs_give_lines_and_get_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One JSON object a line in both directions, in order."""
    lines = "".join(f"{json.dumps({'cmd': c})}\n" for c in ("df -h", "rm -rf /", "reboot"))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))

    assert 0 == await CLASSIFY(["--jsonl"])
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["allow", "deny", "ask"] == [each["level"] for each in answers]
    assert ["read", "danger", "danger"] == [each["risk"] for each in answers]
    assert {"cmd", "level", "risk", "reasons"} == set(answers[0])


async def test_a_bad_line_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no command stops with the number of its line."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"cmd": "df"}\nnonsense\n'))

    assert 2 == await CLASSIFY(["--jsonl"])
    assert "line 2" in capsys.readouterr().err


async def test_asked_wrongly_it_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command there is a line of usage and status 2."""
    assert 2 == await CLASSIFY([])
    assert "usage: classify" in capsys.readouterr().err
