"""sed and awk: their scripts are read, not their looks."""

import pytest

from bot.tool import Level
from tools.security import Policy

POLICY = Policy()
HARMLESS = [
    "sed -n '5,10p;20q' f",
    "sed -n '/start/,/end/{/x/!p}' f",
    "sed -E 's/([0-9]+)-/\\1:/g; s/ +$//' f",
    "sed '$!N;P;D' f",
    "sed ':a;N;$!ba;s/\\n/ /g' f",
    "sed 'y/abc/def/' f",
    'sed -n "$((5+1)),\\$p" f',
    "awk '{print (a)/2 \" MB\"}' f",
    'awk \'{print "a|b", $1 > "/dev/stderr"}\' f',
    "awk '/a|b/ {print}' f",
    "awk '$1 ~ /x\\/y/ {print $2/1024 \"K\"}' f",
    "awk -F'|' 'length($0) > 80 {print $2}' f",
]
MORE = [
    "sed 's/a/id/e' f",
    "sed 's|a|id|e' f",
    "sed '1e id' f",
    "sed 's#a#b#gw /srv/x' f",
    "sed -n '/x/w/srv/y' f",
    "sed 's/x/y/;W z' f",
    "sed -f x f",
    "sed 'r /etc/shadow' f",
    "sed 'Z' f",
    "sed 's/a/b' f",
    'sed "s/a/$(cat /srv/x)/" f',
    "awk '{x=1/2; system(\"id\")/3}' f",
    'awk \'if (x) /"/ {print "x" | "sh"} # "\' f',
    "awk '{print > $1}' f",
    "awk '{\"date\" | getline d}' f",
    'awk \'BEGIN { f = "sys" "tem"; @f("id") }\'',
    "awk '@include \"x\"' f",
    "awk 'BEGIN {print |& \"/inet/tcp/0/x/1\"}'",
    "awk '{print \"unbalanced}' f",
    "gawk -i inplace '{print}' f",
    "awk -f x f",
]


@pytest.mark.parametrize("command", HARMLESS)
def test_filters_run_at_once(command: str) -> None:
    """Addresses, expressions, texts and divisions are told apart."""
    verdict = POLICY.judge(command)

    assert Level.ALLOW is verdict.level, verdict.reasons


@pytest.mark.parametrize("command", MORE)
def test_what_a_filter_starts_or_writes_is_seen(command: str) -> None:
    """In any spelling that sed and awk take; what is not understood asks."""
    assert Level.ALLOW is not POLICY.judge(command).level


def test_a_command_in_a_filter_is_judged_itself() -> None:
    """What awk or sed would start is found."""
    assert Level.DENY is POLICY.judge("awk 'BEGIN{system(\"rm -rf /etc\")}'").level
    assert Level.DENY is POLICY.judge("sed '1e rm -rf /etc' f").level
