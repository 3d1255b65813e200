"""Who may speak into a run that works, and how it is stopped."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.events import (
    MessageJoined,
    RunFinished,
    RunStarted,
    RunStopped,
    ToolFinished,
)
from bot.ports import Conflict
from bot.tool import ToolCall
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ADMIN, ANN, BOB, THREAD, kinds, process
from tests.small_tools import RESTART, Lab


async def test_a_viewers_words_never_ride_on_an_operators_run(tmp_path: Path, lab: Lab) -> None:
    """A viewer's text in an active thread becomes the next run, under the viewer's own role."""
    shared = ThreadRef("slack", "T1", "C1", "171.1")
    bob, vic = User("slack", "U1", "Bob", ("email:bob@x.org",)), User("slack", "U2", "Vic")
    roles = tmp_path / "roles.toml"
    roles.write_text('operator = ["slack:U1"]\n')
    model = ScriptedModel(
        calls(ToolCall("1.1", "slow")), says("Done."), calls(RESTART), says("I may not.")
    )
    async with process(tmp_path, model, lab.tools(), roles_file=roles) as bench:
        await bench.say("wait a little", bob, shared)
        await bench.until("tool_started", thread=shared)
        queued = await bench.say("restart nginx", vic, shared)
        lab.go.set()
        events = await bench.until("run_finished", thread=shared, count=2)

    assert "queued" == queued.outcome
    assert [] == [e for e in events if isinstance(e, MessageJoined)]
    assert ["slow"] == lab.did
    assert "denied" in [e.outcome for e in events if isinstance(e, ToolFinished)]


async def test_the_requesters_next_words_join_the_run(tmp_path: Path, lab: Lab) -> None:
    """What the requester adds while the model works is read before the run ends."""
    model = ScriptedModel(calls(ToolCall("1.1", "slow")), says("Both done."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("first")
        await bench.until("tool_started")
        joined = await bench.say("and second")
        lab.go.set()
        await bench.until("run_finished")

    assert "joined" == joined.outcome
    assert any("and second" in message.text for message in model.asked[1].messages)


async def test_a_message_that_arrives_during_the_answer_is_answered_too(
    tmp_path: Path, lab: Lab
) -> None:
    """The model's last reply did not see it, so the run asks again instead of ending."""
    gate = asyncio.Event()
    model = ScriptedModel(gate, says("First."), says("Second."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("one")
        await asyncio.wait_for(model.thinking.wait(), 5)
        await bench.say("two")
        gate.set()
        events = await bench.until("run_finished")

    assert RunFinished("Second.") == events[-1]


async def test_new_words_supersede_a_waiting_approval(tmp_path: Path, lab: Lab) -> None:
    """The requester changed their mind: the old card is closed, the model plans again."""
    model = ScriptedModel(calls(RESTART), says("Then not."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("restart nginx")
        request = await bench.approval()
        await bench.say("no, leave it")
        events = await bench.until("run_finished")
        with pytest.raises(Conflict, match="superseded"):
            await bench.kernel.bot.decide(request.approval, "approve", by=ANN)

    assert "approval_superseded" in kinds(events)
    assert [] == lab.did


async def test_stop_ends_a_run_that_works(tmp_path: Path, lab: Lab) -> None:
    """Stop cancels what runs and says what had run, within two seconds."""
    model = ScriptedModel(calls(ToolCall("1.1", "slow")))
    async with process(tmp_path, model, lab.tools()) as bench:
        receipt = await bench.say("wait")
        await asyncio.wait_for(lab.begun.wait(), 5)
        async with asyncio.timeout(2):
            await bench.kernel.bot.stop(receipt.run, by=BOB)
            events = await bench.until("run_stopped")

    assert RunStopped("Bob") == events[-1]
    assert ["stopped"] == [e.outcome for e in events if isinstance(e, ToolFinished)]
    assert [] == lab.did


async def test_stop_ends_a_run_that_waits(tmp_path: Path, lab: Lab) -> None:
    """A parked run is stopped too, and its approval closed."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        receipt = await bench.say("restart nginx")
        request = await bench.approval()
        await bench.kernel.bot.stop(receipt.run, by=BOB)
        events = await bench.until("run_stopped")
        with pytest.raises(Conflict):
            await bench.kernel.bot.decide(request.approval, "approve", by=ANN)

    assert "approval_superseded" in kinds(events)


async def test_a_redelivered_message_starts_no_second_run(tmp_path: Path, lab: Lab) -> None:
    """Platforms deliver at least once; the message's id makes that harmless, across a restart."""
    message = IncomingMessage("m1", THREAD, BOB, "hello")
    async with process(tmp_path, ScriptedModel(says("hi")), lab.tools()) as bench:
        first = await bench.kernel.bot.receive(message)
        again = await bench.kernel.bot.receive(message)
        await bench.until("run_finished")
    async with process(tmp_path, ScriptedModel(), lab.tools()) as bench:
        third = await bench.kernel.bot.receive(message)

    assert ["started", "duplicate", "duplicate"] == [r.outcome for r in (first, again, third)]
    assert first.run == again.run == third.run


async def test_a_weak_key_does_not_ride_on_its_owners_run(tmp_path: Path, lab: Lab) -> None:
    """The same person through an API key of less power starts a run of that power."""
    key = replace(ADMIN, ceiling=Role.VIEWER)
    model = ScriptedModel(calls(ToolCall("1.1", "slow")), says("Done."), says("Yours."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("wait", ADMIN)
        await bench.until("tool_started")
        receipt = await bench.say("restart nginx", key)
        lab.go.set()
        events = await bench.until("run_finished", count=2)

    assert "queued" == receipt.outcome
    assert [Role.ADMIN, Role.VIEWER] == [e.role for e in events if isinstance(e, RunStarted)]
