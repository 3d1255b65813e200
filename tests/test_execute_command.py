"""execute_command: what runs at once, what asks, and how its end is told."""

import asyncio
from pathlib import Path

import pytest

import tools
from bot.tool import Level, OutcomeUnknown, Risk, ToolError, Trust
from tests.tools_kit import call, context, judged
from tools.commands import execute_command
from tools.security import classify

READS = [
    ("uptime", Trust.SYSTEM),
    ("uname -a", Trust.SYSTEM),
    ("df -h", Trust.SYSTEM),
    ("free -m", Trust.SYSTEM),
    ("ip addr show", Trust.SYSTEM),
    ("ps aux", Trust.EXTERNAL),
    ("ls -lah /var/log /etc", Trust.EXTERNAL),
    ("du -sh /var", Trust.EXTERNAL),
]


@pytest.mark.parametrize(("command", "trust"), READS)
def test_plain_readings_are_allowed(command: str, trust: Trust) -> None:
    """What only reads runs at once; only fixed formats do not taint."""
    verdict = classify(command)

    assert (Level.ALLOW, Risk.READ, trust) == (verdict.level, verdict.risk, verdict.trust)
    assert verdict.shape.startswith(command.split()[0])
    assert "" != verdict.policy


@pytest.mark.parametrize("command", ["", "   ", "\n", "ls\0rm"])
def test_what_no_shell_can_run_is_denied(command: str) -> None:
    """An empty command, or one with a NUL byte, has nothing to approve."""
    assert Level.DENY == classify(command).level


async def test_the_tool_is_judged_by_the_policy(tmp_path: Path) -> None:
    """The tool's own verdict is the policy's."""
    ctx = context(tmp_path / "data")

    assert classify("uptime") == await judged(execute_command, ctx, command="uptime")
    assert classify("rm x") == await judged(execute_command, ctx, command="rm x")
    assert not execute_command.read_only


async def test_output_streams_and_comes_back(tmp_path: Path) -> None:
    """Output is shown as it comes; success is told by the output alone."""
    shown: list[str] = []
    ctx = context(tmp_path / "data", progress=shown.append)
    result = await call(execute_command, ctx, command="echo one; echo two")

    assert "one\ntwo\n" == result.text == "".join(shown)


async def test_failure_is_a_result_that_says_so(tmp_path: Path) -> None:
    """An exit code other than 0 comes first; silence is told too."""
    ctx = context(tmp_path / "data")
    failed = await call(execute_command, ctx, command="echo no such thing; exit 1", cwd="/")
    silent = await call(execute_command, ctx, command="true")

    assert failed.text.startswith("exit 1 after 0.")
    assert failed.text.endswith(" s\nno such thing")
    assert "exit 0, no output" == silent.text


async def test_time_out_says_killed(tmp_path: Path) -> None:
    """A command that takes too long is killed, and what it said is kept."""
    ctx = context(tmp_path / "data")
    async with asyncio.timeout(10):
        result = await call(execute_command, ctx, command="echo begun; sleep 60", timeout=1)

    assert result.text.startswith("killed after 1")
    assert result.text.endswith("\nbegun\n[killed after 1 s]")


async def test_an_end_that_was_not_seen_is_unknown(tmp_path: Path) -> None:
    """When it may still run, the outcome of a command that is no reading is unknown."""
    ctx = context(tmp_path / "data")
    command = f"setsid sh -c 'echo $$ >{tmp_path}/pid; sleep 4; exit 0' & sleep 60"
    with pytest.raises(OutcomeUnknown, match="may still run"):
        async with asyncio.timeout(10):
            await call(execute_command, ctx, command=command, timeout=1)


async def test_an_unknown_host_names_the_known(tmp_path: Path) -> None:
    """A host that is not there is an error for the model."""
    with pytest.raises(ToolError, match="there are: local"):
        await call(execute_command, context(tmp_path / "data"), command="true", host="web9")


def test_every_tool_of_the_package_is_loaded() -> None:
    """Tools are found by their modules alone, and keep their schemas short."""
    loaded = tools.load()

    assert execute_command is loaded["execute_command"]
    assert {"command", "host", "cwd", "timeout"} == set(
        loaded["execute_command"].schema["properties"]
    )
