"""One dispatch for every command, whoever calls it."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.chat import User
from bot.command import Caller
from bot.ports import Forbidden, Refused
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ANN, BOB, THREAD, VIC, Bench, process
from tests.small_tools import RESTART, Lab


async def run(bench: Bench, name: str, args: dict[str, JsonValue] | str, by: User = BOB) -> str:
    return await bench.kernel.bot.command(name, args, Caller(by, THREAD))


async def test_help_lists_what_the_caller_may_do(tmp_path: Path, lab: Lab) -> None:
    """A viewer is not offered what an approver may do."""
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        theirs, anns = await run(bench, "help", "", VIC), await run(bench, "help", "", ANN)

    assert "approve approval [reason]" in anns
    assert "approve" not in theirs.replace("approvals", "")
    assert "stop [run]" in theirs


async def test_words_fill_the_arguments_in_order(tmp_path: Path, lab: Lab) -> None:
    """The last argument takes the rest of the line; programs give them by name."""
    async with process(tmp_path, ScriptedModel(calls(RESTART), says("No.")), lab.tools()) as bench:
        await run(bench, "ask", "restart nginx please")
        request = await bench.approval()
        text = await run(bench, "deny", f"{request.approval} busy hours, later", ANN)
        events = await bench.until("approval_decided")

    assert f"{request.approval} denied" == text
    assert "busy hours, later" == getattr(events[-1], "reason", "")


@pytest.mark.parametrize(
    ("name", "args", "reason"),
    [
        ("aprove", "X", "did you mean approve"),
        ("zzz", "", "help lists them"),
        ("approve", "", "Usage: approve approval"),
        ("whoami", "really", "nothing more"),
        ("approve", {"approval": "AAAAAAA", "colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_command_is_answered_with_the_right_one(
    tmp_path: Path, lab: Lab, name: str, args: dict[str, JsonValue] | str, reason: str
) -> None:
    """One clear line: what is wrong and what to write instead."""
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        with pytest.raises(Refused, match=reason):
            await run(bench, name, args, ANN)


async def test_roles_hold_for_commands(tmp_path: Path, lab: Lab) -> None:
    """An operator cannot approve by typing, nor a stranger do anything."""
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        with pytest.raises(Forbidden, match="approver"):
            await run(bench, "approve", "AAAAAAA", BOB)
        with pytest.raises(Forbidden):
            await run(bench, "status", "", User("web", "nobody-knows"))


async def test_looking_around(tmp_path: Path, lab: Lab) -> None:
    """Who am I, how is the bot, which tools and models, what waits."""
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        assert "web:bob, operator" == await run(bench, "whoami", "")
        assert "mode supervised, model reachable\nall parts work" == await run(bench, "status", "")
        assert "none of the models" in await run(bench, "model", "")
        assert "restart: Restart a unit." in await run(bench, "tools", "")
        assert "nothing waits for an approval" == await run(bench, "approvals", "")


async def test_a_thread_starts_afresh(tmp_path: Path, lab: Lab) -> None:
    """After *new* the model is not shown what was said before."""
    model = ScriptedModel(says("One."), says("Two."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await run(bench, "ask", "the first question")
        await bench.until("run_finished")
        await run(bench, "new", "the second question")
        await bench.until("run_finished", count=2)

    shown = " ".join(message.text for message in model.asked[1].messages[1:])
    assert "the second question" in shown
    assert "first" not in shown


async def test_stop_takes_the_threads_newest_run(tmp_path: Path, lab: Lab) -> None:
    """Nobody has to know the id of what they want to stop."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        receipt = await bench.say("restart nginx")
        await bench.approval()
        assert f"stopping {receipt.run}" == await run(bench, "stop", "")
        await bench.until("run_stopped")
