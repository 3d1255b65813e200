"""“is thinking…” while a run works."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.slack.place import thread_of
from adapters.slack.service import connection
from adapters.slack.thinking import Pace, Thinking
from adapters.slack.wire import SlackWire
from bot.chat import Role, User
from bot.events import RunFinished, RunStarted
from tests.fakes.model import ScriptedModel, says
from tests.fakes.slack.api import BOT_TOKEN
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import TEAM
from tests.kernel_kit import settings
from tests.slack_kit import ME, in_slack, people, seen, until

STATUS = "assistant.threads.setStatus"


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def test_a_thread_shows_that_it_is_thought_about(tmp_path: Path, slack: SlackServer) -> None:
    """From the beginning of the run, in its thread, before there is an answer."""
    thinking = asyncio.Event()
    async with in_slack(tmp_path, slack, ScriptedModel(thinking, says("Done."))):
        asked = await slack.says(f"{ME} hello")
        await until(lambda: next(iter(slack.workspace.statuses), None), "a status")
        assert [] == slack.workspace.texts()
        thinking.set()
        await seen(slack, "Done.")

    [status] = slack.workspace.statuses
    assert ("C1", asked["ts"]) == (status["channel_id"], status["thread_ts"])
    assert "is thinking…" == status["status"]


async def test_an_app_that_may_not_is_quiet(tmp_path: Path, slack: SlackServer) -> None:
    """Slack refuses once; it is not asked again, and everything else goes on."""
    slack.api.missing_scopes.add(STATUS)
    async with in_slack(tmp_path, slack, ScriptedModel(says("One."), says("Two."))) as bench:
        await slack.says(f"{ME} first")
        await seen(slack, "One.")
        await until(lambda: {} if STATUS in slack.api.calls else None, "a try")
        await slack.says(f"{ME} second")
        await seen(slack, "Two.")
        assert "" == (await bench.kernel.health()).parts["slack"]

    assert 1 == slack.api.calls.count(STATUS)


async def test_it_costs_little(tmp_path: Path, slack: SlackServer) -> None:
    """Not more often than its budget in all, nor while Slack is busy; a thread that rests is
    left alone."""
    started = RunStarted(User("slack", "U1"), Role.VIEWER, "hello")
    roots = [slack.write(f"root {number}")["ts"] for number in range(6)]
    threads = [thread_of(TEAM, "C1", root) for root in roots]
    given = settings(tmp_path, slack_bot_token=BOT_TOKEN, slack_api_url=f"{slack.url}/api/")
    async with connection(given) as client:
        thinking = Thinking(SlackWire(client), Pace(apart=0.0, a_minute=3))
        slack.api.trouble[STATUS] = ["429 1"]
        thinking.note(threads[0], started)
        await thinking.said()
        thinking.note(threads[0], started)
        await thinking.said()
        assert 1 == slack.api.calls.count(STATUS)

        thinking = Thinking(SlackWire(client), Pace(apart=0.0, a_minute=3))
        for thread in threads:
            thinking.note(thread, started)
        thinking.note(threads[0], RunFinished("done"))
        await thinking.said()

    assert roots[1:4] == [each["thread_ts"] for each in slack.workspace.statuses]
