"""Who sees what: threads, runs, approvals, and the feed while it is followed."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from bot.chat import ThreadRef, User
from bot.events import Noted
from bot.journal import PROCESS, load
from bot.ports import NotFound
from bot.recorded import Recorded
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ADMIN, ANN, BOB, THREAD, VIC, Bench, process
from tests.small_tools import RESTART, Lab

OTHER = ThreadRef("web", "", "", "t2")


async def follow(bench: Bench, by: User, thread: ThreadRef | None, upto: str) -> list[str]:
    """The kinds that *by* is shown until one is *upto*."""
    seen: list[str] = []
    async with asyncio.timeout(5), aclosing(bench.kernel.bot.events(thread=thread, by=by)) as feed:
        async for item in feed:
            if isinstance(item, Recorded):
                seen.append(f"{item.thread.thread if item.thread else ''} {item.event.kind}")
                if item.event.kind == upto:
                    return seen
    raise AssertionError


async def test_nobody_sees_a_strangers_thread(tmp_path: Path, lab: Lab) -> None:
    """Who takes no part in a thread finds none; an approver sees it while it waits."""
    async with process(tmp_path, ScriptedModel(calls(RESTART)), lab.tools()) as bench:
        receipt = await bench.say("restart nginx")
        with pytest.raises(NotFound):
            await bench.kernel.bot.read.run(receipt.run, by=VIC)
        with pytest.raises(NotFound):
            await bench.say("me too", VIC)
        with pytest.raises(NotFound):
            await bench.kernel.bot.read.thread(THREAD, by=VIC)
        await bench.approval()
        seen = await bench.kernel.bot.read.threads(by=ANN)

    assert ["restart nginx"] == [view.title for view in seen]


async def test_a_thread_that_was_followed_early_is_not_shown_to_strangers(
    tmp_path: Path, lab: Lab
) -> None:
    """Following a thread before it exists opens no door: it is its first speaker's."""
    model = ScriptedModel(says("Secret plans."), says("Hello."))
    async with process(tmp_path, model, lab.tools()) as bench, asyncio.TaskGroup() as tasks:
        peeping = tasks.create_task(follow(bench, VIC, THREAD, "run_finished"))
        await asyncio.sleep(0)
        await bench.say("plan", BOB)
        await bench.until("run_finished")
        assert not peeping.done()
        peeping.cancel()


async def test_the_first_speaker_sees_their_new_thread_at_once(tmp_path: Path, lab: Lab) -> None:
    """A page follows its new thread before the first message is sent."""
    model = ScriptedModel(says("Hello."))
    async with process(tmp_path, model, lab.tools()) as bench, asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow(bench, VIC, THREAD, "run_finished"))
        await asyncio.sleep(0)
        await bench.say("hi", VIC)

    assert "t1 run_started" == following.result()[0]


async def test_everything_is_followed_as_far_as_one_may_see(tmp_path: Path, lab: Lab) -> None:
    """Without a thread the feed is that of the follower's threads; an admin's is everybody's."""
    model = ScriptedModel(says("One."), says("Two."))
    async with process(tmp_path, model, lab.tools()) as bench:
        await bench.say("mine", BOB, THREAD)
        await bench.until("run_finished")
        await bench.say("theirs", VIC, OTHER)
        await bench.until("run_finished", thread=OTHER)
        vics = await follow(bench, VIC, None, "run_finished")
        admins = await follow(bench, ADMIN, OTHER, "run_finished")

    assert {"t2"} == {line.split()[0] for line in vics}
    assert vics == admins


async def test_who_decides_sees_what_comes_of_it(tmp_path: Path, lab: Lab) -> None:
    """An approver takes part in a thread from their decision on."""
    model = ScriptedModel(calls(RESTART), says("Restarted."))
    async with process(tmp_path, model, lab.tools()) as bench:
        receipt = await bench.say("restart nginx")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.until("run_finished")
        view = await bench.kernel.bot.read.run(receipt.run, by=ANN)

    assert "done" == view.status


async def test_what_an_admin_looks_at_is_written_down(tmp_path: Path, lab: Lab) -> None:
    """Admins see everybody's threads; that they did stands in the audit trail."""
    async with process(tmp_path, ScriptedModel(says("One.")), lab.tools()) as bench:
        receipt = await bench.say("mine", BOB)
        await bench.until("run_finished")
        await bench.kernel.bot.read.run(receipt.run, by=BOB)
        await bench.kernel.bot.read.run(receipt.run, by=ADMIN)
        noted = await load(bench.store, PROCESS, None)

    assert [Noted("read as admin", "web:admin", str(THREAD))] == [item.event for item in noted]
