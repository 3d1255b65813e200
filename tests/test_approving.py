"""What waits for a person, and what their decision does."""

import asyncio
from pathlib import Path

import pytest

from bot.events import (
    ApprovalDecided,
    ToolFinished,
    ToolStarted,
)
from bot.ports import Conflict, Forbidden, Refused
from bot.tool import ToolCall
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.kernel_kit import ADMIN, ANN, BOB, kinds, process
from tests.small_tools import RESTART, Lab


async def test_a_change_waits_for_an_approver_and_then_runs_once(tmp_path: Path, lab: Lab) -> None:
    """Nothing happens before the click, it happens after it, and a second click changes nothing."""
    model = ScriptedModel(calls(RESTART), says("nginx is back."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        assert [] == lab.did
        with pytest.raises(Forbidden):
            await bench.kernel.bot.decide(request.approval, "approve", by=BOB)
        settled = await bench.kernel.bot.decide(request.approval.lower(), "approve", by=ANN)
        with pytest.raises(Conflict, match="already"):
            await bench.kernel.bot.decide(request.approval, "deny", by=ADMIN)
        events = await bench.until("run_finished")

    assert "approved" == settled.state
    assert ["restart nginx"] == lab.did
    assert [
        "run_started",
        "model_replied",
        "approval_requested",
        "approval_decided",
        "tool_started",
        "tool_finished",
        "model_replied",
        "run_finished",
    ] == kinds(events)


async def test_a_denial_and_its_reason_reach_the_model(tmp_path: Path, lab: Lab) -> None:
    """Denied: the call does not run, the rest of the reply neither, and the model plans again."""
    model = ScriptedModel(calls(RESTART, ToolCall("1.2", "look")), says("I left it."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "deny", by=ANN, reason="busy hours")
        events = await bench.until("run_finished")

    assert [] == lab.did
    assert ["denied", "denied"] == [e.outcome for e in events if isinstance(e, ToolFinished)]
    assert any("busy hours" in text for text in results(model.asked[1]))


async def test_an_edited_change_runs_as_edited(tmp_path: Path, lab: Lab) -> None:
    """An edit up to CHANGE is its own approval; the model reads the text that ran."""
    model = ScriptedModel(calls(RESTART), says("apache is back."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        settled = await bench.kernel.bot.decide(
            request.approval, "edit", by=ANN, arguments={"unit": "apache2"}
        )
        events = await bench.until("run_finished")

    assert ["restart apache2"] == lab.did
    assert settled.approval != request.approval
    started = [e for e in events if isinstance(e, ToolStarted)]
    assert [{"unit": "apache2"}] == [e.call.args for e in started]
    assert "apache2" in results(model.asked[1])[0]


async def test_an_unusable_edit_leaves_the_old_call_waiting(tmp_path: Path, lab: Lab) -> None:
    """Bad arguments are refused in one line, and the old approval still works."""
    model = ScriptedModel(calls(RESTART), says("Done."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        with pytest.raises(Refused, match="unit"):
            await bench.kernel.bot.decide(request.approval, "edit", by=ANN, arguments={"u": 1})
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert ["restart nginx"] == lab.did


async def test_a_hundred_clicks_are_one_decision(tmp_path: Path, lab: Lab) -> None:
    """Whoever is first wins; the others are told so; the command runs once."""
    model = ScriptedModel(calls(RESTART), says("Done."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()

        async def click(number: int) -> bool:
            decision = "approve" if number % 2 else "deny"
            try:
                await bench.kernel.bot.decide(request.approval, decision, by=ANN)
            except Conflict:
                return False
            return True

        async with asyncio.TaskGroup() as tasks:
            clicks = [tasks.create_task(click(number)) for number in range(100)]
        events = await bench.until("run_finished")

    assert 1 == sum(click.result() for click in clicks)
    assert 1 == len([e for e in events if isinstance(e, ApprovalDecided)])
    assert len(lab.did) <= 1


async def test_trust_covers_the_same_change_for_an_hour(tmp_path: Path, lab: Lab) -> None:
    """After *trust*, the same call in the thread runs without a second click."""
    again = ToolCall("2.1", "restart", {"unit": "nginx"})
    model = ScriptedModel(calls(RESTART), calls(again), says("Twice."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx twice")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "trust", by=ANN)
        await bench.until("run_finished")

    assert ["restart nginx", "restart nginx"] == lab.did


async def test_two_people_decide_when_told_so(tmp_path: Path, lab: Lab) -> None:
    """With AI_TWO_PERSON the requester cannot approve; somebody else can."""
    model = ScriptedModel(calls(RESTART), says("Done."))
    async with process(tmp_path, model, lab.tools(), two_person=True) as bench:
        await bench.say("restart nginx", ANN)
        request = await bench.approval()
        with pytest.raises(Refused, match="second person"):
            await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.kernel.bot.decide(request.approval, "approve", by=ADMIN)
        await bench.until("run_finished")

    assert ["restart nginx"] == lab.did


async def test_outsiders_words_cost_autonomy(tmp_path: Path, lab: Lab) -> None:
    """In autonomous mode a change runs unasked, until the run has read a log."""
    model = ScriptedModel(
        calls(RESTART),
        calls(ToolCall("2.1", "logs")),
        calls(ToolCall("3.1", "restart", {"unit": "x"})),
    )
    async with process(tmp_path, model, lab.tools(), mode="autonomous") as bench:
        await bench.say("take care of nginx", ANN)
        request = await bench.approval()

    assert ["restart nginx", "logs"] == lab.did
    assert ["output of logs"] == [influence.source for influence in request.tainted_by]
