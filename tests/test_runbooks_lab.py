"""The runbooks that come with the bot, carried out on a real Debian host and Docker engine."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import agent
import tools
import tools.hosts
from bot.app import Kernel
from bot.chat import HEALER, IncomingMessage, ThreadRef
from bot.events import RunFailed, RunFinished, ToolStarted
from bot.ids import new_id
from bot.redact import Redactor
from bot.resources import Resources
from bot.store.sqlite import SqliteStore
from healer.catalogue import SHIPPED, Catalogue
from healer.order import Order
from healer.repair import RepairAgent
from tests.container_kit import container
from tests.fakes.model import ScriptedModel
from tests.kernel_kit import FAST, Bench, add_people, settings
from tests.lab.engine import Engine
from tests.lab.machines import DOCKER, Machine, Machines


@dataclass(frozen=True, slots=True)
class Repairs:
    """A bot that carries out runbooks on ``web1``."""

    bench: Bench
    catalogue: Catalogue

    async def carry_out(self, runbook: str, **given: str) -> tuple[str, list[str]]:
        """How it ended, and what ran, by the ids of the calls."""
        entry = self.catalogue.entries[f"quick-{runbook}"]
        order = Order(entry.runbook.id, entry.version, "web1", "K7QD2MX", "auto", given)
        thread = ThreadRef("web", "", "", new_id())
        message = IncomingMessage(new_id(), thread, HEALER, str(order), agent="repair")
        await self.bench.kernel.bot.receive(message)
        events = await self.bench.until("run_finished", "run_failed", thread=thread)
        ran = [each.call.id for each in events if isinstance(each, ToolStarted)]
        match events[-1]:
            case RunFinished(text=text) | RunFailed(reason=text):
                return text, ran
            case other:
                raise AssertionError(other)


@pytest.fixture
async def repairs(tmp_path: Path, machines: Machines) -> AsyncGenerator[Repairs]:
    """The shipped runbooks word for word, but for how long they wait before they verify."""
    own = tmp_path / "runbooks"
    own.mkdir()
    for file in SHIPPED.iterdir():
        text = file.read_text().replace("every: 40", "every: 1").replace("times: 3", "times: 2")
        (own / file.name).write_text(text.replace(f"id: {file.stem}", f"id: quick-{file.stem}"))
    inventory = tmp_path / "hosts.toml"
    inventory.write_text(machines.web1.toml(docker=DOCKER))
    async with _bot(tmp_path, inventory, Catalogue(own)) as running:
        yield running


@asynccontextmanager
async def _bot(data: Path, inventory: Path, catalogue: Catalogue) -> AsyncGenerator[Repairs]:
    chosen = settings(data, hosts_file=inventory)
    hosts = tools.hosts.create(chosen)
    toolset: Mapping[str, tools.Tool] = tools.load()
    agents = (agent.create(toolset), RepairAgent(catalogue, lambda: toolset, lambda _host: ""))
    async with SqliteStore.open(data / "bot.db") as store:
        await add_people(store)
        resources = Resources(hosts, None)
        model = ScriptedModel()
        kernel = Kernel(chosen, store, model, agents, resources, Redactor({}), FAST)
        try:
            async with asyncio.TaskGroup() as tasks:
                serving = tasks.create_task(kernel.serve(()))
                yield Repairs(Bench(kernel, store, model), catalogue)
                serving.cancel()
        finally:
            await hosts.close()


def active(machine: Machine, unit: str) -> str:
    return machine.ssh(f"systemctl is-active {unit} || true")


async def test_a_stopped_service_is_restarted(repairs: Repairs, machines: Machines) -> None:
    """It was down, it runs, and it was seen to run; asked again, there is nothing to repair."""
    machines.web1.ssh("systemctl stop nginx")

    told, ran = await repairs.carry_out("restart-service", service="nginx.service")
    again, looked = await repairs.carry_out("restart-service", service="nginx.service")

    assert told == "repaired: restart nginx.service; seen 2 times since: nginx.service is running"
    assert ran == ["look-1", "step-1", "verify-1-1", "verify-2-1"]
    assert active(machines.web1, "nginx") == "active"
    assert again == "nothing to repair: “nginx.service is not running” does not hold"
    assert looked == ["look-1"]


async def test_a_service_that_systemd_gave_up_on(repairs: Repairs, machines: Machines) -> None:
    """After too many starts another one would not help: it is left to a person."""
    web = machines.web1
    web.ssh(
        "systemd-run --unit lab-giveup --property Restart=always --property RestartSec=0"
        " --property StartLimitBurst=2 --property StartLimitIntervalSec=600 /bin/false;"
        " for i in $(seq 50); do systemctl is-failed -q lab-giveup && break; sleep 0.1; done"
    )
    try:
        told, ran = await repairs.carry_out("restart-service", service="lab-giveup.service")
    finally:
        web.ssh("systemctl reset-failed lab-giveup")

    assert ["look-1"] == ran
    assert told == (
        "not repaired: systemd restarted it by itself and gave up; find out why it does not stay up"
    )


async def test_nginx_reads_a_sound_configuration(repairs: Repairs, machines: Machines) -> None:
    """A configuration that passes its test is loaded; one that does not is left alone."""
    web = machines.web1
    web.ssh("systemctl start nginx")

    sound, _ = await repairs.carry_out("reload-nginx")
    web.ssh("echo nonsense > /etc/nginx/conf.d/lab.conf")
    try:
        broken, ran = await repairs.carry_out("reload-nginx")
    finally:
        web.ssh("rm /etc/nginx/conf.d/lab.conf")

    assert sound == "repaired: reload nginx; seen 2 times since: nginx is running"
    assert broken == (
        "not repaired: the test of the configuration failed; nginx goes on with the one that it has"
    )
    assert ran == ["look-1", "look-2"]


async def test_a_full_disk_is_freed(repairs: Repairs, machines: Machines) -> None:
    """Old rotated logs go, in the listed directory alone, and only until it is enough."""
    web = machines.web1
    web.ssh(
        "mkdir -p /var/log/nginx && mount -t tmpfs -o size=20m lab /var/log/nginx"
        " && cd /var/log/nginx && head -c 17m /dev/zero > access.log.2.gz"
        " && head -c 1m /dev/zero > access.log && head -c 1m /dev/zero > access.log.1"
        " && touch -d '30 days ago' access.log.2.gz access.log"
    )
    try:
        told, ran = await repairs.carry_out("free-disk-space", path="/var/log/nginx")
        left = web.ssh("ls /var/log/nginx").split()
    finally:
        web.ssh("umount /var/log/nginx")

    assert told.startswith("repaired: "), told
    assert left == ["access.log", "access.log.1"]
    assert ran[-4:] == ["step-5", "enough-5", "verify-1-1", "verify-2-1"]


async def test_a_dead_container_is_restarted(repairs: Repairs, engine: Engine) -> None:
    """Killed, found exited, restarted through the host's engine, and seen to run."""
    with container(engine) as name:
        engine.docker("kill", name)
        told, ran = await repairs.carry_out("restart-container", container=name)

        assert told.startswith(f"repaired: restart {name}"), told
        assert "step-1" in ran
        running = engine.docker("inspect", "--format", "{{.State.Running}}", name)
        assert running == "true"
