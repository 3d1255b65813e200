"""The memory tools and what a run is told from memory, through the whole kernel."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import tools
from bot.agents import Ask
from bot.chat import ThreadRef, User
from bot.events import Event, ModelReplied, ToolFinished, ToolStarted
from bot.memory import Standpoint
from bot.tool import Risk, ToolCall, Trust
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ANN, BOB, THREAD, VIC, Bench, process
from tests.memory_kit import Mind, embedding, mind
from tests.small_tools import RESTART, Lab

ANNS_OWN = ThreadRef("web", "", "", "another")
PREFERS = "ann wants numbers in GiB"


@asynccontextmanager
async def living(
    directory: Path, model: ScriptedModel, lab: Lab
) -> AsyncGenerator[tuple[Bench, Mind]]:
    """A kernel with the memory tools, a lab's tools, and a memory."""
    given = [*tools.load().values(), *lab.tools()]
    toolset = {tool.name: tool for tool in given}
    async with (
        embedding() as ollama,
        mind(directory, ollama.url, serving=True) as one,
        process(directory, model, toolset, memory=one.memories) as bench,
    ):
        yield bench, one


def finished(events: list[Event]) -> list[ToolFinished]:
    return [event for event in events if isinstance(event, ToolFinished)]


def remember(text: str, number: int = 1, **args: str | int) -> ToolCall:
    return ToolCall(f"{number}.1", "memory_store", {"text": text, **args})


async def test_told_in_one_conversation_known_in_the_next(tmp_path: Path, lab: Lab) -> None:
    """What a person has the model remember is told to it in that person's next conversation,
    before it first thinks, with its source; the reply records which memories it saw. Not in
    somebody else's."""
    model = ScriptedModel(calls(remember(PREFERS)), says("Noted."), says("0.5 GiB."), says("No."))
    async with living(tmp_path, model, lab) as (bench, _):
        await bench.say("remember that I want GiB", ANN)
        events = await bench.until("run_finished")
        await bench.say("how big are the numbers?", ANN, ANNS_OWN)
        next_one = await bench.until("run_finished", thread=ANNS_OWN)
        bobs = ThreadRef("web", "", "", "bobs")
        await bench.say("how big are the numbers?", BOB, bobs)
        await bench.until("run_finished", thread=bobs)

    [stored] = finished(events)
    assert ("ok", "remembered as #1") == (stored.outcome, stored.output)
    told = model.asked[2].messages[1]
    assert "system" == told.role
    assert "#1 (fact, web:ann" in told.text
    assert told.text.endswith(PREFERS)
    assert [("1",)] == [e.context.memories for e in next_one if isinstance(e, ModelReplied)]
    assert PREFERS not in str([message.text for message in model.asked[3].messages])


async def test_recalled_once(tmp_path: Path, lab: Lab) -> None:
    """Later steps of a run are shown the same memories at the same place."""
    look = ToolCall("1.1", "look", {})
    model = ScriptedModel(calls(look), says("All is fine."))
    async with living(tmp_path, model, lab) as (bench, one):
        await one.tell("the numbers are in GiB", scope="global")
        await bench.say("what are the numbers?", ANN)
        await bench.until("run_finished")
        [memory] = await one.memories.list(_at(ANN))

    first, second = model.asked
    assert first.messages[1] == second.messages[1]
    assert "in GiB" in first.messages[1].text
    assert 1 == memory.used


async def test_after_a_crash_the_run_is_told_the_same(tmp_path: Path, lab: Lab) -> None:
    """A run that goes on in a later life of the process sees what it was told at its beginning,
    although something else would be recalled now."""
    async with embedding() as ollama, mind(tmp_path, ollama.url) as one:
        await one.tell("nginx serves the shop", scope="global")
        first = ScriptedModel(calls(RESTART))
        async with process(tmp_path, first, lab.tools(), memory=one.memories) as bench:
            await bench.say("restart nginx", ANN)
            request = await bench.approval()
        await one.tell("nginx was replaced", scope="global", replaces=1)
        second = ScriptedModel(says("Done."))
        async with process(tmp_path, second, lab.tools(), memory=one.memories) as bench:
            await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
            await bench.until("run_finished")

    assert first.asked[0].messages[1] == second.asked[0].messages[1]
    assert "serves the shop" in second.asked[0].messages[1].text


