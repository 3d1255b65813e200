"""Corners of a run: what is rare, and must still be right."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from bot.events import Event, ModelReplied, RunStarted, ToolFinished, ToolStarted, Unknown
from bot.ids import new_id
from bot.recorded import ModelDelta
from bot.tool import OutcomeUnknown, Risk, ToolCall, Trust, Verdict, tool
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.kernel_kit import ANN, BOB, THREAD, kinds, process
from tests.small_tools import RESTART, Lab
from tests.test_recovery import left_behind

LOOK = ToolCall("1.2", "look")


@tool(risk=Risk.CHANGE, trust=Trust.SYSTEM)
async def buggy() -> str:
    """Take effect, then fail by a bug."""
    raise ZeroDivisionError


@tool(risk=Risk.CHANGE, trust=Trust.EXTERNAL)
async def lost_line() -> str:
    """Lose the connection in the middle."""
    raise OutcomeUnknown("connection lost; so far: restart everything")


def either(args: object, ctx: object) -> Verdict:
    risk = Risk.READ if getattr(args, "how") == "look" else Risk.CHANGE  # noqa: B009 - any arguments
    return Verdict(risk=risk, trust=Trust.SYSTEM)


@tool(risk=either)
async def do(how: str) -> str:
    """Look or change, as told."""
    return how


BUGGY, LOST_LINE, DO = ToolCall("1.1", "buggy"), ToolCall("1.1", "lost_line"), ToolCall("1.1", "do")


def outcomes(events: list[Event]) -> list[str]:
    return [event.outcome for event in events if isinstance(event, ToolFinished)]


def test_ids_sort_by_creation() -> None:
    """The runs of a thread are taken in the order of their ids, a second or years apart."""
    for gap in (1_000_000, 1_000_000_000, 86_400_000_000_000):
        made = [new_id(1_790_000_000_000_000_000 + n * gap) for n in range(2000)]

        assert sorted(made) == made


async def test_a_change_edited_into_a_read_lets_the_next_read_follow(
    tmp_path: Path, lab: Lab
) -> None:
    """The edited call runs under its approval, then the rest of the reply."""
    change = ToolCall("1.1", "do", {"how": "change"})
    model = ScriptedModel(calls(change, LOOK), says("Both."))
    async with process(tmp_path, model, [*lab.tools(), do]) as bench:
        await bench.say("do it")
        request = await bench.approval()
        edit = {"how": "look"}
        await bench.kernel.bot.decide(request.approval, "edit", by=ANN, arguments=edit)
        events = await bench.until("run_finished")

    assert ["ok", "ok"] == outcomes(events)


async def test_words_to_a_run_that_stops_start_the_next_one(tmp_path: Path, lab: Lab) -> None:
    """Nobody's message dies with a run that was told to stop."""
    model = ScriptedModel(calls(ToolCall("1.1", "slow")), says("Here I am."))
    async with process(tmp_path, model, lab.tools()) as bench:
        receipt = await bench.say("wait")
        await asyncio.wait_for(lab.begun.wait(), 5)
        await bench.kernel.bot.stop(receipt.run, by=BOB)
        again = await bench.say("are you there?")
        await bench.until("run_finished")

    assert again.run != receipt.run


async def test_a_bug_in_a_change_is_an_unknown_outcome(tmp_path: Path) -> None:
    """The next run is not told that it was not done."""
    model = ScriptedModel(calls(BUGGY), says("I had better look."))
    async with process(tmp_path, model, [buggy], mode="autonomous") as bench:
        await bench.say("go")
        failed = await bench.until("run_failed")
        await bench.say("and now?")
        await bench.until("run_finished")

    assert ["unknown"] == outcomes(failed)
    assert "unknown" in results(model.asked[1])[0]


async def test_the_models_own_mistakes_do_not_taint(tmp_path: Path, lab: Lab) -> None:
    """An error that the kernel words itself brings nobody's words in."""
    model = ScriptedModel(calls(ToolCall("1.1", "nosuch")), calls(RESTART), says("Done."))
    async with process(tmp_path, model, lab.tools(), mode="autonomous") as bench:
        await bench.say("restart nginx")
        await bench.until("run_finished")

    assert ["restart nginx"] == lab.did


async def test_what_a_broken_call_said_taints(tmp_path: Path, lab: Lab) -> None:
    """An unknown outcome may carry outsiders' words too."""
    model = ScriptedModel(calls(LOST_LINE), calls(ToolCall("2.1", "look")), says("Hm."))
    async with process(tmp_path, model, [*lab.tools(), lost_line], mode="autonomous") as bench:
        await bench.say("go", ANN)
        events = await bench.until("model_replied", count=2)

    assert [False, True] == [e.context.tainted for e in events if isinstance(e, ModelReplied)]


async def test_new_words_settle_no_doubt(tmp_path: Path, lab: Lab) -> None:
    """Whether a call may have run is decided on its card, not by the next message."""
    change = Verdict(risk=Risk.CHANGE, trust=Trust.SYSTEM)
    await left_behind(tmp_path, ModelReplied(tool_calls=(RESTART,)), ToolStarted(RESTART, change))
    model = ScriptedModel(
        says("Unknown."), calls(ToolCall("2.1", "restart", {"unit": "x"})), says(".")
    )
    async with process(tmp_path, model, lab.tools(), mode="autonomous") as bench:
        await bench.approval()
        await bench.until("model_replied", count=2)
        await bench.say("thanks")
        events = await bench.until("model_replied", count=4)

    assert "approval_superseded" not in kinds(events)
    assert ["unknown", "denied"] == outcomes(events)
    assert [] == lab.did


async def test_an_event_of_another_version_blocks_nothing(tmp_path: Path, lab: Lab) -> None:
    """What cannot be read is kept, shown as it is, and the thread goes on."""
    await left_behind(tmp_path, Unknown("model_replied", {"text": 7, "from": "the future"}))
    async with process(tmp_path, ScriptedModel(says("Going on.")), lab.tools()) as bench:
        events = await bench.until("run_finished")

    assert Unknown("model_replied", {"text": 7, "from": "the future"}) == events[1]


async def test_absence_is_no_work(tmp_path: Path, lab: Lab) -> None:
    """An hour in which the bot was away uses up no budget."""
    await left_behind(tmp_path, ModelReplied(tool_calls=(ToolCall("1.1", "look"),)), hours=1)
    async with process(tmp_path, ScriptedModel(says("Fine.")), lab.tools()) as bench:
        events = await bench.until("run_finished", "budget_reached")

    assert "budget_reached" not in kinds(events)


async def test_who_follows_late_sees_no_half_of_a_secret(tmp_path: Path, lab: Lab) -> None:
    """The reply is shown from its beginning, so that a secret is known for one."""
    go = asyncio.Event()
    model = ScriptedModel(go, says("the key is hunter2-hunter2-hunter2, keep it"))
    secrets = {"key": "hunter2-hunter2-hunter2"}
    async with process(tmp_path, model, lab.tools(), secrets=secrets) as bench:
        await bench.say("what is the key?")
        live: list[str] = []
        async with asyncio.timeout(5), aclosing(bench.kernel.bot.events(thread=THREAD)) as feed:
            async for item in feed:
                if isinstance(item, ModelDelta):
                    live.append(item.text)
                elif isinstance(getattr(item, "event", None), RunStarted):
                    go.set()
                elif isinstance(getattr(item, "event", None), ModelReplied):
                    break

    assert "the key is ‹secret: key›, keep it" == "".join(live)
