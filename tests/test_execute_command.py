"""execute_command: what runs at once, what asks, and how its end is told."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tools
from bot.tool import Level, OutcomeUnknown, Risk, ToolError, Trust
from tests.tools_kit import call, context, judged
from tools.commands import execute_command
from tools.security import classify
from tools.security.plain import PROGRAMS

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
NOT_PLAIN = """rm -rf /|rm -rf --no-preserve-root /|ls; rm x|ls && rm x|ls | sh|ls $(rm x)|ls `rm x`
ls > x|ls >x|ls < x|ls &|ls\\nrm x|ls $HOME|ls ~|ls *|ls ?|ls {a,b}|ls 'a'|ls "a"|ls \\a|ls #|!ls
ls  -l| ls|ls |ls\t-l|ls\u00a0-l|ls é|/bin/ls|./ls|LS|FOO=1 ls|PATH=. ls|ls --color=always|ls -R
ls --|ls - |date -s 2020|date 0101|date +%s|hostname evil|hostname -F f|uname --help|ip link set
ip addr add|ip -b f|ip netns exec x|free -s 1|ss -K|ss -p|df -h /mnt|uptime x|ps e|cat /etc/hosts
env|sudo ls|bash -c ls|exec ls|eval ls|command ls|vmstat 1|lsblk -o NAME|whoami root|id root|time ls
coproc ls|stat -f /|stat -c %n x|du -a|echo -e x|systemctl restart nginx|tail -f x|find / -delete
(ls)|{ ls|[ x|: x|. x|ls %1 ^x|ls\rrm|ls \x1b[0m"""
PLAINLY_WRITTEN = [
    line.replace("\\n", "\n") for text in NOT_PLAIN.split("\n") for line in text.split("|") if line
]


@pytest.mark.parametrize(("command", "trust"), READS)
def test_plain_readings_are_allowed(command: str, trust: Trust) -> None:
    """Listed programs with listed words run at once; only fixed formats do not taint."""
    verdict = classify(command)

    assert (Level.ALLOW, Risk.READ, trust) == (verdict.level, verdict.risk, verdict.trust)
    assert command.split()[0] == verdict.shape
    assert verdict.policy.startswith("plain-")


@pytest.mark.parametrize("command", PLAINLY_WRITTEN)
def test_everything_else_asks_as_a_danger(command: str) -> None:
    """Syntax, unknown programs, options and operands are not understood: DANGER, ask."""
    verdict = classify(command)

    assert (Level.ASK, Risk.DANGER) == (verdict.level, verdict.risk)
    assert "" != verdict.reasons[0]


@pytest.mark.parametrize("command", ["", "   ", "\n", "ls\0rm"])
def test_what_no_shell_can_run_is_denied(command: str) -> None:
    """An empty command, or one with a NUL byte, has nothing to approve."""
    assert Level.DENY == classify(command).level


@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(command: str) -> None:
    """No text makes the judge fail, and none is allowed without a listed program."""
    verdict = classify(command)

    assert verdict.level is not Level.ALLOW or command.split(" ")[0] in PROGRAMS


@given(
    st.sampled_from(sorted(PROGRAMS)), st.text("`$;&|<>(){}[]*?~!#'\"\\\n\r\t\0\x1b ü", min_size=1)
)
def test_no_syntax_passes_behind_a_listed_program(program: str, syntax: str) -> None:
    """A listed program with anything that means something to a shell is never allowed."""
    assert Level.ALLOW is not classify(f"{program} {syntax}").level
    assert Level.ALLOW is not classify(f"{program}{syntax}").level


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
