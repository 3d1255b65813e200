"""Docker of a host over SSH: its socket comes through the same connection, and so do results."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

import tools.hosts
from tests.container_kit import container, with_engine
from tests.driving_kit import Driver, driving
from tests.kernel_kit import settings
from tests.lab.engine import Engine
from tests.lab.machines import DOCKER, Machines


@pytest.fixture
async def bot(tmp_path: Path, engine: Engine, machines: Machines) -> AsyncGenerator[Driver]:
    """``web1`` as root, whose engine is the lab's; ``web2`` as somebody who may not use it."""
    inventory = tmp_path / "hosts.toml"
    inventory.write_text(
        machines.web1.toml(docker=DOCKER) + machines.web2.toml(docker=DOCKER, user="deploy")
    )
    chosen = settings(tmp_path, hosts_file=inventory)
    hosts = tools.hosts.create(chosen)
    both = with_engine(hosts, engine.socket)
    try:
        async with driving(tmp_path, hosts=both, hosts_file=inventory) as driver:
            yield driver
    finally:
        await hosts.close()


@pytest.fixture
def web(engine: Engine) -> Generator[str]:
    with container(engine) as name:
        yield name


async def test_the_same_containers_from_both_places(bot: Driver, web: str) -> None:
    """One engine, seen here and through SSH: the same rows, but for how old they are."""
    told = await bot.call("docker_status", filter=web, host=["local", "web1"])
    near, far = (told.on(host).table for host in ("local", "web1"))

    assert near is not None
    assert far is not None
    assert near.columns == far.columns
    assert [row[0] for row in near.rows] == [row[0] for row in far.rows] == [web]
    assert near.rows[0][2:6] == far.rows[0][2:6]


async def test_a_container_is_restarted_through_ssh(bot: Driver, engine: Engine, web: str) -> None:
    """After an approval for that host it was started anew."""
    words = ("inspect", "--format", "{{.State.StartedAt}}", web)
    before = engine.docker(*words)
    told = await bot.call("docker_restart", container=web, grace=1, host="web1")

    assert ["web1"] == [each.host for each in told.asked]
    assert f"after: {web} running" in told.output
    assert engine.docker(*words) > before


async def test_logs_stats_and_programs_through_ssh(bot: Driver, web: str) -> None:
    """Streams and sweeps go the same way."""
    logs = await bot.call("docker_logs", container=web, host="web1")
    stats = await bot.call("docker_stats", host="web1")
    ran = await bot.call("docker_exec", container=web, command="echo far; exit 3", host="web1")

    assert {"stdout ready", "stderr trouble"} == {row[21:] for row in logs.output.splitlines()}
    assert f"\n{web} | " in stats.output
    assert ran.output.startswith("exit 3 after ")
    assert ran.output.endswith("\nfar")


async def test_an_account_that_may_not_use_it_there(bot: Driver) -> None:
    """The account and the socket are named."""
    told = await bot.call("docker_status", host="web2")

    assert "error" == told.only.outcome
    assert "deploy@web2 may use /srv/docker.sock" in told.only.output


async def test_a_host_without_compose(bot: Driver, machines: Machines) -> None:
    """It has an engine, but nothing that reads projects: what to install is named."""
    machines.web1.ssh("mkdir -p /srv/app && echo 'services: {}' >/srv/app/compose.yaml")
    try:
        told = await bot.call("docker_compose", project="/srv/app", verb="ps", host="web1")
    finally:
        machines.web1.ssh("rm -r /srv/app")

    assert "error" == told.only.outcome
    assert "web1 has no Docker Compose: install the package" in told.only.output
