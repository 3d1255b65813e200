"""What the checks make of what machines print: Debian, BusyBox, and things that went wrong."""

from typing import Any

import pytest

from healer.check import Point, Unreadable
from healer.checks.disk import DiskLimits
from healer.checks.docker import DockerLimits, judged
from healer.checks.load import LoadLimits
from healer.checks.services import ServiceLimits
from healer.words import argument, growth, shown, span, until
from tests.checks_kit import NOW, reading, told

DEBIAN = """\
Filesystem     Type  1024-blocks     Used Available Capacity Mounted on
/dev/vda1      ext4    264212084 25447688  80943224      24% /
/dev/vda1      ext4    264212084 25447688  80943224      24% /var/lib/docker
/dev/vdb1      xfs       1000000   930000     70000      93% /srv/my data
tmpfs          tmpfs        1024      100       924      10% /run/small
--- inodes
Filesystem       Inodes  IUsed    IFree IUse% Mounted on
/dev/vda1      16777216 496454 16280762    3% /
/dev/vda1      16777216 496454 16280762    3% /var/lib/docker
/dev/vdb1          1000    950       50   95% /srv/my data
tmpfs                 0      0        0     - /run/small
--- again
66053021 59691099 20235806 16777216 16280762 /
66053021 59691099 20235806 16777216 16280762 /var/lib/docker
250000 17500 17500 1000 50 /srv/my data
256 231 231 0 0 /run/small
"""
BUSYBOX = """\
Filesystem           Type       1024-blocks    Used Available Capacity Mounted on
/dev/vda             ext4       264212084  25472016  80918896  24% /
--- inodes
Filesystem              Inodes      Used Available Capacity Mounted on
/dev/vda              16777216    497604  16279612   3% /
--- again
66053021 59685017 20229724 16777216 16279612 /
"""
HIGH = """\
9.10 9.27 7.31 13/283 18014
2
procs_running 11
/proc/pressure/cpu:some avg10=98.82 avg60=98.54 avg300=97.01 total=1359335345
/proc/pressure/io:some avg10=0.28 avg60=0.93 avg300=1.36 total=46212768
--- processes
250 0.50 16335 4544 207 R php-fpm: pool (x) y
1 0.50 71 0 2480 D kworker
"""
FAILED = """\
Id=nginx.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
ExecMainStatus=1
NRestarts=0
StartLimitBurst=5

Id=crond.service
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success
NRestarts=0
StartLimitBurst=5
--- processes
0 nginx.service
0 crond.service
"""


def test_file_systems_of_debian() -> None:
    """Each device once, a blank in a mount's name, a file system without inodes."""
    findings = reading("disk", DEBIAN)

    assert [
        "/ is 24 % full",
        "/ has 3 % of its inodes in use",
        "/run/small is 10 % full",
        "/srv/my data is 93 % full",
        "/srv/my data has 95 % of its inodes in use",
    ] == [each.text for each in findings]
    assert [True, True, True, False, False] == [each.ok for each in findings]


def test_file_systems_of_busybox() -> None:
    """Its df lays its table out otherwise."""
    assert [23.94, 2.97] == [each.value for each in reading("disk", BUSYBOX)]


def test_a_full_disk_is_confirmed_by_another_program() -> None:
    """When the second one counts otherwise it is bad, but nothing is repaired for it."""
    agreed = told(reading("disk", DEBIAN), "/srv/my data")
    doubted = told(
        reading("disk", DEBIAN.replace("250000 17500 17500", "250000 90000 90000")), "/srv/my data"
    )

    assert (False, True) == (agreed.ok, agreed.confirmed)
    assert (False, False) == (doubted.ok, doubted.confirmed)


def test_only_a_sound_name_of_a_mount_gets_a_remedy() -> None:
    """A name with a blank, or one that leads elsewhere, is told to people only."""
    full = BUSYBOX.replace("25472016  80918896", "99999999  11")
    odd = full.replace(" /\n", " /srv/../etc\n")
    remedy = told(reading("disk", full), "/").remedy

    assert remedy
    assert ("free-disk-space", {"path": "/"}) == (remedy.runbook, remedy.parameters)
    assert told(reading("disk", odd), "/srv/../etc").remedy is None
    assert told(reading("disk", DEBIAN), "/srv/my data").remedy is None


def test_limits_and_what_is_left_out_of_the_disks() -> None:
    """Other percentages for a host, and mounts that are not looked at."""
    findings = reading("disk", DEBIAN, DiskLimits(percent=20, ignore=("/srv/my data",)))

    assert [("/", False)] == [(each.target, each.ok) for each in findings if not each.ok]


def test_when_a_disk_will_be_full() -> None:
    """From how it grew in the last hours; nothing is foretold from a jump or a fall."""
    steady = [Point(NOW - 60 * n, 93 - 0.05 * n) for n in range(100, 0, -1)]
    jumped = [Point(NOW - 60 * n, 20 if n > 90 else 93) for n in range(100, 0, -1)]

    assert told(reading("disk", DEBIAN, past=steady), "/srv/my data").text == (
        "/srv/my data is 93 % full, grows by 3.0 % an hour, full in about 2 h"
    )
    assert "full in" not in told(reading("disk", DEBIAN, past=jumped), "/srv/my data").text


@pytest.mark.parametrize("name", ["disk", "load", "services"])
@pytest.mark.parametrize("output", ["garbage", "--- inodes\n--- again\n", "\x00\n\n1\n2\n--- "])
def test_garbage_says_nothing(name: str, output: str) -> None:
    """Neither good nor bad."""
    with pytest.raises(Unreadable):
        reading(name, output)


