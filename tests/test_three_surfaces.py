"""One bot in Slack, in Discord and on the page at once: the same events, and one decision."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.discord.service import DiscordService
from adapters.slack.service import SlackService
from adapters.web.own_secrets import OwnSecrets
from adapters.web.server import WebServer
from adapters.web.tokens import AccessTokens
from bot.config import Settings
from bot.ports import Model, Service, Store
from tests import discord_kit, slack_kit
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import GUILD, TOKEN
from tests.fakes.discord.world import buttons as discord_buttons
from tests.fakes.discord.world import shown as discord_shown
from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.api import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import buttons as slack_buttons
from tests.fakes.slack.workspace import shown as slack_shown
from tests.kernel_kit import Bench, process
from tests.small_tools import RESTART, Lab

SECRET = "a secret of at least 32 characters"
ROLES = f"""
approver = ["slack:{slack_kit.APPROVER}", "discord:{discord_kit.APPROVER}"]
operator = ["slack:{slack_kit.OPERATOR}", "discord:{discord_kit.OPERATOR}"]
"""
ASKED_IN = ("slack", "discord")


@dataclass
class Everywhere:
    """The bot, the places where people are, and what an admin's page was sent."""

    bench: Bench
    slack: SlackServer
    discord: DiscordServer
    page: aiohttp.ClientWebSocketResponse
    frames: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def ask(self, where: str, text: str) -> None:
        if where == "slack":
            await self.slack.says(f"{slack_kit.ME} {text}")
        else:
            await self.discord.says(f"{discord_kit.ME} {text}")

    async def seen(self, where: str, text: str) -> str:
        """All that the message shows which holds *text*."""
        if where == "slack":
            return slack_shown(await slack_kit.seen(self.slack, text))
        return discord_shown(await discord_kit.seen(self.discord, text))

    async def card(self, where: str) -> tuple[Any, str]:
        """The open card and its approval."""
        if where == "slack":
            found = await slack_kit.card(self.slack)
            return found, slack_buttons(found)["ops_approve"]
        found = await discord_kit.card(self.discord)
        return found, discord_buttons(found)["approve"].split(":")[2]

    async def until(self, kind: str) -> None:
        """Until the page was sent a frame of this type."""
        async with asyncio.timeout(20):
            while not self.sent(kind):
                self.frames.append(await self.page.receive_json())

    async def click(self, where: str, card: Any) -> None:
        """*Approve*, by an approver."""
        if where == "slack":
            await self.slack.clicks(card, "ops_approve", by=slack_kit.APPROVER)
        else:
            await self.discord.clicks(card, "approve", by=discord_kit.APPROVER)

    async def order(self, where: str, approval: str) -> str:
        """The same, typed; what the approver is told."""
        if where == "slack":
            return await self.slack.orders(f"approve {approval}", by=slack_kit.APPROVER)
        made = await self.discord.orders("approve", approval, by=discord_kit.APPROVER)
        return await discord_kit.until(lambda: made.texts or None, "an answer")

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]


@asynccontextmanager
async def everywhere(directory: Path, model: Model, lab: Lab) -> AsyncGenerator[Everywhere]:
    roles = directory / "roles.toml"
    roles.write_text(ROLES)
    made: list[WebServer] = []

    def services(settings: Settings, store: Store) -> list[Service]:
        made.append(WebServer(settings, store, OwnSecrets(SECRET, "correct horse battery", None)))
        return [*made, SlackService(settings, store), DiscordService(settings, store, calm=0.1)]

    async with slack_server() as slack, discord_server() as discord:
        slack_kit.people(slack)
        discord_kit.people(discord)
        given: dict[str, Any] = {
            "roles_file": roles, "port": 0, "rate_limit_enabled": False,
            "slack_bot_token": BOT_TOKEN, "slack_app_token": APP_TOKEN,
            "slack_api_url": f"{slack.url}/api/",
            "discord_token": TOKEN, "discord_api_url": discord.url,
            "discord_gateway_url": discord.gateway.url, "discord_home_guild": GUILD,
        }  # fmt: skip
        async with process(directory, model, lab.tools(), services=services, **given) as bench:
            await slack.connected(1)
            await discord.gateway.connected()
            [web] = made
            await web.listening.wait()
            token = AccessTokens(SECRET).issue("admin", "")
            url = f"http://127.0.0.1:{web.port}"
            async with (
                aiohttp.ClientSession(url) as http,
                http.ws_connect("/ws/chat", params={"token": token, "after": ""}) as page,
            ):
                yield Everywhere(bench, slack, discord, page)


@pytest.mark.parametrize("where", ASKED_IN)
async def test_the_page_sees_what_the_chat_shows(tmp_path: Path, lab: Lab, where: str) -> None:
    """Thought, card, decision and answer of a run that was asked for elsewhere: the page has the
    same events, in the order of the log; it decides, and the card says so where it was asked."""
    model = ScriptedModel(calls(RESTART, text="nginx hangs."), says("It is up."))
    async with everywhere(tmp_path, model, lab) as there:
        await there.ask(where, "restart nginx")
        _, approval = await there.card(where)
        await there.until("approval_requested")
        await there.page.send_json({"approval": approval, "decision": "approve"})
        await there.until("run_finished")
        await there.until("settled")
        assert "Approved by admin" in await there.seen(where, "Approved by")
        assert "nginx hangs." in await there.seen(where, "nginx hangs.")
        await there.seen(where, "It is up.")
        [(run,)] = await there.bench.store.read("SELECT id FROM runs")
        log = await there.bench.store.read(
            "SELECT kind FROM events WHERE log_id = $1 ORDER BY seq", run
        )

    recorded = [f for f in there.frames if f.get("run_id") == run and "seq" in f]
    assert [kind for (kind,) in log] == [frame["type"] for frame in recorded]
    assert ["restart nginx"] == lab.did


@pytest.mark.parametrize("where", ASKED_IN)
async def test_all_decide_at_once_and_one_does(tmp_path: Path, lab: Lab, where: str) -> None:
    """A click in Slack or Discord, a typed order in the other one and the page, all at the same
    moment: one counts, it ran once, the others are told who was first."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with everywhere(tmp_path, model, lab) as there:
        await there.ask(where, "restart nginx")
        shown_card, approval = await there.card(where)
        other = "discord" if where == "slack" else "slack"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(there.click(where, shown_card))
            typed = tasks.create_task(there.order(other, approval))
            tasks.create_task(there.page.send_json({"approval": approval, "decision": "approve"}))
        await there.until("run_finished")
        await there.seen(where, "It is up.")
        shown = await there.seen(where, "Approved by")

    [decided] = there.sent("approval_decided")
    assert ["restart nginx"] == lab.did
    assert f"Approved by {decided['by']['name']}" in shown
    assert approval in typed.result()
