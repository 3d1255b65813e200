"""Rules of the operators: raise and lower, never below what is built in, checked at start."""

from pathlib import Path

import pytest

from bot.config import BadSettings
from bot.tool import Level, Risk
from tools.security import BUILT_IN, Policy
from tools.security.rules import load

GOOD = """
[[rule]]
level = "allow"
command = ["systemctl", "restart", "app-*"]
match = ["systemctl restart app-web"]
not_match = ["systemctl restart nginx", "systemctl stop app-web"]

[[rule]]
level = "ask"
command = ["docker", "logs"]
match = ["docker logs web"]
not_match = ["docker ps"]

[[rule]]
level = "allow"
command = ["rm", "**"]
match = ["rm -rf /"]
not_match = ["ls"]
"""


def policy(tmp_path: Path, text: str = GOOD) -> Policy:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    return Policy(load(file))


def test_a_rule_allows_a_routine_change(tmp_path: Path) -> None:
    """The rule is told to the gate; the risk stays what it is."""
    verdict = policy(tmp_path).judge("sudo systemctl restart app-web && df -h")

    assert (Level.ALLOW, Risk.CHANGE) == (verdict.rule, verdict.risk)
    assert None is policy(tmp_path).judge("systemctl restart nginx").rule
    assert None is policy(tmp_path).judge("systemctl restart app-web > /srv/x").rule
    assert None is policy(tmp_path).judge("systemctl restart app-web; systemctl restart x").rule


def test_a_rule_asks_about_a_reading(tmp_path: Path) -> None:
    """What would run at once is asked for, wherever it stands."""
    assert Level.ASK is policy(tmp_path).judge("df; docker logs web | head").level
    assert Level.ALLOW is policy(tmp_path).judge("docker ps").level


@pytest.mark.parametrize("command", ["rm -rf /", "rm -rf /etc", "rm /srv/app/x"])
def test_no_rule_lowers_a_denial_or_a_danger(tmp_path: Path, command: str) -> None:
    """A built-in denial stays one, and a danger is never allowed by a rule."""
    verdict = policy(tmp_path).judge(command)

    assert BUILT_IN.judge(command).level is verdict.level
    assert None is verdict.rule


def test_the_rules_are_part_of_the_version(tmp_path: Path) -> None:
    """A changed file is another policy: approvals of the old one no longer count."""
    first = policy(tmp_path).judge("df").policy

    assert first != policy(tmp_path, f"# changed\n{GOOD}").judge("df").policy
    assert first != BUILT_IN.judge("df").policy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]", "line 1"),
        ("x = 1", "must hold"),
        (GOOD.replace('"systemctl restart nginx", ', '"systemctl restart app-x", '), "at line 2"),
        (GOOD.replace('["docker logs web"]', '["docker ps"]'), "at line 8"),
        (GOOD.replace('not_match = ["ls"]', ""), "at line 14, the|at line 14: not_match"),
        (GOOD.replace('level = "ask"', 'level = "deny"'), "at line 8: level"),
    ],
)
def test_a_bad_file_refuses_to_start_and_names_the_line(
    tmp_path: Path, text: str, said: str
) -> None:
    """Syntax, unknown words and examples that do not hold stop the start."""
    with pytest.raises(BadSettings, match=said):
        policy(tmp_path, text)
