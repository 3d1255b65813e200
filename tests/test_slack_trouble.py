"""Slack is busy, loses its sockets, delivers twice, or is away: nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from time import monotonic

import pytest

from adapters.slack.service import SlackService
from adapters.slack.sockets import Pulse
from bot.agents import Ask
from bot.events import ModelReplied
from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import buttons
from tests.kernel_kit import THREAD, Bench, settings
from tests.slack_kit import ME, VIEWER, in_slack, people, seen, until
from tests.small_tools import RESTART, Lab

QUICK = Pulse(ping=0.3, look=0.1, stale=1.0, patience=2.0)


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        server.api.paced = True
        yield server


def scripted(ask: Ask) -> ModelReplied:
    """Restarts when it is asked to, and otherwise repeats what was said."""
    last = ask.messages[-1]
    if last.role == "user" and "restart" in last.text:
        return calls(RESTART)
    return says(f"Answer to {last.text}")


async def test_busy_for_a_while(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """Slack takes nothing for a while, not even the question who somebody is. Afterwards the
    card and the step before it go first, though they came last, every answer is told once, and
    who was unknown meanwhile is answered too."""
    async with in_slack(tmp_path, slack, ScriptedModel(script=scripted), lab.tools()) as bench:
        await slack.says(f"{ME} hello")
        await seen(slack, "Answer to hello")
        before = len(slack.workspace.posts)
        slack.api.busy_until = monotonic() + 2
        for number in range(2):
            await slack.says(f"{ME} number {number}")
        await slack.says(f"{ME} restart nginx")
        stranger = slack.write(f"{ME} who am I", by=VIEWER)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_deliver(slack, stranger, "C1"))
            await until(lambda: {} if "users.info" in slack.api.calls[-9:] else None, "asked")
            async with asyncio.timeout(5):
                while True:
                    if len(await bench.store.read("SELECT id FROM approvals")) == 1:
                        break
                    await asyncio.sleep(0.02)
        await seen(slack, "Answer to who am I", seconds=20)
        for number in range(2):
            await seen(slack, f"Answer to number {number}", seconds=20)

    first = [slack.workspace.find("C1", ts) for _, _, ts in slack.workspace.posts[before:][:2]]
    texts = "\n".join(slack.workspace.texts())
    assert any("ops_deny" in buttons(message) for message in first if message)
    assert all(1 == texts.count(f"Answer to number {number}") for number in range(2))
    assert [] == [each for each in slack.api.refused if each[0] == "chat.postMessage"]


async def test_sockets_that_drop_again_and_again(tmp_path: Path, slack: SlackServer) -> None:
    """All sockets go every half second, with and without a word, and Slack delivers nothing
    again: what was not acknowledged is found by looking, and each is answered once."""
    model = ScriptedModel(script=scripted)
    reasons = ("", "refresh_requested", "", "warning")
    async with in_slack(tmp_path, slack, model, sockets=2, pulse=QUICK):
        await slack.says(f"{ME} number first")
        await seen(slack, "number first")
        for turn, reason in enumerate(reasons):
            async with asyncio.TaskGroup() as tasks:
                for number in range(4):
                    if number == 1:
                        await slack.drop(reason)
                    message = slack.write(f"{ME} number {turn}{number}", channel=f"C{1 + turn % 2}")
                    tasks.create_task(_deliver(slack, message, f"C{1 + turn % 2}"))
                    await asyncio.sleep(0.1)
        for turn in range(len(reasons)):
            for number in range(4):
                await seen(slack, f"{turn}{number}", channel=f"C{1 + turn % 2}", seconds=10)
        await asyncio.sleep(1.2)

    texts = "\n".join(slack.workspace.texts("C1") + slack.workspace.texts("C2"))
    for turn in range(len(reasons)):
        assert [1] * 4 == [texts.count(f"Answer to number {turn}{number}") for number in range(4)]


async def _deliver(slack: SlackServer, message: dict[str, object], channel: str) -> None:
    try:
        await slack.tell(message, channel)
    except (TimeoutError, ConnectionError):
        return  # lost: Slack's socket was gone, or it ended before the acknowledgement


async def test_two_sockets_at_once(tmp_path: Path, slack: SlackServer) -> None:
    """The same message comes through both sockets at the same moment: one run, one answer."""
    model = ScriptedModel(script=scripted)
    async with in_slack(tmp_path, slack, model, sockets=2) as bench:
        message = slack.write(f"{ME} once")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(slack.tell(message))
        await seen(slack, "Answer to once")
        await asyncio.sleep(1.2)
        runs = await bench.store.read("SELECT id FROM runs")

    assert 1 == len(runs)
    assert 1 == len(slack.workspace.texts())


async def test_away_for_an_hour(tmp_path: Path, slack: SlackServer) -> None:
    """Sockets and API are gone: what is asked elsewhere is answered, the bot says that Slack is
    away, and afterwards answers what was written in Slack meanwhile, and tells what it owed."""
    model = ScriptedModel(script=scripted)
    async with in_slack(tmp_path, slack, model, sockets=2, pulse=QUICK) as bench:
        await slack.says(f"{ME} hello")
        await seen(slack, "Answer to hello")
        slack.api.down = True
        await slack.says(f"{ME} before")
        slack.deaf = True
        await slack.drop()
        slack.write(f"{ME} meanwhile")
        await bench.say("elsewhere")
        assert "run_finished" == (await bench.until("run_finished", thread=THREAD))[-1].kind
        await until_trouble(bench, "Slack")
        slack.deaf = slack.api.down = False
        await seen(slack, "Answer to before", seconds=20)
        await seen(slack, "Answer to meanwhile", seconds=20)
        assert "" == (await bench.kernel.health()).parts["slack"]

    assert 3 == len(slack.workspace.texts())


async def until_trouble(bench: Bench, words: str) -> None:
    async with asyncio.timeout(15):
        while True:
            if words in (await bench.kernel.health()).parts.get("slack", ""):
                return
            await asyncio.sleep(0.05)


async def test_health_tells_of_lost_sockets(tmp_path: Path, slack: SlackServer) -> None:
    """As soon as there is no socket, and until there is one again."""
    service: list[SlackService] = []
    assert {} == SlackService(settings(tmp_path), None).troubles()  # type: ignore[arg-type]
    pulse = Pulse(ping=0.3, look=0.05, stale=30)
    async with in_slack(
        tmp_path, slack, ScriptedModel(), sockets=2, pulse=pulse, kept=service.append
    ):
        await until(lambda: {} if service[0].troubles() == {"slack": ""} else None, "fine")
        slack.deaf = True
        await slack.drop()
        await until(lambda: {} if "gone" in str(service[0].troubles()) else None, "trouble")
        slack.deaf = False
        await slack.connected(1)
        await until(lambda: {} if service[0].troubles() == {"slack": ""} else None, "fine again")
