"""docker_exec: judged like a command line, run in a real container, and ended for certain."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from pydantic import JsonValue, ValidationError

from bot.tool import Level, OutcomeUnknown, Risk, ToolError
from tests.container_kit import at_engine, container, driving_engine
from tests.driving_kit import Driver
from tests.lab.engine import Engine
from tests.tools_kit import call, judged
from tools.container_exec import docker_exec

LASTING = "echo begun; sleep 61 & sleep 62"


@pytest.fixture
async def bot(tmp_path: Path, engine: Engine) -> AsyncGenerator[Driver]:
    (tmp_path / "data").mkdir()
    async with driving_engine(tmp_path / "data", engine.socket) as driver:
        yield driver


@pytest.fixture
def web(engine: Engine) -> Generator[str]:
    with container(engine) as name:
        yield name


def processes(engine: Engine, name: str) -> str:
    return engine.docker("top", name)


async def test_a_reading_runs_at_once(bot: Driver, web: str) -> None:
    """Text is run by the container's shell, words as they are; nobody is asked."""
    text = await bot.call("docker_exec", container=web, command="ls /bin | grep -x busybox; pwd")
    words = await bot.call("docker_exec", container=web, command=["echo", "a  b;", "$HOME"])

    assert "busybox\n/\n" == text.output
    assert "a  b; $HOME\n" == words.output
    assert [] == [*text.asked, *words.asked]


async def test_a_change_asks_and_is_done(bot: Driver, engine: Engine, web: str) -> None:
    """The card shows the equivalent command line and the container; then it has happened."""
    told = await bot.call("docker_exec", container=web, command="touch /tmp/done", workdir="/tmp")
    [asked] = told.asked

    assert "exit 0, no output" == told.output
    first, second = asked.preview.splitlines()
    assert f"docker exec -w /tmp {web} sh -c 'touch /tmp/done'" == first
    assert second.startswith(f"{web} running ")
    engine.docker("exec", web, "test", "-e", "/tmp/done")


async def test_a_catastrophe_is_refused(bot: Driver, web: str) -> None:
    """What the policy denies on a host it denies in a container, as text and as words."""
    for command in ("rm -rf /", ["rm", "-rf", "/"], ["sh", "-c", "rm -rf /"]):
        told = await bot.call("docker_exec", container=web, command=command)

        assert [] == told.started
        assert "denied" == told.only.outcome
        assert "protected tree" in told.only.output


RISKS = [
    ("cat /etc/hosts", Level.ALLOW, Risk.READ),
    (["cat", "/etc/hosts"], Level.ALLOW, Risk.READ),
    ("nginx -s reload", Level.ASK, Risk.CHANGE),
    ("env", Level.ASK, Risk.READ),
    (["rm", "-r", "/data"], Level.ASK, Risk.DANGER),
    ("sh", Level.ASK, Risk.DANGER),
    (["echo", "x; rm -rf /"], Level.ALLOW, Risk.READ),
    ("echo x; rm -rf /", Level.DENY, Risk.DANGER),
]


@pytest.mark.parametrize(("command", "level", "risk"), RISKS)
async def test_risks(tmp_path: Path, command: str | list[str], level: Level, risk: Risk) -> None:
    """The policy sees through to what runs in the container; words are never parsed again."""
    verdict = await judged(
        docker_exec, at_engine(tmp_path, "/nowhere"), container="web", command=command
    )

    assert (level, risk) == (verdict.level, verdict.risk)


async def test_failure_user_and_both_streams(tmp_path: Path, engine: Engine, web: str) -> None:
    """The exit code comes first, then output and errors; the user is who was asked for."""
    ctx = at_engine(tmp_path, engine.socket)
    command = "id -u; echo no >&2; exit 3"
    failed = await call(docker_exec, ctx, container=web, command=command, user="7:8")
    missing = await call(docker_exec, ctx, container=web, command=["nowhere"])

    assert failed.text.startswith("exit 3 after ")
    assert ["7", "no"] == sorted(failed.text.splitlines()[1:])
    assert missing.text.startswith("exit 126 after ")
    assert "executable file not found" in missing.text


async def test_a_time_out_ends_all_of_it(tmp_path: Path, engine: Engine, web: str) -> None:
    """What it started in the container is gone, also in the background; what it said is kept."""
    ctx = at_engine(tmp_path, engine.socket)
    result = await call(docker_exec, ctx, container=web, command=LASTING, timeout=1)

    assert result.text.startswith("killed after ")
    assert result.text.endswith("begun\n[killed after 1 s]")
    assert "sleep 6" not in processes(engine, web)


async def test_what_ignores_term_is_killed(tmp_path: Path, engine: Engine, web: str) -> None:
    """KILL follows after a second."""
    ctx = at_engine(tmp_path, engine.socket)
    command = "trap '' TERM; while :; do sleep 63; done"
    result = await call(docker_exec, ctx, container=web, command=command, timeout=1)

    assert result.text.endswith("[killed after 1 s]")
    assert "sleep 63" not in processes(engine, web)


async def test_a_stop_ends_it(tmp_path: Path, engine: Engine, web: str) -> None:
    """Cancelling the call ends what runs in the container."""
    begun = asyncio.Event()
    ctx = at_engine(tmp_path, engine.socket, progress=lambda _: begun.set())
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(call(docker_exec, ctx, container=web, command=LASTING))
        await begun.wait()
        running.cancel()

    assert running.cancelled()
    assert "sleep 6" not in processes(engine, web)


async def test_an_end_that_cannot_be_brought_is_unknown(
    tmp_path: Path, engine: Engine, web: str
) -> None:
    """Nothing can be ended in a container without a shell: that a change may still run is said."""
    ctx = at_engine(tmp_path, engine.socket)
    engine.docker("exec", web, "rm", "/bin/sh")
    command = ["tail", "-f", "/dev/null"]
    read = await call(docker_exec, ctx, container=web, command=command, timeout=1)
    with pytest.raises(OutcomeUnknown, match="may still run"):
        await call(docker_exec, ctx, container=web, command=["httpd", "-f"], timeout=1)

    assert "may still run" in read.text


async def test_too_much_output_is_cut_off(tmp_path: Path, engine: Engine, web: str) -> None:
    """After 50 MiB it is ended; head and tail are kept."""
    ctx = at_engine(tmp_path, engine.socket)
    result = await call(docker_exec, ctx, container=web, command="yes", timeout=60)

    assert "[killed after more than 50 MiB of output]" in result.text
    assert len(result.text) < 70_000


async def test_a_container_that_does_not_run(tmp_path: Path, engine: Engine, web: str) -> None:
    """The engine's own words."""
    engine.docker("stop", "--time", "0", web)
    with pytest.raises(ToolError, match=r"Docker on local: Container \w+ is not running"):
        await call(docker_exec, at_engine(tmp_path, engine.socket), container=web, command="ls")


BAD: list[dict[str, JsonValue]] = [
    {"container": "-it", "command": "ls"},
    {"container": "web", "command": ""},
    {"container": "web", "command": []},
    {"container": "web", "command": "ls", "user": "-x"},
    {"container": "web", "command": "ls", "workdir": "tmp"},
]


@pytest.mark.parametrize("args", BAD)
def test_arguments_that_could_be_options_are_refused(args: dict[str, JsonValue]) -> None:
    """Names, users and directories look like what they are."""
    with pytest.raises(ValidationError):
        docker_exec.parse(args)
