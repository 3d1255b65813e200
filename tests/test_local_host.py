"""Commands on this machine: exact text, clean environment, a certain end, bounded output."""

import asyncio
import os
import resource
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.config import BadSettings
from bot.resources import Host
from bot.tool import OutcomeUnknown, ToolError
from tests.ssh_kit import over_ssh
from tests.tools_kit import local, settings
from tools.hosts import create, processes
from tools.hosts.processes import members


@pytest.fixture(params=["local", "ssh"])
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Host]:
    """This machine, as itself and over SSH: the same must hold."""
    if request.param == "local":
        yield local(tmp_path / "data")
        return
    remote = over_ssh(request.getfixturevalue("sshd"))
    yield remote
    await remote.link.closed()


@pytest.fixture
def here(tmp_path: Path) -> Host:
    return local(tmp_path / "data")


async def test_output_and_exit_code(host: Host) -> None:
    """Both streams come interleaved, with the exit code."""
    result = await host.run("echo out; echo err >&2; exit 3")

    assert ("out\nerr\n", 3, "exited") == (result.output, result.exit_code, result.ended)


async def test_a_signal_is_told_as_shells_tell_it(host: Host) -> None:
    """A command that dies by signal 9 ends with 137."""
    assert 137 == (await host.run("kill -9 $$")).exit_code


async def test_the_text_reaches_bash_unchanged(host: Host) -> None:
    """Quotes, dollars, backslashes, line feeds and non-ASCII mean what they mean to bash."""
    text = "printf '%s|' 'a  b' \"$((1+1))\" \\$x 'ü\n€' \"it's\"; [[ x == x ]] && echo ok"
    result = await host.run(text)

    assert "a  b|2|$x|ü\n€|it's|ok\n" == result.output


async def test_nothing_stands_around_the_text(host: Host) -> None:
    """It has no arguments, its lines count from one, and a comment or an empty line harms nothing,
    just as in a ``bash -c`` of its own."""
    result = await host.run('# what\n\necho "$# $0 [$1]" $LINENO\nnosuch')

    assert "0 bash [] 3\nbash: line 4: nosuch: command not found\n" == result.output
    assert 127 == result.exit_code


