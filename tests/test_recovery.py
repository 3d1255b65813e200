"""What a later life of the process makes of the rows an earlier one left."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.chat import Role
from bot.events import (
    ApprovalDecided,
    Event,
    ModelReplied,
    RunFailed,
    RunFinished,
    RunStarted,
    ToolFinished,
    ToolStarted,
)
from bot.ids import new_id
from bot.journal import Head, entries, insert, sign
from bot.ports import Conflict, Refused
from bot.store.sqlite import SqliteStore
from bot.tool import Risk, ToolCall, Trust, Verdict
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.kernel_kit import ANN, BOB, THREAD, kinds, process
from tests.small_tools import RESTART, Lab

CHANGE = Verdict(risk=Risk.CHANGE, trust=Trust.SYSTEM)
LOOK = ToolCall("1.1", "look")


async def left_behind(directory: Path, *events: Event, hours: float = 0) -> str:
    """A run as a process that died *hours* ago left it: owned, its lease running."""
    run = new_id()
    async with SqliteStore.open(directory / "bot.db") as store, store.transaction() as query:
        await query(
            "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh, created,"
            " owner, fence, lease) VALUES ($1, $2, 'running', 'web:bob', 'operator', 'auto',"
            " 'react', 0, 0, 'dead', 1, {now} + 15)",
            run,
            str(THREAD),
        )
        log = [RunStarted(BOB, Role.OPERATOR, "go"), *events]
        made = entries(Head(), log)
        insert(query, run, made)
        await query("UPDATE events SET at = at - $1", int(hours * 3600e6))
    return run


async def test_a_read_that_was_cut_off_is_repeated(tmp_path: Path, lab: Lab) -> None:
    """READ calls change nothing: the next life runs them again and goes on."""
    await left_behind(
        tmp_path, ModelReplied(tool_calls=(LOOK,)), ToolStarted(LOOK, Verdict(trust=Trust.SYSTEM))
    )
    async with process(tmp_path, ScriptedModel(says("Fine.")), lab.tools()) as bench:
        events = await bench.until("run_finished")

    assert ["look all"] == lab.did
    assert 1 == kinds(events).count("tool_started")


async def test_a_change_that_was_cut_off_is_never_repeated(tmp_path: Path, lab: Lab) -> None:
    """Its outcome is unknown: the model is told, a person is asked, the host is left alone."""
    await left_behind(tmp_path, ModelReplied(tool_calls=(RESTART,)), ToolStarted(RESTART, CHANGE))
    again = ToolCall("2.1", "restart", {"unit": "nginx"})
    model = ScriptedModel(calls(again), says("I cannot tell."))
    async with process(tmp_path, model, lab.tools()) as bench:
        request = await bench.approval()
        await bench.until("model_replied", count=3)
        settled = await bench.kernel.bot.decide(request.approval, "leave", by=ANN)
        events = await bench.until("run_finished")

    assert request.may_have_run
    assert "denied" == settled.state
    assert [] == lab.did
    assert ["unknown", "denied"] == [e.outcome for e in events if isinstance(e, ToolFinished)]
    assert "unknown" in results(model.asked[0])[0]


async def test_what_follows_a_failed_change_is_not_tried_after_a_crash(
    tmp_path: Path, lab: Lab
) -> None:
    """Ended before it could refuse the rest of the reply, the bot refuses it in its next life."""
    look = ToolCall("1.2", "look")
    await left_behind(
        tmp_path,
        ModelReplied(tool_calls=(RESTART, look)),
        ToolStarted(RESTART, CHANGE),
        ToolFinished(RESTART.id, "error", "no such unit", Trust.SYSTEM),
    )
    model = ScriptedModel(says("It failed."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.until("run_finished")

    assert [] == lab.did
    assert "not tried" in results(model.asked[0])[1]


async def test_run_again_is_a_fresh_approval(tmp_path: Path, lab: Lab) -> None:
    """*Run again* asks for the same call anew; approved, it runs once."""
    await left_behind(tmp_path, ModelReplied(tool_calls=(RESTART,)), ToolStarted(RESTART, CHANGE))
    model = ScriptedModel(says("Unknown."), says("Now it is done."))
    async with process(tmp_path, model, lab.tools()) as bench:
        first = await bench.approval()
        with pytest.raises(Refused, match="again"):
            await bench.kernel.bot.decide(first.approval, "approve", by=ANN)
        await bench.kernel.bot.decide(first.approval, "again", by=ANN)
        second = await bench.approval(count=2)
        assert [] == lab.did
        await bench.kernel.bot.decide(second.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert ["restart nginx"] == lab.did
    assert RunFinished("Now it is done.") == events[-1]


async def test_look_first_asks_the_model_with_reading_tools_only(tmp_path: Path, lab: Lab) -> None:
    """The approval stays open while the model finds out; only READ tools are offered."""
    await left_behind(tmp_path, ModelReplied(tool_calls=(RESTART,)), ToolStarted(RESTART, CHANGE))
    model = ScriptedModel(says("Unknown."), says("It did restart."))
    async with process(tmp_path, model, lab.tools()) as bench:
        request = await bench.approval()
        await bench.until("model_replied", count=2)
        await bench.kernel.bot.decide(request.approval, "look", by=ANN)
        await bench.until("model_replied", count=3)
        await bench.kernel.bot.decide(request.approval, "leave", by=ANN)
        await bench.until("run_finished")

    assert {"look", "logs", "slow"} == {tool.name for tool in model.asked[1].tools}


async def test_old_orders_are_confirmed_first(tmp_path: Path, lab: Lab) -> None:
    """A bot that was away for an hour asks before its first change, even in autonomous mode."""
    await left_behind(tmp_path, ModelReplied(tool_calls=(RESTART,)), hours=1)
    second = ToolCall("2.1", "restart", {"unit": "nginx"})
    model = ScriptedModel(calls(second), says("Both done."))
    async with process(tmp_path, model, lab.tools(), mode="autonomous") as bench:
        request = await bench.approval()
        assert [] == lab.did
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert 1 == kinds(events).count("approval_requested")
    assert ["restart nginx", "restart nginx"] == lab.did


async def test_a_run_that_never_gets_anywhere_is_given_up(tmp_path: Path, lab: Lab) -> None:
    """Claimed again and again without a new event: it fails instead of being tried for ever."""
    run = await left_behind(tmp_path)
    async with SqliteStore.open(tmp_path / "bot.db") as store:
        await store.write("UPDATE runs SET claims = 5, head = 0 WHERE id = $1", run)
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        events = await bench.until("run_failed")

    assert RunFailed("gave up after 5 attempts without any progress") == events[-1]


async def test_an_approval_outlives_the_process(tmp_path: Path, lab: Lab) -> None:
    """Asked in one life, decided in the next: the run finishes, the call ran once."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
    async with process(tmp_path, ScriptedModel(says("Back.")), lab.tools()) as bench:
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert ["restart nginx"] == lab.did


