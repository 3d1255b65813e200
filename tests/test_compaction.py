"""Conversations that outgrow the context: the older part is summed up, and the run goes on."""

from dataclasses import replace
from pathlib import Path

from bot.agents import Ask
from bot.events import ContextSummarised, ModelReplied, Usage
from bot.ledger import Ledger
from bot.ports import ModelError
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import BOB, kinds, process
from tests.recording import Recording

LONG = "word " * 2_000


def long_thread() -> Recording:
    """Two long turns, and a third that goes on."""
    run = Recording(f"first {LONG}")
    run.reply(f"one {LONG}")
    run.start(f"second {LONG}")
    run.reply(f"two {LONG}")
    run.start(f"third {LONG}")
    return run


def test_a_summary_is_asked_for() -> None:
    """Of the older turns alone, without tools; the last ones stay word for word."""
    run = long_thread()

    ask = run.ask
    assert ask.purpose == "summary"
    assert ask.tools == ()
    assert [m.text.split()[0] for m in ask.messages[1:]] == ["first", "one", "[note]"]

    run.add(ContextSummarised("They talked.", ask.upto))

    assert run.ask.purpose == "step"
    assert [m.text.split()[0] for m in run.shown] == ["[note]", "second", "two", "third"]
    assert "They talked." in run.shown[0].text


def test_short_ones_are_left_alone() -> None:
    """Nothing is summed up that fits."""
    run = Recording("first")
    run.reply("one")
    run.start("second")

    assert run.ask.purpose == "step"


def test_one_huge_turn() -> None:
    """There is no older part of a first message, however long: the run goes on with it."""
    run = Recording(LONG * 4)

    assert run.ask.purpose == "step"


async def test_in_a_run(tmp_path: Path) -> None:
    """The summary is an event of the run; a model that cannot make one does not end it."""

    def script(ask: Ask) -> ModelReplied:
        if ask.purpose == "summary":
            if "huge" in ask.messages[1].text:
                raise ModelError("too much")
            return replace(says("They talked at length."), usage=Usage(900, 100))
        return says(f"{len(ask.messages)} messages {LONG}")

    model = ScriptedModel(script=script)
    async with process(tmp_path, model) as bench:
        for number, text in enumerate(("huge", "b", "c"), 1):
            await bench.say(f"{text} {LONG}", BOB)
            await bench.until("run_finished", count=number)
        events = await bench.until("run_finished", count=3)

    assert kinds(events)[-3:] == ["context_summarised", "model_replied", "run_finished"]
    summaries = [event.text for event in events if isinstance(event, ContextSummarised)]
    assert "could not be summed up" in summaries[0]


def test_a_summary_costs() -> None:
    """Its tokens count towards the run's budget."""
    run = long_thread()
    run.add(ContextSummarised("They talked.", run.ask.upto, Usage(900, 100)))
    ledger = Ledger(run.run)
    for recorded in run.log:
        ledger.fold(recorded)

    assert ledger.spent.tokens == 1_000
    assert ledger.spent.steps == 0
