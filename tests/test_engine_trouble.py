"""An engine that is not there, does not answer, or may not be used: one line says what to do."""

import asyncio
import os
import socket
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from bot.blocking import SIZES, WAITING
from bot.tool import ToolError
from tests.container_kit import at_engine, container
from tests.lab import engine as engines
from tests.lab.engine import scratch
from tests.tools_kit import call
from tools.container_logs import docker_logs
from tools.container_stats import docker_stats
from tools.containers import docker_restart, docker_status
from tools.engine import Engine, NoAnswer, engine_of


@pytest.fixture
def home() -> Generator[Path]:
    with scratch() as path:
        yield path


@pytest.fixture
def mute(home: Path) -> Generator[Path]:
    """The socket of an engine that takes every connection and never says a word."""
    path = home / "mute.sock"
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(path))
        listening.listen(200)
        yield path


def at(path: Path, patience: float = 5.0) -> Engine:
    return Engine("local", "ann@local", str(path), str(path), patience)


async def test_no_engine(home: Path, tmp_path: Path) -> None:
    """Every tool says that Docker does not run, and how it is started or installed."""
    ctx = at_engine(tmp_path, home / "docker.sock")
    started = "Docker does not run on local.*docker.sock: start it.*or install the package docker"
    for tool in (docker_status, docker_stats):
        with pytest.raises(ToolError, match=started):
            await call(tool, ctx)
    for tool in (docker_logs, docker_restart):
        with pytest.raises(ToolError, match=started):
            await call(tool, ctx, container="web")


async def test_an_engine_that_died(home: Path, tmp_path: Path) -> None:
    """Its socket is left, but nobody listens."""
    with closing(socket.socket(socket.AF_UNIX)) as once:
        once.bind(str(home / "docker.sock"))

    with pytest.raises(ToolError, match="Docker on local is down: start it"):
        await call(docker_status, at_engine(tmp_path, home / "docker.sock"))


async def test_an_engine_that_never_answers(mute: Path) -> None:
    """A short call ends after its patience, and so does a stream."""
    engine = at(mute, patience=0.3)
    began = monotonic()
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.3 s.*see system_info"):
        await engine.ask(lambda client: client.containers(all=True))
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.3 s"):
        await engine.every({"one": "/containers/one/json", "two": "/containers/two/json"})

    assert monotonic() - began < 5


async def test_hung_calls_refuse_more_at_once(mute: Path, tmp_path: Path) -> None:
    """Threads that wait for one engine fill up, and the next call is told so."""
    engine = at(mute, patience=0.2)
    ctx = at_engine(tmp_path, mute)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        hung = [group.create_task(_refused(engine)) for _ in range(SIZES["docker"] * (1 + WAITING))]
        await asyncio.sleep(0)
        with pytest.raises(ToolError, match="all 4 threads for docker@local are busy"):
            await call(docker_status, ctx)

    assert {True} == {each.result() for each in hung}


async def _refused(engine: Engine) -> bool:
    with pytest.raises(NoAnswer):
        await engine.ask(lambda client: client.containers(all=True))
    return True


def test_an_account_that_may_not_use_it(mute: Path) -> None:
    """The group that it has to join is named; root is never refused, so a child gives root up."""
    mute.parent.chmod(0o755)
    mute.chmod(0o600)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65_534)
        try:
            at(mute)._knock(1)
        except ToolError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    text = os.read(reading, 4096).decode()
    os.close(reading)
    os.waitpid(child, 0)

    assert text.startswith(f"ann@local may not use {mute}: add the account to the group docker")


async def test_a_connection_that_breaks(home: Path) -> None:
    """An engine that hangs up at once, as a tunnel to nowhere does."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    path = home / "rude.sock"
    async with await asyncio.start_unix_server(hang_up, path):
        with pytest.raises(ToolError, match="closed the connection: see that it runs"):
            await at(path).ask(lambda client: client.containers(all=True))
        with pytest.raises(ToolError, match="the connection to Docker on local broke"):
            await at(path).every({"one": "/containers/one/json"})


async def test_a_host_whose_engine_tools_may_not_use(tmp_path: Path) -> None:
    """The setting that would allow it is named."""
    ctx = at_engine(tmp_path, "")
    with pytest.raises(ToolError, match="set docker = true for it in the inventory"):
        await call(docker_status, ctx)


async def test_what_has_just_gone_is_left_out(engine: engines.Engine, tmp_path: Path) -> None:
    """A container that ends its life between list and look is no error."""
    ctx = at_engine(tmp_path, engine.socket)
    asked = await engine_of(ctx.hosts.get(None))
    with container(engine) as name:
        paths = {"there": f"/containers/{name}/json", "gone": "/containers/gone/json"}
        found = await asked.every(paths)

    assert ["there"] == list(found)