async def test_an_approval_nobody_decides_ends_its_run(tmp_path: Path, lab: Lab) -> None:
    """Expiry is told to the person without asking the model, and a late click is refused."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        await bench.store.write("UPDATE approvals SET expires = 0")
        with pytest.raises(Conflict, match="expired"):
            await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_failed")

    assert "approval_expired" in kinds(events)
    assert "nobody decided" in str(events[-1])
    assert [] == lab.did


async def test_a_changed_tool_needs_a_new_approval(tmp_path: Path, lab: Lab) -> None:
    """What was approved is what runs: another version of the tool is asked for afresh."""
    async with process(
        tmp_path, ScriptedModel(calls(RESTART), says("Done.")), lab.tools()
    ) as bench:
        await bench.say("restart nginx")
        first = await bench.approval()
        await bench.store.write(
            "UPDATE events SET data = replace(data, $1, 'other') WHERE kind = 'approval_requested'",
            json.dumps(first.digest)[1:-1],
        )
        await bench.kernel.bot.decide(first.approval, "approve", by=ANN)
        second = await bench.approval(count=2)
        assert [] == lab.did
        await bench.kernel.bot.decide(second.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert first.approval != second.approval
    assert ["restart nginx"] == lab.did
    assert "approval_superseded" in kinds(events)


async def test_an_approval_that_is_not_used_in_time_is_asked_for_afresh(
    tmp_path: Path, lab: Lab
) -> None:
    """Approved while nobody could act on it for five minutes: it does not count any more."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        await bench.say("restart nginx")
        first = await bench.approval()
    async with SqliteStore.open(tmp_path / "bot.db") as store, store.transaction() as query:
        [(run,)] = await query(
            "UPDATE approvals SET status = 'approved', decided = {now} - 301 RETURNING run"
        )
        await sign(query, run, ApprovalDecided(first.approval, RESTART.id, "approve", ANN))
    async with process(tmp_path, ScriptedModel(says("Done.")), lab.tools()) as bench:
        second = await bench.approval(count=2)
        await bench.kernel.bot.decide(second.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert first.approval != second.approval
    assert ["restart nginx"] == lab.did


async def test_another_replicas_dead_run_is_taken_over_after_its_lease(
    tmp_path: Path, lab: Lab
) -> None:
    """Nobody beats for it any more: after one lease the run goes on here."""
    async with process(tmp_path, ScriptedModel(says("Mine now.")), lab.tools()) as bench:
        run = new_id()
        async with bench.store.transaction() as query:
            await query(
                "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh,"
                " created, owner, fence, lease) VALUES ($1, $2, 'running', 'web:bob', 'operator',"
                " 'auto', 'react', 0, 0, 'dead', 1, {now} + 1)",
                run,
                str(THREAD),
            )
            insert(query, run, entries(Head(), [RunStarted(BOB, Role.OPERATOR, "go")]))
        async with asyncio.timeout(5):
            await bench.until("run_finished")
