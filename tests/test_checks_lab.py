"""Checks on real machines: what goes wrong there is found, and what is behind it is named."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from healer.check import Answer, Finding, Limits, Point, Surroundings, check
from healer.checks.disk import DiskLimits
from healer.checks.docker import DockerLimits
from healer.checks.load import LoadLimits
from healer.checks.services import ServiceLimits
from tests.checks_kit import CHECKS, NOW, asked, found, inventory, texts, told, watching, well
from tests.lab.engine import Engine
from tests.lab.machines import DOCKER, Machine, Machines
from tools.hosts.inventory import Inventory

NGINX = ServiceLimits(units=("nginx",))


@dataclass(frozen=True, slots=True)
class Lab:
    hosts: Inventory
    web1: Machine


@pytest.fixture
async def lab(tmp_path: Path, machines: Machines) -> AsyncGenerator[Lab]:
    hosts = inventory(tmp_path, machines.inventory(tmp_path / "hosts.toml", docker=DOCKER))
    try:
        yield Lab(hosts, machines.web1)
    finally:
        await hosts.close()


async def services(lab: Lab, limits: ServiceLimits = NGINX) -> list[Finding]:
    return await found(lab.hosts.get("web1"), "services", limits)


async def test_a_stopped_service_is_found(lab: Lab) -> None:
    """A listed unit that is not active; its control group is empty, so a restart may help."""
    before = told(await services(lab), "nginx.service")
    lab.web1.ssh("systemctl stop nginx")
    stopped = told(await services(lab), "nginx.service")
    unlisted = await services(lab, ServiceLimits())
    lab.web1.ssh("systemctl start nginx")
    after = told(await services(lab), "nginx.service")

    assert (True, False, True) == (before.ok, stopped.ok, after.ok)
    assert stopped.text == "nginx.service is inactive (dead)"
    assert stopped.confirmed
    assert stopped.remedy
    assert {"service": "nginx.service"} == stopped.remedy.parameters
    assert [] == unlisted


async def test_a_failed_service_is_found_without_being_listed(lab: Lab) -> None:
    """Every failed unit is told of, unless it is to be ignored."""
    failing = "systemd-run --quiet --unit broken false"
    lab.web1.ssh(f"{failing}; until systemctl is-failed --quiet broken; do sleep 0.1; done")
    broken = told(await services(lab, ServiceLimits()), "broken.service")
    ignored = await services(lab, ServiceLimits(ignore=("broken.service",)))
    lab.web1.ssh("systemctl reset-failed broken")

    assert (False, True) == (broken.ok, broken.confirmed)
    assert broken.text == "broken.service is failed (failed): exit-code, status 1"
    assert [] == ignored


async def test_a_service_that_systemd_gave_up_is_hopeless(lab: Lab) -> None:
    """One more restart would not help: no remedy, a person has to look."""
    loop = "systemd-run --quiet --unit loops -p Restart=always -p RestartSec=0 /bin/false"
    given_up = "until systemctl is-failed --quiet loops; do sleep 0.1; done"
    lab.web1.ssh(f"{loop}; {given_up}")
    loops = told(await services(lab, ServiceLimits()), "loops.service")
    lab.web1.ssh("systemctl reset-failed loops")

    assert not loops.ok
    assert loops.hopeless
    assert loops.remedy is None


def near(lab: Lab, limits: DockerLimits) -> Surroundings:
    hosts = lab.hosts

    def of(host: str) -> DockerLimits:
        return limits if host == "web1" else DockerLimits(enabled=False)

    return Surroundings(hosts, of, lambda _host, _target: (), NOW, 0.0, well)


async def containers(lab: Lab, limits: DockerLimits) -> list[Finding]:
    look = CHECKS["docker"].look
    assert look
    return list((await look(near(lab, limits), DockerLimits()))["web1"])


async def test_a_killed_container_is_found(lab: Lab, engine: Engine) -> None:
    """It has a restart policy and ended in an error; started again it is well."""
    engine.docker(
        "run", "--detach", "--name", "shop", "--restart", "on-failure:1", engine.busybox(),
        "sleep", "1000",
    )  # fmt: skip
    try:
        before = told(await containers(lab, DockerLimits()), "container shop")
        engine.docker("kill", "shop")
        killed = told(await containers(lab, DockerLimits()), "container shop")
        engine.docker("start", "shop")
        after = told(await containers(lab, DockerLimits()), "container shop")
        missing = told(await containers(lab, DockerLimits(containers=("gone",))), "container gone")
    finally:
        engine.docker("rm", "--force", "shop")

    assert (True, False, True) == (before.ok, killed.ok, after.ok)
    assert killed.text == "container shop has ended, exit code 137"
    assert killed.confirmed
    assert killed.remedy
    assert {"container": "shop"} == killed.remedy.parameters
    assert (False, None) == (missing.ok, missing.remedy)


async def test_a_filled_disk_is_found(lab: Lab) -> None:
    """A small tmpfs is looked at when it is listed; its history says when it will be full."""
    lab.web1.ssh("mkdir -p /mnt/small && mount -t tmpfs -o size=1m,nr_inodes=100 tmpfs /mnt/small")
    limits = DiskLimits(mounts=("/mnt/small",))
    past = [Point(NOW - 60 * n, 95 - 0.1 * n) for n in range(60, 0, -1)]
    try:
        empty = await found(lab.hosts.get("web1"), "disk", limits)
        lab.web1.ssh("head -c 1000000 /dev/zero >/mnt/small/log")
        answer = await asked(lab.hosts.get("web1"), "disk", disk=limits)
        unlisted = await found(lab.hosts.get("web1"), "disk")
        full = told([each.finding for each in answer.seen], "/mnt/small")
        foretold = await _foretold(lab, limits, past)
    finally:
        lab.web1.ssh("umount /mnt/small && rmdir /mnt/small")

    assert (True, False, True) == (told(empty, "/mnt/small").ok, full.ok, full.confirmed)
    assert full.remedy
    assert {"path": "/mnt/small"} == full.remedy.parameters
    assert "/mnt/small" not in {each.target for each in unlisted}
    assert "full in about" in foretold.text


async def _foretold(lab: Lab, limits: DiskLimits, past: list[Point]) -> Finding:
    """The same disk, whose earlier readings are known."""
    check = CHECKS["disk"]
    assert callable(check.script)
    assert check.read
    host = lab.hosts.get("web1")
    done = await host.run(check.script(host, limits))
    answer = Answer(host, done.output, 0, lambda _target: past, NOW)
    return told(list(check.read(answer, limits)), "/mnt/small")


async def test_what_drives_the_load_is_named(lab: Lab) -> None:
    """The busiest process of the machine, first in the text and in the details."""
    lab.web1.ssh("systemd-run --quiet --unit busy sh -c 'exec yes >/dev/null'")
    host, any_load = lab.hosts.get("web1"), LoadLimits(one_minute=0.01, per_core=0.001)
    try:
        [finding] = await found(host, "load", any_load)
    finally:
        lab.web1.ssh("systemctl stop busy")

    assert not finding.ok
    assert "most of it yes (process" in finding.text
    assert finding.details.splitlines()[0].startswith("yes (process")


@check(every=30, script="echo begun; sleep 60", timeout=1)
def hung(answer: Answer, limits: Limits) -> Iterable[Finding]:
    """Never ends."""
    return []


async def test_over_ssh_a_script_that_hangs_harms_no_other(lab: Lab) -> None:
    """The others of its batch answer, and it leaves nothing behind on the machine."""
    watch = watching(lab.hosts, hung, CHECKS["host"], CHECKS["services"])
    seen = await watch.look(NOW)
    lab.web1.ssh("while pgrep -f '^sleep 60'; do sleep 0.1; done")

    assert {"host@web1: web1 can be reached", "host@web2: web2 can be reached"} <= set(texts(seen))
    assert {"check hung on web1", "check hung on web2"} <= watch.troubles().keys()


async def test_a_machine_that_went_away(lab: Lab, tmp_path: Path, machines: Machines) -> None:
    """Nobody listens at its port: that is the only finding."""
    text = lab.web1.toml().replace(f"port = {lab.web1.port}", "port = 1")
    (tmp_path / "away.toml").write_text(text)
    hosts = inventory(tmp_path, tmp_path / "away.toml")
    seen = await watching(hosts, CHECKS["host"], CHECKS["services"]).look(NOW)
    await hosts.close()

    [away] = [each for each in seen if each.host == "web1"]
    assert ("host", "", False) == (away.check, away.finding.target, away.finding.ok)
    assert away.finding.text.startswith("web1 cannot be reached: ")
