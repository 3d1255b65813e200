"""Secrets are hidden from people and models; nothing else can hide behind them."""

from pathlib import Path

import pytest

from bot.command import Caller
from bot.events import ToolFinished
from bot.ports import Part, Refused
from bot.tool import Risk, Tool, ToolCall, Trust, tool
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.kernel_kit import ANN, THREAD, process


@tool(risk=Risk.CHANGE, trust=Trust.SYSTEM)
async def shell(command: str) -> str:
    """Pretend to run a command."""
    return f"ran {command}"


TOOLS: list[Tool] = [shell]


def asks_for(command: str) -> ScriptedModel:
    return ScriptedModel(calls(ToolCall("1.1", "shell", {"command": command})), says("Well."))


@pytest.mark.parametrize(
    "command",
    [
        'curl http://x -H "cookie: a=b; touch HIDDEN && echo hi"',
        "echo 'db_pass='; touch HIDDEN #'",
        "echo ‹secret: password›; touch HIDDEN",
    ],
)
async def test_a_command_cannot_hide_behind_a_secret(tmp_path: Path, command: str) -> None:
    """What a card would not show must not run: the model is told to leave secrets out."""
    async with process(tmp_path, asks_for(command), TOOLS) as bench:
        await bench.say("go on")
        events = await bench.until("run_finished")

    assert ["error"] == [e.outcome for e in events if isinstance(e, ToolFinished)]


async def test_what_was_hidden_is_not_written_back(tmp_path: Path) -> None:
    """A text with a hidden secret, sent back by the model, would destroy the secret."""
    model = asks_for("write password=‹secret: value›")
    async with process(tmp_path, model, TOOLS) as bench:
        await bench.say("change the port")
        await bench.until("run_finished")

    assert "you were not shown" in results(model.asked[1])[0]


async def test_an_edit_cannot_hide_anything_either(tmp_path: Path) -> None:
    """The same rule holds for what people write into a card."""
    async with process(tmp_path, asks_for("uptime"), TOOLS) as bench:
        await bench.say("how long")
        request = await bench.approval()
        with pytest.raises(Refused, match="could not see"):
            await bench.kernel.bot.decide(
                request.approval,
                "edit",
                by=ANN,
                arguments={"command": "echo 'token='; touch HIDDEN #'"},
            )


async def test_a_plain_secret_is_hidden_and_may_run(tmp_path: Path) -> None:
    """A token without room for anything else is shown by its name, and runs as it is."""
    token = "ghp_" + "a1B2" * 9
    async with process(tmp_path, asks_for(f"login {token}"), TOOLS) as bench:
        await bench.say("log in")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert token not in str(events)
    assert "‹secret: " in str(request.call.args["command"])
    assert ["ok"] == [e.outcome for e in events if isinstance(e, ToolFinished)]


async def test_what_is_wrong_with_a_part_is_told_without_secrets(tmp_path: Path) -> None:
    """A part's trouble is in the health and in ``status``, and a secret in it is not."""
    line = "x.py:3: OSError: no answer from postgresql://bot:pa55word-of-mine@db/shop"
    async with process(tmp_path) as bench:
        bench.kernel.add(Part(troubles=lambda: {"plugin x.py": line}))
        health = await bench.kernel.bot.read.health()
        said = await bench.kernel.bot.command("status", "", Caller(ANN, THREAD))

    assert health.parts["plugin x.py"].startswith("x.py:3: OSError: no answer from postgresql://")
    assert "pa55word" not in f"{health}{said}"
    assert "plugin x.py: x.py:3: OSError" in said
