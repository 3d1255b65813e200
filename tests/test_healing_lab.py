"""Real troubles on a real machine, from the first bad reading to the note that they are over."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.agents import Ask
from bot.events import ModelReplied
from bot.tool import ToolCall
from healer.repairing import works
from tests.container_kit import container
from tests.fakes.model import calls, results, says
from tests.healing_kit import Thinking
from tests.healing_lab_kit import Watched, watched
from tests.lab.engine import Engine
from tests.lab.machines import Machine, Machines

NGINX = 'units = ["nginx"]'


@pytest.fixture
def web1(machines: Machines) -> Generator[Machine]:
    yield machines.web1
    machines.web1.ssh("systemctl start nginx")


def proposing(tool: str, runbook: str, **chosen: JsonValue) -> Thinking:
    """A model that looks with a *tool*, then proposes a runbook, then says so."""

    def script(ask: Ask) -> ModelReplied:
        match len(results(ask)):
            case 0:
                return calls(ToolCall("1", tool, {"host": "web1"} | _looking(tool)))
            case 1:
                wish: dict[str, JsonValue] = {"runbook": runbook, "parameters": chosen}
                return calls(ToolCall("2", "propose_runbook", wish))
            case _:
                return says("**Cause** somebody stopped it")

    return Thinking(script=script)


def _looking(tool: str) -> dict[str, JsonValue]:
    return {"service": "nginx"} if tool == "service_status" else {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ann      pts/0        Nov 28 12:10   .          1234 (10.0.0.7)", True),
        ("ann      pts/0        2026-11-28 12:10   .          1234 (10.0.0.7)", True),
        ("ann      tty1         Nov  8 00:03 00:09        1234", True),
        ("ann      tty1         Nov  8 00:03 00:10        1234", False),
        ("ann      pts/3        Nov 28 00:03  old         1234 (desk)", False),
        ("who: command not found", False),
    ],
)
def test_who_is_idle(line: str, *, expected: bool) -> None:
    """Somebody who typed within ten minutes works there, however the date is written."""
    assert works(line) is expected


def active(machine: Machine) -> str:
    return machine.ssh("systemctl is-active nginx || true")


def repaired(runbook: str, told: list[str]) -> bool:
    """Whether the events of an incident say that a repair of it began, helped and was noted."""
    words = (f"the healer begins {runbook}", "repaired: ", "resolved after", f"{runbook} helped")
    return all(any(word in line for line in told) for word in words)


async def stopped_is_suggested(bot: Watched, machine: Machine) -> list[str]:
    """What was told of nginx, which is stopped here, until it is over."""
    await bot.rounds(2)
    machine.ssh("systemctl stop nginx")
    await bot.rounds(2)
    [incident] = await bot.incidents()
    assert (incident.host, incident.target) == ("web1", "nginx.service")

    await bot.until(lambda found: found.repairing)
    assert active(machine) == "inactive"
    request = await bot.approve(incident)
    assert (request.host, "restart nginx.service" in request.preview) == ("web1", True)
    await bot.until(lambda found: found.noted)
    assert active(machine) == "active"
    return await bot.told(incident)


async def test_diagnosed_suggested_approved_restarted(tmp_path: Path, web1: Machine) -> None:
    """A stopped service is an incident after two looks; the model looks and proposes, an approver
    approves, it is restarted, verified and over. Promoted, the runbook does it alone the next
    time."""
    model = proposing("service_status", "restart-service")
    async with watched(tmp_path, web1, model, services=NGINX) as bot:
        told = await stopped_is_suggested(bot, web1)

        assert told[0] == "opened: nginx.service is inactive (dead) on web1"
        assert "the diagnosis proposes restart-service" in told
        assert any(line.startswith("the healer suggests restart-service") for line in told)
        assert any(line.startswith("repaired: restart nginx.service") for line in told)
        assert any(line.startswith("resolved after") for line in told)
        assert "restart-service helped" in told[-1]

        await bot.command("level", "restart-service auto")
        web1.ssh("systemctl stop nginx")
        again = await bot.until(lambda found: found.noted, known=2)

        assert active(web1) == "active"
        assert repaired("restart-service", await bot.told(again))
        events = await bot.run_of(again)
        assert not [event for event in events if event.kind == "approval_requested"]


async def test_without_a_model(tmp_path: Path, web1: Machine) -> None:
    """The same when no model is there: the check itself says which runbook helps."""
    async with watched(tmp_path, web1, services=NGINX) as bot:
        told = await stopped_is_suggested(bot, web1)

        assert not any("diagnosis" in line for line in told)
        assert any(line.startswith("the healer suggests restart-service") for line in told)
        assert any(line.startswith("repaired: restart nginx.service") for line in told)
        assert any(line.startswith("resolved after") for line in told)
        assert "restart-service helped" in told[-1]


async def test_killed_container(tmp_path: Path, web1: Machine, engine: Engine) -> None:
    """A container that was killed is restarted through the host's engine, and runs."""
    async with watched(tmp_path, web1, docker="enabled = true") as bot:
        await bot.trust("restart-container")
        with container(engine, "--restart", "on-failure:1") as name:
            await bot.rounds(2)
            engine.docker("kill", name)
            incident = await bot.until(lambda found: found.noted)
            running = engine.docker("inspect", "--format", "{{.State.Running}}", name)

        assert incident.target == f"container {name}"
        assert running == "true"
        assert repaired("restart-container", await bot.told(incident))


