"""Tokens are counted with the reply that cost them, and a day's limit waits for an admin."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat import ThreadRef, User
from bot.command import Caller
from bot.events import BudgetReached, ModelReplied, Usage
from bot.ports import Forbidden, UniqueViolation
from bot.store.sqlite import SqliteStore
from bot.tool import ToolCall, tool
from bot.verdict import Risk
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ADMIN, ANN, BOB, THREAD, Bench, process

OTHER = ThreadRef("web", "", "", "t2")
COST = Usage(prompt=100, completion=20)
ADD = "INSERT INTO threads VALUES ($1, '', 0) RETURNING thread"


@tool(risk=Risk.READ)
async def look(at: str) -> str:
    """Look at something."""
    return f"{at} is fine"


def costly(reply: ModelReplied, model: str = "small") -> ModelReplied:
    return replace(reply, usage=COST, model=model)


def looking(times: int) -> list[ModelReplied]:
    made = [calls(ToolCall(f"{n}.1", "look", {"at": f"part {n}"})) for n in range(1, times + 1)]
    return list(map(costly, made))


async def usage(bench: Bench, by: User) -> str:
    return await bench.kernel.bot.command("usage", "", Caller(by, THREAD))


async def test_every_reply_is_counted_once(tmp_path: Path) -> None:
    """Per day, person, run and model, in the commit of the reply; a restart counts nothing anew."""
    model = ScriptedModel(*looking(2), costly(says("Fine."), "large"))
    async with process(tmp_path, model, [look]) as bench:
        run = (await bench.say("how is it?")).run
        await bench.until("run_finished")
    async with process(tmp_path, ScriptedModel(), [look]) as bench:
        rows = await bench.store.read(
            "SELECT person, run, model, prompt, completion, steps FROM usage ORDER BY model"
        )

    assert [(BOB.key, run, "large", 100, 20, 1), (BOB.key, run, "small", 200, 40, 2)] == rows


async def test_a_person_sees_their_own_and_an_admin_everybodys(tmp_path: Path) -> None:
    """The command usage: the sums by day and by model; by person only for admins."""
    model = ScriptedModel(costly(says("One.")), costly(says("Two.")))
    async with process(tmp_path, model, tokens_per_day=1000) as bench:
        await bench.say("one", BOB)
        await bench.until("run_finished")
        await bench.say("two", ANN, OTHER)
        await bench.until("run_finished", thread=OTHER)
        own, all_of_it = await usage(bench, BOB), await usage(bench, ADMIN)

    assert "120 tokens of 1,000" in own
    assert "small: 120 tokens (100 read, 20 written), 1 steps, 1 runs" in own
    assert ANN.key not in own
    assert "everybody today: 240 tokens" in all_of_it
    assert all(person.key in all_of_it for person in (ANN, BOB))


async def test_a_used_up_day_waits_for_an_admin(tmp_path: Path) -> None:
    """At the limit the run parks with all it did; a grant lets it, and only it, go on."""
    model = ScriptedModel(*looking(4), costly(says("Done.")), costly(says("Hers.")))
    async with process(tmp_path, model, [look], tokens_per_day=200) as bench:
        run = (await bench.say("look")).run
        reached = (await bench.until("budget_reached"))[-1]
        with pytest.raises(Forbidden):
            await bench.kernel.bot.grant(run, by=ANN)
        await bench.kernel.bot.grant(run, by=ADMIN)
        again = (await bench.until("budget_reached", count=2))[-1]
        await bench.kernel.bot.grant(run, by=ADMIN)
        events = await bench.until("run_finished")
        await bench.say("and now?", BOB, OTHER)
        await bench.until("budget_reached", thread=OTHER)
        await bench.say("what of me?", ANN, third := ThreadRef("web", "", "", "t3"))
        await bench.until("run_finished", thread=third)

    assert [BudgetReached("day", 200), BudgetReached("day", 400)] == [reached, again]
    assert 5 == len([event for event in events if isinstance(event, ModelReplied)])


async def test_the_day_of_everybody_is_limited_too(tmp_path: Path) -> None:
    """What others used counts; nobody grants more: the run ends and says what is used up."""
    model = ScriptedModel(costly(says("Mine.")))
    async with process(tmp_path, model, tokens_per_day_all=100, approval_ttl=10) as bench:
        await bench.say("one", BOB)
        await bench.until("run_finished")
        await bench.say("two", ANN, OTHER)
        reached = (await bench.until("budget_reached", thread=OTHER))[-1]

    assert BudgetReached("day_all", 100) == reached
    assert "100 tokens for everybody" in BudgetReached("day_all", 100).text


async def test_no_limit_asks_nothing(tmp_path: Path) -> None:
    """Without the settings a day has no end."""
    model = ScriptedModel(replace(says("Much."), usage=Usage(10**6, 10**6)), says("More."))
    async with process(tmp_path, model, [look]) as bench:
        for text in ("one", "two"):
            await bench.say(text)
            await bench.until("run_finished")


@pytest.mark.parametrize("beside", [0, 3])
async def test_what_is_written_together_is_written_or_not(tmp_path: Path, beside: int) -> None:
    """What follows a write is undone with it, undoes it, and is left out when it did nothing;
    so it is alone, and in a commit with the writes of others."""
    nothing = "UPDATE threads SET title = 'x' WHERE thread = 'z' RETURNING thread"
    async with SqliteStore.open(tmp_path / "x.db") as store:

        async def together(sql: str, *args: str, then: list[str]) -> bool:
            async with asyncio.TaskGroup() as tasks:
                for number in range(beside):
                    tasks.create_task(store.write(ADD, f"{args} {then} {number}"))
                try:
                    await store.write(sql, *args, then=[(ADD, [each]) for each in then])
                except UniqueViolation:
                    return False
            return True

        assert await together(ADD, "a", then=["b"])
        assert not await together(ADD, "c", then=["d", "a"])
        assert not await together(ADD, "a", then=["e"])
        assert await together(nothing, then=["f"])
        assert [("a",), ("b",)] == await store.read(
            "SELECT thread FROM threads WHERE thread NOT LIKE '% %' ORDER BY thread"
        )
        [(others,)] = await store.read("SELECT COUNT(*) FROM threads WHERE thread LIKE '% %'")

    assert 4 * beside == others
