"""Launchers: what they start is found behind every option that they take."""

from collections.abc import Iterator

import pytest

from bot.tool import Level
from tools.security import Policy
from tools.security.options import spec
from tools.security.programs.launchers import PROGRAMS, Starts

POLICY = Policy()
LAUNCHERS = {
    name: judge
    for names, judge in PROGRAMS.items()
    if isinstance(judge, Starts)
    for name in names.split()
}


def _options(launcher: Starts) -> Iterator[str]:
    known = spec(launcher.options)
    yield from (f"-{letter}" for letter in sorted(known.flags))
    yield from (f"-{letter} 7" for letter in sorted(known.values))
    yield from (f"-{letter}7" for letter in sorted(known.values))
    for name, kind in known.long.items():
        yield from [f"{name}=7", f"{name} 7"] if kind == "=" else [name]


@pytest.mark.parametrize("name", LAUNCHERS)
def test_no_option_hides_what_is_started(name: str) -> None:
    """With each option of its table, alone and before others, the wipe is found."""
    launcher = LAUNCHERS[name]
    own = "7 " * launcher.operands
    hidden = [
        option
        for option in ("", "--", *_options(launcher))
        if POLICY.judge(f"{name} {option} {own}rm -rf /etc").level is not Level.DENY
    ]

    assert [] == hidden


@pytest.mark.parametrize("name", LAUNCHERS)
def test_an_option_that_is_not_known_asks(name: str) -> None:
    """Nobody knows whether it takes a value, so where the command begins is not known."""
    own = "7 " * LAUNCHERS[name].operands

    assert Level.ALLOW is not POLICY.judge(f"{name} --never-heard-of {own}df -h").level
    assert Level.ALLOW is POLICY.judge(f"{name} {own}df -h").level


NESTED = [
    "xargs -r -n 1 -P 2 -a /srv/list {}",
    "find /srv -name x -exec {} ;",
    "env -u HOME -C /srv A=1 {}",
    "su deploy -c '{}'",
    "runuser -u deploy -- {}",
    "flock -n /tmp/l {}",
    "flock /tmp/l -c '{}'",
    "script -qc '{}' /dev/null",
    "watch -n 5 '{}'",
    "parallel -k {} ::: a b",
    "ssh -p 22 -i /srv/key -o StrictHostKeyChecking=yes web1 {}",
    "nsenter -t 4242 -m -- {}",
    "unshare -n {}",
    "chroot /srv/root {}",
    "systemd-run --unit=x --wait {}",
    "strace -f -o /dev/null {}",
    "busybox {}",
    "exec -a name {}",
    "command {}",
    "coproc {}",
    "time -p {}",
    "docker exec -u 0 web {}",
    "docker compose exec -T web {}",
    "kubectl exec -n prod deploy/api -c app -- {}",
    "ip netns exec blue {}",
    "bash -xec '{}'",
    "eval {}",
    "trap '{}' EXIT",
    "echo '{}' | at now",
    "sudo -u root env A=1 nice -n 5 timeout -k 5 10 {}",
]


@pytest.mark.parametrize("shape", NESTED)
def test_every_other_launcher_is_looked_through(shape: str) -> None:
    """Those with rules of their own: the wipe inside is denied."""
    assert Level.DENY is POLICY.judge(shape.replace("{}", "rm -rf /etc")).level
