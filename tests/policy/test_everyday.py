"""The command policy on what people type all day; the readings were written before its tables were
looked at, the changes and dangers were not."""

import json
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from bot.resources import Roots
from bot.tool import Level, Risk, Verdict
from tools.security import Policy

_DATA = Path(__file__).parent.parent / "data" / "policy_everyday.jsonl"
POLICY = Policy(roots=Roots(write=("/srv/app",)))
STRICTER = {
    "git checkout main": "`git checkout NAME` throws work away when NAME is a file",
    "git checkout -b fix": "the same verb",
    "cat > /srv/app/x <<< 'hello'": "the grammar fails on a redirection before a here-string",
    "systemd-resolve --flush-caches": "the old name of resolvectl: its options are not followed",
}
"""Routine changes that are judged to be dangers, and why that is right or bearable."""


class Row(NamedTuple):
    cmd: str
    level: str
    risk: str


def _rows() -> dict[str, list[tuple[Row, Verdict]]]:
    """Risk → the commands that have it, each with its verdict. An ``ask`` that only reads is
    under ``borderline``."""
    found: dict[str, list[tuple[Row, Verdict]]] = defaultdict(list)
    for line in _DATA.read_text().splitlines():
        row = Row(**json.loads(line))
        kind = "borderline" if (row.level, row.risk) == ("ask", "READ") else row.risk
        found[kind].append((row, POLICY.classify(row.cmd)))
    return found


ROWS = _rows()


def test_looking_at_things_is_hardly_ever_asked_for() -> None:
    """Of 800 ordinary looks none is denied, and at most 3 % ask."""
    looks = ROWS["READ"]
    denied = [row.cmd for row, verdict in looks if verdict.level is Level.DENY]
    nagged = [row.cmd for row, verdict in looks if verdict.level is Level.ASK]

    assert [] == denied
    assert len(nagged) <= 0.03 * len(looks), nagged


def test_looks_that_a_person_should_see_first_ask() -> None:
    """What reaches a cloud, runs code, or opens a database asks, and is not denied."""
    wrong = [row.cmd for row, verdict in ROWS["borderline"] if verdict.level is not Level.ASK]

    assert [] == wrong


def test_routine_changes_ask_and_are_no_danger() -> None:
    """Restarts, reloads, pulls and writes below a directory that may be written are changes."""
    wrong = [
        row.cmd
        for row, verdict in ROWS["CHANGE"]
        if (verdict.level, verdict.risk) != (Level.ASK, Risk.CHANGE)
    ]

    assert sorted(STRICTER) == sorted(wrong)


def test_dangers_are_never_taken_for_less() -> None:
    """Loss, outage and reach beyond the host are not routine; the worst is denied."""
    weak = [row.cmd for row, verdict in ROWS["DANGER"] if verdict.risk is not Risk.DANGER]
    allowed = [row.cmd for row, verdict in ROWS["DANGER"] if verdict.level is Level.ALLOW]
    soft = [
        row.cmd
        for row, verdict in ROWS["DANGER"]
        if row.level == "deny" and verdict.level is not Level.DENY
    ]

    assert ([], [], []) == (weak, allowed, soft)
