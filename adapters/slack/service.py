"""The adapter as a service: checks its tokens, listens on two sockets, tells what happens."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.live.ops import OpsChannel, channel_on
from adapters.live.teller import Teller
from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.absence import Absence
from adapters.slack.clicks import Clicks
from adapters.slack.files import Files
from adapters.slack.identity import People
from adapters.slack.inbound import Inbound, Me
from adapters.slack.listening import bolt_app
from adapters.slack.orders import Orders
from adapters.slack.place import thread_of
from adapters.slack.render import Render
from adapters.slack.sockets import Pulse, Sockets
from adapters.slack.thinking import Thinking
from adapters.slack.wire import SlackWire
from bot.config import Settings
from bot.ports import Bot, Store

PATIENCE = 15.0
"""Seconds that Slack may take for an answer: the client itself would wait for ever."""
USUAL = Pulse()


class SlackTrouble(Exception):
    """Slack cannot be used now. The text says what to do."""


class SlackService:
    """Implements ``bot.ports.Service``; ends with SlackTrouble when it cannot go on."""

    name = "slack"

    def __init__(self, settings: Settings, store: Store, *, pulse: Pulse = USUAL) -> None:
        self._settings = settings
        self._store = store
        self._pulse = pulse
        self._sockets: Sockets | None = None
        self._teller: Teller | None = None

    def troubles(self) -> Mapping[str, str]:
        """What is wrong while it is served; what keeps it from that, its supervisor knows."""
        if self._sockets is None or self._teller is None or not self._sockets.open:
            return {}
        if not self._sockets.connected:
            return {"slack": "Slack's sockets are gone: they are being opened again"}
        return {"slack": self._teller.trouble}

    async def serve(self, bot: Bot) -> None:
        async with connection(self._settings) as client:
            wire = SlackWire(client)
            me = await who_am_i(wire, client)
            await socket_allowed(client, self._settings)
            people = People(wire, me.team)
            session = client.session
            assert session is not None
            channel = channel_on(self._settings, "slack")
            root = thread_of(me.team, channel, "") if channel else None
            ops = OpsChannel(self._store, root)
            files = Files(session, me.token, client.base_url)
            inbound = Inbound(bot, me, wire, people, self._store, files, ops)
            app = bolt_app(
                client,
                inbound,
                Clicks(bot, me.team, wire, people, inbound),
                Orders(bot, me.team, me.user, wire, people),
            )
            render = Render(self._settings.thoughts)
            teller = Teller("slack", wire, render, self._store, ops=ops)
            absence = Absence(wire, inbound, self._store, age=self._settings.catch_up_age)
            await absence.nothing_missed()
            sockets = Sockets(self._pulse, absence.nothing_missed, absence.bell.set)
            self._teller, self._sockets = teller, sockets
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(teller.serve(bot), name="slack teller"),
                    tasks.create_task(inbound.watermarks.serve(), name="slack watermarks"),
                    tasks.create_task(absence.serve(), name="slack absence"),
                    tasks.create_task(Thinking(wire).serve(bot), name="slack status"),
                ]
                token = self._settings.slack_app_token.get_secret_value()
                failure = await sockets.serve(app, token)
                for task in beside:
                    task.cancel()
            raise SlackTrouble(failure)


@asynccontextmanager
async def connection(settings: Settings) -> AsyncGenerator[AsyncWebClient]:
    """The official client on one session; it retries nothing by itself: the sender does."""
    limit = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=limit) as session:
        yield AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
            retry_handlers=[],
        )


async def who_am_i(wire: SlackWire, client: AsyncWebClient) -> Me:
    """Raises SlackTrouble when the bot token is of no use."""
    found = await _asked(wire, "auth.test", "AI_SLACK_BOT_TOKEN", "it begins with xoxb-")
    return Me(found["team_id"], found["user_id"], found.get("bot_id", ""), client.token or "")


async def socket_allowed(client: AsyncWebClient, settings: Settings) -> None:
    """Raises SlackTrouble when the app-level token is of no use: the client would try for ever."""
    token = settings.slack_app_token.get_secret_value()
    asking = AsyncWebClient(
        token=token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )
    hint = "it begins with xapp- and has the scope connections:write"
    await _asked(SlackWire(asking), "apps.connections.open", "AI_SLACK_APP_TOKEN", hint)


async def _asked(wire: SlackWire, method: str, setting: str, hint: str) -> Mapping[str, Any]:
    try:
        return await wire.call(method, {})
    except Rejected as error:
        raise SlackTrouble(f"{setting}: Slack says {error}; {hint}") from None
    except (Later, Uncertain) as error:
        raise SlackTrouble(f"Slack cannot be reached ({error}); it is tried again") from None
