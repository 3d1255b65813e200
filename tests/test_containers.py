"""docker_status, docker_restart and docker_stats on a real engine, through the agent."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from time import monotonic

import pytest

import tools.hosts
import tools.naming
from bot.events import ToolFinished
from bot.tool import Level, Risk, ToolError, Trust
from tests.container_kit import at_engine, container, driving_engine, with_engine
from tests.driving_kit import Driver
from tests.kernel_kit import settings
from tests.lab.engine import Engine
from tests.tools_kit import call, judged, previewed
from tools.container_stats import docker_stats
from tools.containers import docker_restart, docker_status


@pytest.fixture
async def bot(tmp_path: Path, engine: Engine) -> AsyncGenerator[Driver]:
    (tmp_path / "data").mkdir()
    async with driving_engine(tmp_path / "data", engine.socket) as driver:
        yield driver


@pytest.fixture
def web(engine: Engine) -> Generator[str]:
    with container(engine, "--env", "PASSWORD=hunter2", "--publish", "127.0.0.1::80") as name:
        yield name


def rows(event: ToolFinished) -> dict[str, dict[str, str]]:
    """The table of a result: by its first column, the others by their names."""
    assert event.table is not None
    columns = event.table.columns
    return {row[0]: dict(zip(columns, row, strict=True)) for row in event.table.rows}


def started_at(engine: Engine, name: str) -> str:
    return engine.docker("inspect", "--format", "{{.State.StartedAt}}", name)


async def test_every_container_is_listed(bot: Driver, engine: Engine, web: str) -> None:
    """State, restarts, image, ports and age; one that ended says how. No environment is told."""
    with container(engine, program="exit 3") as ended:
        engine.docker("wait", ended)
        told = await bot.call("docker_status")
    listed = rows(told.only)

    assert listed[web]["state"].startswith("running ")
    assert ("-", "0", "busybox:lab") == tuple(
        listed[web][column] for column in ("health", "restarts", "image")
    )
    assert "→80/tcp" in listed[web]["ports"]
    assert listed[web]["age"].endswith(" s")
    assert listed[ended]["state"].startswith("exited (3) ")
    assert listed[ended]["state"].endswith(" ago")
    assert f"{ended} | exited (3)" in told.output
    assert "hunter2" not in told.output
    assert [] == told.asked


async def test_a_container_is_really_restarted(bot: Driver, engine: Engine, web: str) -> None:
    """After an approval that shows its state, it was started anew; both states are told."""
    before = started_at(engine, web)
    told = await bot.call("docker_restart", container=web, grace=2)

    assert started_at(engine, web) > before
    [asked] = told.asked
    assert Risk.CHANGE == asked.verdict.risk
    assert f"restart the container {web}" in asked.verdict.reasons
    assert asked.preview.startswith(f"{web} running ")
    assert f"before: {web} running" in told.output
    assert f"after: {web} running" in told.output
    assert told.only.table is not None
    assert ("", "before", "after") == told.only.table.columns


async def test_a_restart_waits_for_health(tmp_path: Path, engine: Engine) -> None:
    """A container with a health check is done when it is healthy, and that is shown as it goes."""
    check = ["--health-cmd", "test -e /ready", "--health-interval", "100ms"]
    check += ["--health-retries", "100"]
    program = "rm -f /ready; sleep 1; touch /ready; exec sleep 600"
    shown: list[str] = []
    with container(engine, *check, program=program) as name:
        ctx = at_engine(tmp_path / "data", engine.socket, progress=shown.append)
        result = await call(docker_restart, ctx, container=name, grace=0)

    assert ", healthy," in result.text.partition("after:")[2]
    assert [f"{name} is starting\n", f"{name} is healthy\n"] == shown[-2:]


async def test_a_container_that_does_not_come_back_is_told(tmp_path: Path, engine: Engine) -> None:
    """One that ends at once was restarted, but is not well: the error says its exit code."""
    with container(engine, program="exit 4") as name:
        engine.docker("wait", name)
        ctx = at_engine(tmp_path / "data", engine.socket)
        with pytest.raises(ToolError, match=rf"not well: {name} exited \(4\).*see docker_logs"):
            await call(docker_restart, ctx, container=name)


async def test_an_unhealthy_container_says_what_its_check_said(
    tmp_path: Path, engine: Engine
) -> None:
    """The words of the health check come with the error."""
    check = ["--health-cmd", "echo no database; exit 1", "--health-interval", "100ms"]
    with container(engine, *check, "--health-retries", "1") as name:
        ctx = at_engine(tmp_path / "data", engine.socket)
        with pytest.raises(ToolError, match=r"unhealthy.*its health check said: no database"):
            await call(docker_restart, ctx, container=name, grace=0)


async def test_a_wrong_name_is_answered_with_the_right_ones(
    tmp_path: Path, engine: Engine, web: str
) -> None:
    """Also before anybody is asked: the preview fails the same way."""
    ctx = at_engine(tmp_path / "data", engine.socket)
    there = rf"there is no container wbe on local; there are: .*{web}"
    with pytest.raises(ToolError, match=there):
        await call(docker_restart, ctx, container="wbe")
    with pytest.raises(ToolError, match=there):
        await previewed(docker_restart, ctx, {"container": "wbe"})


async def test_risks(tmp_path: Path) -> None:
    """Looking is allowed, but tells outsiders' words; a restart asks."""
    ctx = at_engine(tmp_path / "data", "/nowhere")
    looking = [await judged(each, ctx) for each in (docker_status, docker_stats)]
    restart = await judged(docker_restart, ctx, container="web")

    assert {(Level.ALLOW, Risk.READ, Trust.EXTERNAL)} == {
        (each.level, each.risk, each.trust) for each in looking
    }
    assert (Level.ASK, "docker_restart web") == (restart.level, restart.shape)


async def test_what_containers_use(bot: Driver, engine: Engine, web: str) -> None:
    """A busy one comes first with a whole processor, an idle one uses next to nothing."""
    with container(engine, program="while :; do :; done") as busy:
        told = await bot.call("docker_stats")
    used = rows(told.only)

    assert busy == next(iter(used))
    assert float(used[busy]["cpu"].rstrip("%")) > 20
    assert float(used[web]["cpu"].rstrip("%")) < 20
    assert used[web]["memory"].endswith("iB")
    assert used[web]["net in"] != ""
    assert int(used[web]["processes"]) >= 1


async def test_twenty_containers_in_one_sweep(tmp_path: Path, engine: Engine) -> None:
    """All that run are told of at once, each with what it uses."""
    image = engine.busybox()
    names = [f"sweep-{number}" for number in range(20)]
    for name in names:
        engine.docker("create", "--name", name, "--network", "none", image, "sleep", "600")
    try:
        engine.docker("start", *names)
        began = monotonic()
        result = await call(docker_stats, at_engine(tmp_path / "data", engine.socket))
        print(f"20 containers in {monotonic() - began:.2f} s")
    finally:
        engine.docker("rm", "--force", *names)

    assert [] == [name for name in names if f"\n{name} | " not in result.text]


async def test_containers_are_suggested(engine: Engine, web: str, tmp_path: Path) -> None:
    """While a name is typed: the containers of the engine, each with its state."""
    hosts = with_engine(tools.hosts.create(settings(tmp_path)), engine.socket)
    found = await tools.naming.sources(hosts)["container"].fn({"host": "local"})

    [mine] = [each for each in found if each.value == web]
    assert mine.about.startswith("Up")
