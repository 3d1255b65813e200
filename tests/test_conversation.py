"""A message through the whole kernel, to its answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.events import (
    ModelReplied,
    RunFailed,
    RunFinished,
)
from bot.ports import ModelError, Refused
from bot.spending import Budget
from bot.tool import Risk, ToolCall, Trust, tool
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.kernel_kit import ADMIN, FAST, kinds, process
from tests.small_tools import Lab

RESTART_LATER = ToolCall("1.3", "restart", {"unit": "nginx"})


async def test_a_question_is_answered(tmp_path: Path, lab: Lab) -> None:
    """A message becomes a run; its events end with the answer."""
    async with process(tmp_path, ScriptedModel(says("All is well.")), lab.tools()) as bench:
        await bench.say("how are you?")
        events = await bench.until("run_finished")

    assert ["run_started", "model_replied", "run_finished"] == kinds(events)
    assert RunFinished("All is well.") == events[-1]


async def test_reads_run_at_once_and_in_parallel(tmp_path: Path, lab: Lab) -> None:
    """READ calls need nobody; results reach the model in the order of the calls."""
    model = ScriptedModel(
        calls(ToolCall("1.1", "slow"), ToolCall("1.2", "look", {"at": "disk"})), says("Fine.")
    )
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("look")
        await bench.until("tool_finished")
        assert ["look disk"] == lab.did
        lab.go.set()
        await bench.until("run_finished")

    assert ["done", "disk is fine"] == list(results(model.asked[1]))


async def test_a_failing_model_ends_the_run_honestly(tmp_path: Path, lab: Lab) -> None:
    """The person reads what failed; the bot goes on with the next message."""
    model = ScriptedModel(ModelError("the model went away"), says("Back."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("hello")
        failed = await bench.until("run_failed")
        await bench.say("hello again")
        await bench.until("run_finished")

    assert RunFailed("the model went away") == failed[-1]


async def test_nonsense_calls_go_back_as_errors(tmp_path: Path, lab: Lab) -> None:
    """Unknown tools and bad arguments are told with what exists; a change after them waits."""
    model = ScriptedModel(
        calls(ToolCall("1.1", "explode"), ToolCall("1.2", "look", {"where": 1}), RESTART_LATER),
        says("Sorry."),
    )
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("do something")
        await bench.until("run_finished")

    unknown, bad, later = results(model.asked[1])
    assert "restart" in unknown
    assert "at" in bad
    assert "not tried" in later
    assert [] == lab.did


async def test_a_bug_in_a_tool_fails_its_run_only(tmp_path: Path) -> None:
    """An exception that is no ToolError ends the run with a line; the process lives on."""

    @tool(risk=Risk.READ, trust=Trust.SYSTEM)
    async def broken() -> str:
        """Fail by a bug."""
        raise ZeroDivisionError

    model = ScriptedModel(calls(ToolCall("1.1", "broken")), says("Fine."))
    async with process(tmp_path, model, [broken]) as bench:
        await bench.say("try")
        failed = await bench.until("run_failed")
        await bench.say("again")
        await bench.until("run_finished")

    assert "internal error" in str(failed[-1])


async def test_unreadable_messages_are_refused_and_leave_no_trace(tmp_path: Path, lab: Lab) -> None:
    """Empty, endless or binary text, or a model that is not there: one clear line each."""
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        for text, reason in (("  ", "empty"), ("x" * 100_000, "at most"), ("a\0b", "binary")):
            with pytest.raises(Refused, match=reason):
                await bench.say(text)
        assert [] == list(await bench.kernel.bot.read.threads(by=ADMIN))


async def test_a_used_up_budget_waits_for_more(tmp_path: Path, lab: Lab) -> None:
    """At the limit the run parks; an admin's grant lets it go on with the same again."""
    looks = [calls(ToolCall(f"{n}.1", "look", {"at": f"part {n}"})) for n in range(1, 26)]
    model = ScriptedModel(*looks, says("At last."))
    async with process(tmp_path, model, lab.tools()) as bench:
        receipt = await bench.say("look for ever")
        await bench.until("budget_reached")
        await bench.kernel.bot.grant(receipt.run, by=ADMIN)
        events = await bench.until("run_finished")

    assert 26 == len([e for e in events if isinstance(e, ModelReplied)])


async def test_who_says_more_has_a_budget_for_it(tmp_path: Path, lab: Lab) -> None:
    """People who go on talking never use up a budget: it is there for a model that loops."""
    model = ScriptedModel(
        calls(ToolCall("1.1", "slow")),
        calls(ToolCall("2.1", "look", {"at": "disk"})),
        says("Fine."),
    )
    async with process(
        tmp_path, model, lab.tools(), pace=replace(FAST, budget=Budget(steps=2))
    ) as bench:
        receipt = await bench.say("look")
        await bench.until("tool_started")
        assert receipt.run == (await bench.say("the disk, too")).run
        lab.go.set()
        events = await bench.until("run_finished", "budget_reached")

    assert RunFinished("Fine.") == events[-1]