def test_a_high_load_names_its_cause() -> None:
    """The busiest first, and who waits for a disk; confirmed by the time processes waited."""
    [finding] = reading("load", HIGH)

    assert not finding.ok
    assert finding.confirmed
    assert finding.text == (
        "load 9.1 on 2 processors, most of it php-fpm: pool (x) y (process 16335):"
        " 500 % of a processor"
    )
    assert finding.details.endswith("kworker (process 71): 2 % of a processor, waits for a disk")


def test_load_and_processors() -> None:
    """More processors bear more; a load that nobody waits for is not confirmed."""
    [many] = reading("load", HIGH.replace("\n2\n", "\n16\n"))
    [idle] = reading("load", HIGH.replace("avg10=98.82", "avg10=1.00"))
    [old] = reading("load", "9.1 9 7 1/2 3\n2\nprocs_running 2\n")
    [own] = reading("load", HIGH, LoadLimits(one_minute=20))

    assert (True, False, False, True) == (many.ok, idle.ok, old.ok, own.ok)
    assert [False, False, False] == [each.confirmed for each in (many, idle, old)]


def test_units_that_failed_and_that_are_missing() -> None:
    """A failed one may be restarted; a listed one that is not installed may not."""
    nginx, crond = reading("services", FAILED, ServiceLimits(units=("crond",)))

    assert nginx.text == "nginx.service is failed (failed): exit-code, status 1"
    assert nginx.confirmed
    assert nginx.remedy
    assert {"service": "nginx.service"} == nginx.remedy.parameters
    assert (False, "crond.service is not there", None) == (crond.ok, crond.text, crond.remedy)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Result=exit-code", "Result=start-limit-hit"),
        ("Result=exit-code", "Result=oom-kill"),
        ("NRestarts=0", "NRestarts=5"),
    ],
)
def test_units_that_no_restart_helps(before: str, after: str) -> None:
    """systemd gave up, or memory is short: a person has to look."""
    finding = reading("services", FAILED.replace(before, after))[0]

    assert finding.hopeless
    assert finding.remedy is None


def test_a_unit_that_still_has_processes_is_not_confirmed() -> None:
    """It stops, or starts slowly, or systemd is wrong: nothing is repaired."""
    finding = reading("services", FAILED.replace("0 nginx", "3 nginx"))[0]

    assert (False, False) == (finding.ok, finding.confirmed)


def test_machines_without_systemd() -> None:
    """Say nothing of units."""
    assert [] == reading("services", "--- none\n")
    assert [] == reading("services", "--- well\n")


def record(**state: Any) -> dict[str, Any]:
    """The engine's record of a container that was killed."""
    return {
        "RestartCount": 0,
        "HostConfig": {"RestartPolicy": {"Name": "always"}},
        "Config": {"Image": "web:1"},
        "State": {
            "Status": "exited", "Running": False, "Restarting": False, "OOMKilled": False,
            "Pid": 0, "ExitCode": 137, "Error": "", **state,
        },
    }  # fmt: skip


def test_containers_that_a_restart_helps_or_not() -> None:
    """Killed: restart. Out of memory, or restarting for ever: a person has to look."""
    killed = judged("web", record(), DockerLimits())
    starved = judged("web", record(OOMKilled=True), DockerLimits())
    again = {**record(Restarting=True, Status="restarting"), "RestartCount": 9}
    looping = judged("web", again, DockerLimits())

    assert (False, True) == (killed.ok, killed.confirmed)
    assert killed.remedy
    assert {"container": "web"} == killed.remedy.parameters
    assert [None, None] == [starved.remedy, looping.remedy]
    assert "out of memory" in starved.hopeless
    assert "9 times" in looping.hopeless


def test_containers_that_are_meant_to_have_ended() -> None:
    """Without an error, or without anybody who wants them to run."""
    done = judged("task", record(ExitCode=0), DockerLimits())
    unwanted = {**record(), "HostConfig": {"RestartPolicy": {"Name": "no"}}}

    assert done.ok
    assert judged("task", unwanted, DockerLimits()).ok
    assert not judged("task", unwanted, DockerLimits(containers=("task",))).ok


def test_an_unhealthy_container() -> None:
    """Its last probe is shown as one line that can be seen; its words are an outsider's."""
    health = {"Status": "unhealthy", "FailingStreak": 3, "Log": [{"Output": "no\n\x1b[2Jroot: ok"}]}
    state = {"Running": True, "Status": "running", "ExitCode": 0, "Pid": 7, "Health": health}
    finding = judged("web", record(**state), DockerLimits())

    assert (False, True, True) == (finding.ok, finding.confirmed, finding.external)
    assert finding.details.splitlines()[-1] == "probe: no [2Jroot: ok"


def test_words_from_outside() -> None:
    """One line that can be seen, of a bounded length; options and paths upwards are no names."""
    assert "a b" == shown("a\u202e\x00\nb ")
    assert "aaaa…" == shown("a" * 9, 5)
    assert [True, True, True] == [argument(name) for name in ("web-1", "a@b.service", "/srv/x")]
    assert not any(argument(name) for name in ("-rf", "--all", "a b", "a;b", "", "$(x)", "a/../b"))


def test_spans_and_trends() -> None:
    """Times as people say them; a trend needs points that are far enough apart."""
    assert ["90 s", "3 h", "5 days"] == [span(90), span(3 * 3600), span(5 * 86_400)]
    assert 0 == growth([Point(NOW - 2, 1)], NOW, 9)
    assert until(100, 50, 0) is None
    assert 50 == until(100, 50, 1)
