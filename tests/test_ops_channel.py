"""Incidents in the operators' channel: one message each, everything else below it, and buttons."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.service import DiscordService
from adapters.slack.service import SlackService
from bot.config import Settings
from bot.ports import Service, Store
from tests import discord_kit, slack_kit
from tests.fakes.discord import shapes
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.world import buttons as discord_buttons
from tests.fakes.discord.world import shown as discord_shown
from tests.fakes.model import says
from tests.fakes.slack.api import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import Message, buttons, shown
from tests.healing_kit import Machines, Thinking, Ward, ward
from tests.slack_kit import APPROVER, OPERATOR, VIEWER

FOUR = ("web1", "web2", "web3", "web4")


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        slack_kit.people(server)
        yield server


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        discord_kit.people(server)
        yield server


def _slack(settings: Settings, store: Store) -> Sequence[Service]:
    return [SlackService(settings, store)]


def _discord(settings: Settings, store: Store) -> Sequence[Service]:
    return [DiscordService(settings, store, calm=0.1)]


def in_slack(directory: Path, server: SlackServer) -> dict[str, Any]:
    roles = directory / "roles.toml"
    roles.write_text(slack_kit.ROLES)
    return {
        "services": _slack,
        "roles_file": roles,
        "slack_bot_token": BOT_TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_api_url": f"{server.url}/api/",
        "ops_channel": "slack:C1",
    }


def in_discord(directory: Path, server: DiscordServer) -> dict[str, Any]:
    roles = directory / "roles.toml"
    roles.write_text(discord_kit.ROLES)
    return {
        "services": _discord,
        "roles_file": roles,
        "discord_token": shapes.TOKEN,
        "discord_api_url": server.url,
        "discord_gateway_url": server.gateway.url,
        "discord_home_guild": shapes.GUILD,
        "ops_channel": f"discord:{shapes.CHANNEL}",
    }


def roots(server: SlackServer) -> list[Message]:
    """The bot's messages in the channel itself."""
    mine = (m for m in server.workspace.messages["C1"] if m.get("bot_id"))
    return [m for m in mine if m.get("thread_ts") in (None, m["ts"])]


async def broken(here: Ward) -> None:
    here.machines.state["web2"] = "failed"
    await here.rounds(2)


async def test_slack_from_alarm_to_all_clear(tmp_path: Path, slack: SlackServer) -> None:
    """An incident is one message in the channel, edited as it changes. The repair's card and what
    happens are in its thread; an approver's click repairs; when it is well, the message says so."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, **in_slack(tmp_path, slack)) as here:
        await slack.connected(1)
        await broken(here)
        root = await slack_kit.seen(slack, "nginx.service is failed on web2")
        assert {"ops_care_ack", "ops_care_why"} <= buttons(root).keys()
        await here.until_known(lambda found: found[0].repairing)
        card = await slack_kit.card(slack)
        assert card["thread_ts"] == root["ts"]

        await slack.clicks(card, "ops_approve", by=APPROVER)
        await here.until_known(lambda found: found[0].noted)
        await slack_kit.seen(slack, "restart-unit helped")

        assert machines.done == [("web2", "restart")]
        [only] = roots(slack)
        assert "resolved" in shown(only)
        assert not buttons(only)
        lines = [m for m in slack.workspace.messages["C1"] if m.get("thread_ts") == root["ts"]]
        assert any("opened: nginx.service" in shown(m) for m in lines)
        assert any("repaired: restart nginx.service" in shown(m) for m in lines)


async def test_slack_buttons(tmp_path: Path, slack: SlackServer) -> None:
    """Who clicks Acknowledge takes care of it, and the message says who; a viewer is told that it
    is not theirs to do."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    async with ward(tmp_path, machines, **in_slack(tmp_path, slack)) as here:
        await slack.connected(1)
        await broken(here)
        root = await slack_kit.seen(slack, "nginx.service is failed on web2")

        await slack.clicks(root, "ops_care_ack", by=VIEWER)
        assert not (await here.incident()).owner
        await slack.clicks(root, "ops_care_ack", by=OPERATOR)
        await slack_kit.seen(slack, "takes care of it")

        assert (await here.incident()).owner
        await slack.clicks(root, "ops_care_silence_1h", by=OPERATOR)
        await slack_kit.seen(slack, "silenced for 1h")


