"""A bot that lives in a fake Slack, and people in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.slack.service import USUAL, SlackService
from adapters.slack.sockets import Pulse
from bot.config import Settings
from bot.ports import Model, Store
from bot.tool import Tool
from tests.fakes.slack.api import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack.server import SlackServer
from tests.fakes.slack.workspace import BOT_USER, Message, buttons, shown
from tests.kernel_kit import Bench, process

ME = f"<@{BOT_USER}>"
OPERATOR, APPROVER, VIEWER, GUEST, STRANGER = "U1", "U2", "U3", "U4", "U5"
ROLES = f"""
approver = ["slack:{APPROVER}"]
operator = ["slack:{OPERATOR}", "email:op@example.org", "slack-group:S1"]
"""


def people(server: SlackServer) -> None:
    workspace = server.workspace
    workspace.person(OPERATOR, "olga")
    workspace.person(APPROVER, "anna")
    workspace.person(VIEWER, "vic")
    workspace.person(GUEST, "gus", restricted=True)
    workspace.person(STRANGER, "stan", stranger=True)


@asynccontextmanager
async def in_slack(
    directory: Path,
    server: SlackServer,
    model: Model,
    tools: Mapping[str, Tool] | Sequence[Tool] = (),
    *,
    sockets: int = 1,
    pulse: Pulse = USUAL,
    kept: Callable[[SlackService], object] = lambda _service: None,
    **given: Any,
) -> AsyncGenerator[Bench]:
    """One life of the bot; its sockets are open when this begins. *kept*: given its service."""

    def services(settings: Settings, store: Store) -> list[SlackService]:
        service = SlackService(settings, store, pulse=pulse)
        kept(service)
        return [service]

    roles = directory / "roles.toml"
    roles.write_text(ROLES)
    chosen: dict[str, Any] = {
        "roles_file": roles,
        "slack_bot_token": BOT_TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_api_url": f"{server.url}/api/",
        **given,
    }
    async with process(
        directory,
        model,
        tools,
        services=services,
        **chosen,
    ) as bench:
        if sockets:
            await server.connected(sockets)
        yield bench


async def until(found: Callable[[], Message | None], what: str, *, seconds: float = 10) -> Message:
    """Look again and again: nobody tells a test what Slack shows."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if (message := found()) is not None:
                    return message
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not seen in {seconds} s: {what}") from None


async def seen(
    server: SlackServer, text: str, *, channel: str = "C1", seconds: float = 10
) -> Message:
    """The first message of the bot's that shows *text*."""

    def look() -> Message | None:
        mine = (m for m in server.workspace.messages[channel] if m.get("bot_id"))
        return next((m for m in mine if text in shown(m)), None)

    try:
        return await until(look, text, seconds=seconds)
    except AssertionError:
        there = "\n---\n".join(server.workspace.texts(channel))
        raise AssertionError(f"{text!r} was not said; there is:\n{there}") from None


async def card(server: SlackServer, *, channel: str = "C1") -> Message:
    """The newest message with something to decide."""

    def look() -> Message | None:
        mine = reversed(server.workspace.messages[channel])
        return next((m for m in mine if {"ops_deny", "ops_again"} & buttons(m).keys()), None)

    return await until(look, "a card")
