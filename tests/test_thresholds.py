"""The checks file: who has which limits, what is said when it is wrong, and when it changes."""

import os
from pathlib import Path

import pytest

from bot.config import BadSettings
from healer.check import Check
from healer.checks.disk import DiskLimits
from healer.checks.http import HttpLimits
from healer.thresholds import Thresholds
from tests.checks_kit import CHECKS, Many

FILE = """\
[checks.disk]
percent = 85
mounts = ["/srv"]

[[checks.http.pages]]
name = "shop"
url = "https://shop.example/health"

[groups.even.checks.disk]
percent = 95

[hosts.h2.checks.disk]
mounts = []

[hosts.h1.checks.load]
enabled = false

[escalation]
contacts = ["slack:U1", "web:anna"]
repeat = 20
"""


def written(directory: Path, text: str) -> Path:
    file = directory / "checks.toml"
    file.write_text(text)
    return file


def thresholds(directory: Path, text: str) -> Thresholds:
    return Thresholds(Many(3), lambda: CHECKS, written(directory, text), recheck=0)


def disk(found: Thresholds, host: str) -> tuple[float, tuple[str, ...]]:
    limits = found.of(CHECKS["disk"], host)
    assert isinstance(limits, DiskLimits)
    return limits.percent, limits.mounts


def test_a_host_wins_over_its_group_and_that_over_all(tmp_path: Path) -> None:
    """Each says only what differs."""
    found = thresholds(tmp_path, FILE)
    pages = found.of(CHECKS["http"], "")

    assert [(95, ("/srv",)), (85, ("/srv",)), (95, ())] == [
        disk(found, host) for host in ("h0", "h1", "h2")
    ]
    assert [True, False] == [found.of(CHECKS["load"], host).enabled for host in ("h0", "h1")]
    assert isinstance(pages, HttpLimits)
    assert ["shop"] == [page.name for page in pages.pages]
    assert (("slack:U1", "web:anna"), 20) == (found.escalation.contacts, found.escalation.repeat)
    assert {} == found.troubles()


def test_without_a_file_all_is_as_shipped() -> None:
    """Nothing needs to be set."""
    found = Thresholds(Many(1), lambda: CHECKS)

    assert (90, ()) == disk(found, "h0")
    assert ((), {}) == (found.escalation.contacts, found.troubles())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[checks.disk]\n\npercent = 900",
            r":3: checks.disk: percent: .*less than or equal to 100",
        ),
        ("[checks.disk]\npercents = 9", ":2: checks.disk: percents: Extra inputs"),
        ("[checks.load]\none_minute = 'x'", ":2: checks.load: one_minute: .*valid number"),
        ("[groups.a.checks.disk]\n[hosts.b.checks.disk]\npercent = 0", ":3: hosts.b.checks.disk"),
        ("[disk]\npercent = 9", r":1: disk: write \[checks.NAME\]"),
        ("[hosts.h1.disk]\npercent = 9", r":1: hosts.h1: write \[hosts.h1.checks.NAME\]"),
        ("checks = 3", r":1: checks: write \[checks.NAME\]"),
        ("[hosts]\nh1 = 3", r":1: hosts: write \[checks.NAME\]"),
        ("[escalation]\ncontacts = ['anna']", ":2: escalation: contacts: 'anna' names nobody"),
        ("[escalation]\nrepeat = 0", ":2: escalation: repeat"),
        (
            "[[checks.http.pages]]\nname = 'x'\nurl = 'ftp://x'",
            ":3: checks.http: pages.0.url: must",
        ),
        ("[checks.disk]\n= 3", r"checks.toml: .*line 2"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """The bot does not start with it."""
    with pytest.raises(BadSettings, match=said):
        thresholds(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The setting is named."""
    with pytest.raises(BadSettings, match=r"AI_CHECKS_FILE: .*correct the path"):
        Thresholds(Many(1), lambda: CHECKS, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[checks.dsk]\npercent = 9", ":1: there is no check 'dsk'; did you mean disk?"),
        ("\n[hosts.web9.checks.disk]", ":2: there is no host 'web9'"),
        ("\n[groups.db.checks.disk]", ":2: there is no group 'db'"),
    ],
)
def test_what_is_not_there_yet_is_a_trouble(tmp_path: Path, text: str, said: str) -> None:
    """Hosts and checks come and go: the rest of the file counts."""
    assert said in thresholds(tmp_path, text).troubles()["checks file"]


def test_a_change_counts_and_a_bad_one_does_not(tmp_path: Path) -> None:
    """The last good limits stay, it is told, and a correction ends that."""
    found = thresholds(tmp_path, "[checks.disk]\npercent = 85")
    again(written(tmp_path, "[checks.disk]\npercent = 80"), 1)
    changed = disk(found, "h0")[0]
    again(written(tmp_path, "[checks.disk]\npercent = 'much'"), 2)
    kept, trouble = disk(found, "h0")[0], found.troubles()["checks file"]
    again(written(tmp_path, "[checks.disk]\npercent = 70"), 3)

    assert (80, 80, 70) == (changed, kept, disk(found, "h0")[0])
    assert ":2: checks.disk: percent" in trouble
    assert trouble.endswith("; the last good one stays")
    assert {} == found.troubles()


def again(file: Path, second: int) -> None:
    """As if it had been written in another second."""
    os.utime(file, (second, second))


def test_limits_of_a_check_that_came_later(tmp_path: Path) -> None:
    """A check of the operators' own whose table does not fit has its own limits; it is told."""
    checks: dict[str, Check] = {}
    file = written(tmp_path, "[checks.disk]\npercent = 'much'")
    found = Thresholds(Many(1), lambda: checks, file, recheck=0)
    before = found.troubles()["checks file"]
    checks["disk"] = CHECKS["disk"]

    assert "there is no check 'disk'" in before
    assert 90 == disk(found, "h0")[0]
    assert ":2: checks.disk: percent" in found.troubles()["checks file"]