async def test_slack_talking_about_it(tmp_path: Path, slack: SlackServer) -> None:
    """What an operator writes in the incident's thread is answered there, as part of it."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    model = Thinking(script=lambda _ask: says("It is the disk."))
    async with ward(tmp_path, machines, model=model, **in_slack(tmp_path, slack)) as here:
        await slack.connected(1)
        await broken(here)
        root = await slack_kit.seen(slack, "nginx.service is failed on web2")
        await slack.says("what is it?", by=OPERATOR, thread=root["ts"])
        await slack_kit.seen(slack, "It is the disk.")

        incident = await here.incident()
        runs = await here.store.read(
            "SELECT agent FROM runs WHERE thread = $1 ORDER BY created", str(incident.thread)
        )
        assert ("react",) in runs


async def test_slack_people_are_called(tmp_path: Path, slack: SlackServer) -> None:
    """Who is to be called is mentioned, and nobody else."""
    machines = Machines(*FOUR)
    contacts = (f"slack:{APPROVER}",)
    given = in_slack(tmp_path, slack)
    async with ward(tmp_path, machines, contacts=contacts, **given) as here:
        await slack.connected(1)
        await broken(here)
        await here.command("escalate", (await here.incident()).id)

        called = await slack_kit.seen(slack, f"<@{APPROVER}>")
        assert "asks for help" in shown(called)
        assert "<@" not in shown(roots(slack)[0])


async def test_told_once_over_a_restart(tmp_path: Path, slack: SlackServer) -> None:
    """What opened while Slack was away is told when it is back, and only once."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    clock = [1_800_000_000.0]
    async with ward(tmp_path, machines, clock=clock) as here:
        await broken(here)
    for _ in range(2):
        async with ward(tmp_path, machines, clock=clock, **in_slack(tmp_path, slack)):
            await slack.connected(1)
            await slack_kit.seen(slack, "opened: nginx.service")

    assert len(roots(slack)) == 1


async def test_discord_from_alarm_to_all_clear(tmp_path: Path, discord: DiscordServer) -> None:
    """The same in Discord: a card in the channel, its own thread, a click by an approver."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, **in_discord(tmp_path, discord)) as here:
        await broken(here)

        def find(text: str) -> Any:
            mine = discord_kit.said(discord)
            return next((m for m in mine if text in discord_shown(m)), None)

        root = await discord_kit.until(lambda: find("is failed on web2"), "the incident")
        assert root["channel_id"] == shapes.CHANNEL
        assert any("care_ack" in name for name in discord_buttons(root))
        await here.until_known(lambda found: found[0].repairing)
        card = await discord_kit.until(lambda: find("Approval needed"), "the card")
        assert card["channel_id"] == root["id"]  # a thread has the id of the message it hangs on

        await discord.clicks(card, "approve", by=discord_kit.APPROVER)
        await here.until_known(lambda found: found[0].noted)
        await discord_kit.until(lambda: find("restart-unit helped"), "the note")

        assert machines.done == [("web2", "restart")]
        assert "resolved" in discord_shown(discord.world.messages[root["id"]])


async def test_discord_has_room_for_25(tmp_path: Path, discord: DiscordServer) -> None:
    """Of more commands than Discord takes the usual ones are under /ops by their names, and all
    others through one that takes them as they are typed."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, **in_discord(tmp_path, discord)) as here:
        assert len(here.kernel.bot.read.vocabulary()) > 25
        await broken(here)
        await discord_kit.until(lambda: discord_kit.said(discord) or None, "the incident")
        [ops] = [each for each in discord.api.commands if each["name"] == "ops"]
        names = [each["name"] for each in ops["options"]]
        assert len(names) == 25
        assert {"status", "stop", "incidents", "ack", "other"} <= set(names)
        said = await discord.orders("other", "runbooks", by=discord_kit.APPROVER)
        await discord_kit.until(lambda: "restart-service" in said.texts or None, "the runbooks")


async def test_slack_card_of_a_repair(tmp_path: Path, slack: SlackServer) -> None:
    """A repair is asked about every time: its card has no button to trust it."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, **in_slack(tmp_path, slack)) as here:
        await slack.connected(1)
        await broken(here)
        await here.until_known(lambda found: found[0].repairing)

        offered = buttons(await slack_kit.card(slack)).keys()
        assert {"ops_approve", "ops_deny"} <= offered
        assert "ops_trust" not in offered
