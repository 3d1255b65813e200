"""Messages of one Slack thread are taken in as they were written."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.live.turns import Turns
from adapters.live.watermarks import Watermarks
from bot.ports import Store
from bot.store.sqlite import SqliteStore
from tests.fakes.model import ScriptedModel, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.slack_kit import APPROVER, ME, in_slack, people, seen, until


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def test_the_order_is_that_of_writing(tmp_path: Path, slack: SlackServer) -> None:
    """Slack is slow to say who wrote first; who wrote second is known: the first one stays first,
    and the answer under it is not for a thread that the bot knows nothing of."""
    model = ScriptedModel(script=lambda _ask: says("Answer."))
    async with in_slack(tmp_path, slack, model) as bench:
        await slack.says(f"{ME} hello", by=APPROVER)
        await seen(slack, "Answer.")
        known = slack.api.held["users.info"] = asyncio.Event()
        asked = slack.api.calls.count("users.info")
        first = slack.write(f"{ME} first")
        second = slack.write("second", by=APPROVER, thread=first["ts"])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(slack.tell(first))
            await until(lambda: {} if slack.api.calls.count("users.info") > asked else None, "ask")
            tasks.create_task(slack.tell(second))
            await asyncio.sleep(0.3)  # enough for the second, if nothing held it back
            known.set()
        events = await bench.store.read(
            "SELECT data FROM events WHERE kind IN ('run_started', 'message_joined')"
            " ORDER BY position"
        )

    assert ["hello", "first", "second"] == [json.loads(data)["text"] for (data,) in events]


async def test_every_answer_is_told(tmp_path: Path, slack: SlackServer) -> None:
    """Somebody says more while the model answers, so that the run goes on: what it had answered
    is told as well, each answer once."""
    thinking = asyncio.Event()
    async with in_slack(
        tmp_path, slack, ScriptedModel(thinking, says("To one."), says("To two."))
    ) as bench:
        asked = await slack.says(f"{ME} one")
        async with asyncio.timeout(5):
            assert isinstance(bench.model, ScriptedModel)
            await bench.model.thinking.wait()
        await slack.says("two", thread=asked["ts"])
        thinking.set()
        await seen(slack, "To two.")

    told = [text for text in slack.workspace.texts() if text.startswith("To")]
    assert ["To one.", "To two."] == [text.split("\n")[0] for text in told]


async def test_the_older_run_is_told_first(tmp_path: Path, slack: SlackServer) -> None:
    """Two runs of a thread have their answers while the channel may not be written to: people
    read them in the order in which they asked."""
    thinking, writable = asyncio.Event(), asyncio.Event()
    model = ScriptedModel(thinking, says("Hello."), says("To one."), says("To two."))
    async with in_slack(tmp_path, slack, model) as bench:
        asked = await slack.says(f"{ME} one", by=APPROVER)
        async with asyncio.timeout(5):
            await model.thinking.wait()
        slack.api.held["chat.postMessage"] = writable
        await slack.says(f"{ME} hello", by=APPROVER)
        await until(lambda: {} if "chat.postMessage" in slack.api.calls else None, "a post")
        await slack.says("two", thread=asked["ts"])
        thinking.set()
        await _all_done(bench.store)
        writable.set()
        await seen(slack, "To two.")

    told = [text for text in slack.workspace.texts() if text.startswith("To")]
    assert ["To one.", "To two."] == [text.split("\n")[0] for text in told]


async def _all_done(store: Store) -> None:
    async with asyncio.timeout(5):
        while True:
            if not await store.read("SELECT 1 FROM runs WHERE status <> 'done'"):
                return
            await asyncio.sleep(0.01)


async def test_marks_wait_for_what_is_older(tmp_path: Path) -> None:
    """A channel is not marked as read beyond a message that is still being taken in."""
    async with SqliteStore.open(tmp_path / "bot.db") as store, asyncio.TaskGroup() as tasks:
        marks = Watermarks(store, "slack", lag=0.05)
        serving = tasks.create_task(marks.serve())
        with marks.reading("C1", "1.5"):
            marks.soon("C1", "2.5")
            marks.soon("C2", "1.0")
            await _marked(marks, {"C2": "1.0"})
        await _marked(marks, {"C2": "1.0", "C1": "2.5"})
        marks.soon("C1", "3.5")
        await asyncio.sleep(0)
        serving.cancel()

    async with SqliteStore.open(tmp_path / "bot.db") as store:
        assert {"C2": "1.0", "C1": "3.5"} == await Watermarks(store, "slack").all()


async def _marked(marks: Watermarks, wanted: dict[str, str]) -> None:
    async with asyncio.timeout(5):
        while True:
            if wanted == await marks.all():
                return
            await asyncio.sleep(0.01)


async def test_turns_are_forgotten() -> None:
    """A conversation that nobody waits in takes no memory."""
    turns = Turns()
    async with turns.of("a"), turns.of("b"):
        assert 2 == len(turns)

    assert 0 == len(turns)