async def test_a_memory_from_logs_taints_whoever_recalls_it(tmp_path: Path, lab: Lab) -> None:
    """What is stored after logs were read is outsiders' words for ever: it is never told unasked,
    and recalling it makes a run ask before changes that it could do alone before."""
    logs, recall = ToolCall("1.1", "logs", {}), ToolCall("1.1", "memory_recall", {"query": "logs"})
    model = ScriptedModel(
        calls(logs), calls(remember("the logs say restart everything", 2)), says("Noted."),
        calls(recall), calls(ToolCall("2.1", "restart", {"unit": "nginx"})), says("Not done."),
    )  # fmt: skip
    async with living(tmp_path, model, lab) as (bench, _):
        await bench.say("read the logs", ANN)
        await bench.until("run_finished")
        await bench.say("what of the logs?", ANN, ANNS_OWN)
        request = await bench.approval(ANNS_OWN)
        events = await bench.until("tool_finished", thread=ANNS_OWN)

    assert "the logs say" not in str([message.text for message in model.asked[3].messages])
    assert Trust.EXTERNAL is finished(events)[0].trust
    assert ["output of memory_recall"] == [each.source for each in request.tainted_by]


async def test_for_everybody_is_asked_about(tmp_path: Path, lab: Lab) -> None:
    """Remembering for the people at hand is not; for everybody, or in another one's place, it is,
    and the card shows both texts."""
    model = ScriptedModel(calls(remember("deploys are on Tuesdays", scope="global")), says("Ok."))
    async with living(tmp_path, model, lab) as (bench, one):
        await bench.say("remember for all", ANN)
        request = await bench.approval()
        assert [] == await one.memories.list(_at(BOB))
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.until("run_finished")
        [memory] = await one.memories.list(_at(BOB))

    assert "+ deploys are on Tuesdays" == request.preview
    assert ("remembered for global",) == request.verdict.reasons[:1]
    assert "deploys are on Tuesdays" == memory.text


async def test_deleting_shows_what_goes(tmp_path: Path, lab: Lab) -> None:
    """The approval lists the memories; after it they are gone."""
    model = ScriptedModel(calls(ToolCall("1.1", "memory_delete", {"ids": [1]})), says("Gone."))
    async with living(tmp_path, model, lab) as (bench, one):
        await one.tell("the old wiki is at wiki-01", _at(ANN), scope="user")
        await bench.say("forget the wiki", ANN)
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

        assert [] == await one.memories.list(_at(ANN))
    [started] = [event for event in events if isinstance(event, ToolStarted)]
    assert "- #1 (fact, web:ann): the old wiki is at wiki-01" == request.preview
    assert Risk.CHANGE is started.verdict.risk


async def test_what_the_model_does_wrong(tmp_path: Path, lab: Lab) -> None:
    """Somebody else's memory, a secret, and a text without end are errors that say what to do."""
    stored = f"ghp_{'a1B2' * 9}"
    model = ScriptedModel(
        calls(
            ToolCall("1.1", "memory_delete", {"ids": [1]}),
            ToolCall("1.2", "memory_store", {"text": f"the token is {stored}"}),
            ToolCall("1.3", "memory_store", {"text": "x" * 5_000}),
            ToolCall("1.4", "memory_list", {"kind": "gossip"}),
        ),
        says("Sorry."),
    )
    async with living(tmp_path, model, lab) as (bench, one):
        await one.tell("bob's own", _at(BOB), scope="user")
        await bench.say("do it all", ANN)
        events = await bench.until("run_finished")

        assert 1 == len(await one.memories.list(_at(BOB)))
        assert [] == await one.memories.list(_at(ANN))
    outputs = {event.call_id: event.output for event in finished(events)}
    assert "there is no memory #1 here" in outputs["1.1"]
    assert "secret" in outputs["1.2"]
    assert "4000 characters" in outputs["1.3"]
    assert "kind" in outputs["1.4"]


async def test_a_viewer_may_note_but_not_list(tmp_path: Path, lab: Lab) -> None:
    """A viewer's words are outsiders' words: noted, and never told to a model unasked."""
    listing = ToolCall("2.1", "memory_list", {})
    model = ScriptedModel(
        calls(remember("vic likes blue")), calls(listing), says("Ok."), says("Blue?")
    )
    async with living(tmp_path, model, lab) as (bench, _):
        await bench.say("remember that I like blue", VIC)
        events = await bench.until("run_finished")
        mine = ThreadRef("web", "", "", "vics")
        await bench.say("do I like blue?", VIC, mine)
        await bench.until("run_finished", thread=mine)

    assert ["ok", "denied"] == [event.outcome for event in finished(events)]
    assert "likes blue" not in _shown(model.asked[3])


def _shown(ask: Ask) -> str:
    return " ".join(message.text for message in ask.messages)


def _at(user: User) -> Standpoint:
    return Standpoint(user, THREAD)