async def test_full_disk(tmp_path: Path, web1: Machine) -> None:
    """A file system that fills up is freed of old rotated logs, in the directory that the settings
    list and the model chooses; what is new or still written to stays."""
    logs = "/srv/lab/logs"
    model = proposing("disk_usage", "free-disk-space", directory=logs)
    limits = f'mounts = ["{logs}"]\nignore = ["/"]'
    web1.ssh(f"mkdir -p {logs} && mount -t tmpfs -o size=20m lab {logs}")
    try:
        async with watched(tmp_path, web1, model, given=logs, disk=limits) as bot:
            await bot.trust("free-disk-space")
            await bot.rounds(2)
            web1.ssh(
                f"cd {logs} && head -c 19m /dev/zero > app.log.2.gz && touch app.log app.log.1"
                " && touch -d '30 days ago' app.log.2.gz app.log"
            )
            incident = await bot.until(lambda found: found.noted)
            told, left = await bot.told(incident), web1.ssh(f"ls {logs}").split()
    finally:
        web1.ssh(f"umount {logs}")

    assert incident.target == logs
    assert left == ["app.log", "app.log.1"]
    assert "the diagnosis proposes free-disk-space" in told
    assert repaired("free-disk-space", told)


async def test_load(tmp_path: Path, web1: Machine) -> None:
    """What drives the load is named to people; there is nothing to repair by itself."""
    web1.ssh("systemd-run --quiet --unit busy sh -c 'exec yes >/dev/null'")
    limits = "one_minute = 0.01\nper_core = 0.001"
    try:
        async with watched(tmp_path, web1, load=limits) as bot:
            await bot.rounds(6)
            [incident] = await bot.incidents()
            why = await bot.command("why", incident.id)
            repairs = await bot.healer.records.repairs_of(incident.id)
    finally:
        web1.ssh("systemctl stop busy")

    assert (incident.check, incident.host) == ("load", "web1")
    assert incident.details.splitlines()[0].startswith("yes (process")
    assert "no runbook is suggested for it" in why
    assert not repairs


@contextmanager
def terminal(machine: Machine) -> Generator[None]:
    """Somebody who is logged in there."""
    words = [
        "ssh", "-F", "none", "-i", str(machine.key), "-tt", "-p", str(machine.port),
        "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
        "-o", f"UserKnownHostsFile={machine.known_hosts}", f"root@{machine.address}",
        "echo here; cat",
    ]  # fmt: skip
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        try:
            assert session.stdout
            assert session.stdout.readline().strip() == b"here"
            yield
        finally:
            session.kill()


async def test_somebody_works_there(tmp_path: Path, web1: Machine) -> None:
    """While a person has a terminal on the host nothing is repaired without being asked for; once
    they are gone it is."""
    async with watched(tmp_path, web1, services=NGINX) as bot:
        await bot.trust("restart-service")
        web1.ssh("touch /run/utmp")  # sshd records who is there only where one is
        with terminal(web1):
            web1.ssh("systemctl stop nginx")
            await bot.rounds(8)
            [incident] = await bot.incidents()
            why = await bot.command("why", incident.id)
            assert "somebody works on web1" in why
            assert not await bot.healer.records.repairs_of(incident.id)
            assert active(web1) == "inactive"
        web1.ssh("while who -u | grep -q pts; do sleep 0.1; done")

        await bot.until(lambda found: found.noted)

        assert active(web1) == "active"
        assert repaired("restart-service", await bot.told(incident))