async def test_the_environment_is_clean(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the bot's own environment reaches a command."""
    monkeypatch.setenv("AI_ADMIN_PASSWORD", "hunter2")
    monkeypatch.setenv("BASH_ENV", "/nonexistent")
    lines = (await host.run("env")).output.splitlines()
    names = sorted(line.partition("=")[0] for line in lines)

    expected = "GIT_TERMINAL_PROMPT HOME LC_ALL PAGER PATH PWD SHLVL TERM USER _"
    assert expected.split() == names
    assert "PATH=/usr/sbin:/usr/bin:/sbin:/bin" in lines


async def test_nothing_to_read_and_no_terminal(host: Host) -> None:
    """Standard input is empty, and there is no terminal to ask somebody on."""
    result = await host.run("cat; tty; : </dev/tty && echo terminal || echo none")

    assert "not a tty" in result.output
    assert "none" == result.output.splitlines()[-1]


async def test_it_starts_at_home_or_where_it_is_told(host: Host, tmp_path: Path) -> None:
    """The working directory is the account's home, never the bot's own; cwd changes it."""
    assert str(Path.home()) == (await host.run("pwd")).output.strip()
    assert str(tmp_path) == (await host.run("pwd", cwd=str(tmp_path))).output.strip()


@pytest.mark.parametrize("cwd", ["relative", "/nonexistent", "/etc/passwd", "/\0"])
async def test_a_bad_directory_is_said(host: Host, cwd: str) -> None:
    """A cwd that cannot be used is an error for the model, and nothing runs."""
    with pytest.raises(ToolError):
        await host.run("touch ran", cwd=cwd)


@pytest.mark.parametrize("command", ["echo \0", "echo " + "x" * 200_000])
async def test_what_cannot_be_started_is_said(host: Host, command: str) -> None:
    """NUL bytes and texts beyond what the system takes are errors for the model."""
    with pytest.raises(ToolError, match="cannot be started"):
        await host.run(command)


async def test_time_is_up_for_the_whole_group(host: Host) -> None:
    """Children that ignore TERM, in pipes and in groups of their own, are all killed."""
    command = (
        "trap '' TERM; echo $$; set -m; (trap '' TERM; sleep 60; sleep 60) & "
        "set +m; (trap '' TERM; sleep 60; sleep 60) | cat; wait"
    )
    async with asyncio.timeout(10):
        result = await host.run(command, timeout=0.5)

    session = int(result.output.split()[0])
    assert ("killed", None) == (result.ended, result.exit_code)
    assert "[killed after 0.5 s]" == result.output.splitlines()[-1]
    assert [] == members(session)


async def test_what_escapes_may_still_run(host: Host, tmp_path: Path) -> None:
    """A process that left the session and holds the output is reported, not claimed dead."""
    pid = tmp_path / "pid"
    command = f"setsid sh -c 'trap \"\" TERM; echo $$ >{pid}; sleep 60; exit 0' & sleep 60"
    async with asyncio.timeout(10):
        result = await host.run(command, timeout=0.5)
    [escaped] = members(int(pid.read_text()))[:1]
    os.killpg(escaped, 9)

    assert "may still run" == result.ended
    assert "may still run" in result.output


async def test_a_cancelled_command_is_gone(host: Host) -> None:
    """Cancelling kills the group before the cancel goes on, also one that ignores TERM."""
    session: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def seen(text: str) -> None:
        session.set_result(int(text))

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        command = "trap '' TERM; echo $$; sleep 60; sleep 60"
        task = group.create_task(host.run(command, on_output=seen))
        await session
        task.cancel()

    assert task.cancelled()
    assert [] == members(session.result())


async def test_a_cancel_without_a_certain_end_is_told(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When something may still run after a cancel, the outcome is unknown."""
    monkeypatch.setattr(processes, "GRACE", 0.1)
    pid = tmp_path / "pid"
    started = asyncio.Event()
    command = f"setsid sh -c 'echo $$ >{pid}; echo up; sleep 60; exit 0' & sleep 60"
    with pytest.raises(OutcomeUnknown, match="may still run"):
        async with asyncio.timeout(10):
            await _cancelled_once(host, command, started)
    os.killpg(int(pid.read_text()), 9)


async def _cancelled_once(host: Host, command: str, started: asyncio.Event) -> None:
    task = asyncio.ensure_future(host.run(command, on_output=lambda _: started.set()))
    await started.wait()
    task.cancel()
    await task


async def test_a_background_child_does_not_hold_the_call(host: Host, tmp_path: Path) -> None:
    """A child left behind with the output open is mentioned and not waited for."""
    async with asyncio.timeout(5):
        result = await host.run("sleep 60 & echo $!")
    os.kill(int(result.output.split()[0]), 9)

    assert ("exited", 0) == (result.ended, result.exit_code)
    assert "[a process it started still runs in the background]" in result.output


async def test_endless_output_is_ended_with_flat_memory(host: Host) -> None:
    """200 MB of output: read to 50 MiB, killed, 64 KiB kept, memory stays where it was."""
    shown: list[str] = []
    await host.run("yes | head -c 1M")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with asyncio.timeout(60):
        result = await host.run("yes | head -c 200M", on_output=shown.append)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert "killed" == result.ended
    assert result.output.endswith("[killed after more than 50 MiB of output]\n")
    assert 50 * 2**20 - 2**16 <= result.dropped <= 50 * 2**20 + 2**17
    assert len(result.output) < 66_000
    assert sum(map(len, shown)) < 66_000
    assert grown < 10_000  # KiB


async def test_ten_megabytes_in_one_line(host: Host) -> None:
    """A line without an end is cut like all else."""
    result = await host.run("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end")

    assert result.output.endswith("xxx\nend\n")
    assert 10_000_005 - 65_536 == result.dropped


async def test_binary_output_becomes_text(host: Host) -> None:
    """Whatever bytes come, what is kept can be stored and shown."""
    result = await host.run("head -c 1000000 /dev/urandom")

    assert 0 == result.exit_code
    assert result.output.encode().decode() == result.output
    assert {c for c in result.output if c < " "} <= {"\n", "\t"}


async def test_commands_run_side_by_side(host: Host) -> None:
    """Ten commands that wait for each other's files end together."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(host.run(f"sleep 0.2; echo {n}")) for n in range(10)]

    assert [f"{n}\n" for n in range(10)] == [task.result().output for task in tasks]


def test_hosts_are_named_when_there_is_no_such_host(tmp_path: Path) -> None:
    """Only local is known; another name says so."""
    hosts = create(settings(tmp_path / "data"))

    assert ["local"] == list(hosts.names())
    assert ("local",) == tuple(hosts.expand("local"))
    with pytest.raises(ToolError, match="there is no host 'web1'; there are: local"):
        hosts.get("web1")


@pytest.mark.parametrize("root", ["write", "write:relative", "exec:/", "write:{data}/secrets"])
def test_bad_roots_refuse_to_start(tmp_path: Path, root: str) -> None:
    """A root that makes no sense, or holds the bot's own data, names the setting."""
    data = tmp_path / "data"
    with pytest.raises(BadSettings, match="AI_FILES_ROOTS"):
        create(settings(data, root.format(data=data)))
