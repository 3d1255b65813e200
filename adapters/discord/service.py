"""The adapter as a service: a fresh client for each attempt, everything else outlives it."""

import asyncio
from collections.abc import Mapping
from time import monotonic

import aiohttp
import discord
import structlog

from adapters.discord.absence import Absence
from adapters.discord.clicks import Clicks, button_class
from adapters.discord.client import Client, point_at
from adapters.discord.doctor import UNKNOWN
from adapters.discord.files import Files
from adapters.discord.identity import People
from adapters.discord.inbound import Inbound
from adapters.discord.orders import Orders
from adapters.discord.place import thread_of
from adapters.discord.render import Render
from adapters.discord.wire import DiscordWire
from adapters.live.allowance import Limits
from adapters.live.lease import SECONDS, Lease
from adapters.live.ops import OpsChannel, channel_on
from adapters.live.teller import Teller
from bot.chat import ThreadRef
from bot.config import Settings
from bot.ports import Bot, Store

log = structlog.get_logger()
LIMITS = Limits(apart=1.0, edits_apart=1.5, edits=600)
"""About five messages in five seconds for each channel and each thread; edits apart from them."""
STALE = 60.0
"""Seconds without a connection after which a client is not believed any more."""
_FATAL = (discord.LoginFailure, discord.PrivilegedIntentsRequired)
_TROUBLE = (discord.DiscordException, aiohttp.ClientError, OSError)
_AWAY = (*_TROUBLE, AttributeError)
"""discord.py trips over itself where a gateway is away at first."""


class DiscordTrouble(Exception):
    """Discord cannot be used now: it is tried again with a fresh client."""


class DiscordService:
    """Implements ``bot.ports.Service``. A wrong token ends its attempts: Discord locks out those
    who go on asking with one."""

    name = "discord"

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        stale: float = STALE,
        calm: float = 2.0,
        lease: float = SECONDS,
    ) -> None:
        """*lease*: seconds after which another process takes the place of a silent one."""
        self._settings = settings
        self._store = store
        self._stale = stale
        self._calm = calm
        self._lease = lease
        self.standing_by = False
        self._content = True
        self._client: Client | None = None
        self._given_up = ""

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.connected

    def troubles(self) -> Mapping[str, str]:
        if self._given_up or self.connected or self.standing_by:
            return {"discord": self._given_up}
        return {"discord": "not connected"} if self._client else {}

    async def serve(self, bot: Bot) -> None:
        point_at(self._settings)
        try:
            await self._live(bot)
        except discord.LoginFailure:
            await self._give_up(UNKNOWN)
        except discord.PrivilegedIntentsRequired:
            if not self._content:
                await self._give_up("Discord refuses the bot's intents: see docs/DISCORD.md")
            log.warning(
                "the message content intent is off: in threads the bot must be mentioned, see"
                " docs/DISCORD.md"
            )
            self._content = False
            await self.serve(bot)

    async def _give_up(self, why: str) -> None:
        self._given_up = why
        log.error("Discord is given up", reason=why)
        await asyncio.Event().wait()

    async def _live(self, bot: Bot) -> None:
        """One client's life. Raises DiscordTrouble, and what cannot be mended."""
        async with Client(content=self._content, calm=self._calm) as client:
            self._client = client
            try:
                await client.login(self._settings.discord_token.get_secret_value())
                lease = Lease(self._store, f"discord:{client.application_id}", seconds=self._lease)
                self.standing_by = True
                async with lease.held():
                    self.standing_by = False
                    await self._connected(client, bot, lease)
            except _FATAL:
                raise
            except _AWAY as error:
                raise DiscordTrouble(f"Discord cannot be reached: {error}") from error
            finally:
                self._client = None
                self.standing_by = False
        raise DiscordTrouble("the connection to Discord ended")

    async def _connected(self, client: Client, bot: Bot, lease: Lease) -> None:
        wire = DiscordWire(client)
        people = People(client, self._settings.discord_home_guild)
        ops = OpsChannel(self._store, await _ops_place(client, self._settings))
        files = Files(self._settings.discord_api_url)
        inbound = Inbound(bot, client, wire, people, self._store, files, ops)
        absence = Absence(client, inbound, self._store, age=self._settings.catch_up_age)
        clicks = Clicks(bot, people, inbound)
        orders = Orders(bot, people, inbound, wire)
        await orders.sync(orders.tree(client, clicks))
        client.add_dynamic_items(button_class(clicks.pressed))
        client.heard, client.submitted = inbound.heard, clicks.submitted
        client.back = absence.bell.set
        teller = Teller(
            "discord", wire, Render(self._settings.thoughts), self._store,
            limits=LIMITS, channel_of=_bucket, ops=ops,
        )  # fmt: skip
        failure: Exception | None = None
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(teller.serve(bot), name="discord teller"),
                tasks.create_task(absence.serve(), name="discord absence"),
                tasks.create_task(self._watch(client), name="discord watch"),
                tasks.create_task(lease.keep(), name="discord lease"),
            ]
            try:
                await client.connect()
            except _AWAY as error:
                failure = error  # raised below as it is, not in a group
            finally:
                for task in beside:
                    task.cancel()
        if failure is not None:
            raise failure

    async def _watch(self, client: Client) -> None:
        """discord.py waits longer and longer for a gateway: a fresh client does not."""
        since = monotonic()
        while monotonic() - since < self._stale:
            await asyncio.sleep(min(5.0, self._stale / 4))
            if client.connected:
                since = monotonic()
        log.warning("Discord's gateway is gone", seconds=self._stale)
        await client.close()


async def _ops_place(client: Client, settings: Settings) -> ThreadRef | None:
    """The operators' channel, in whichever guild it is; raises what discord.py does."""
    channel = channel_on(settings, "discord")
    if not channel:
        return None
    found = await client.fetch_channel(int(channel))
    guild = getattr(found, "guild", None)
    return thread_of(guild.id if guild else None, int(channel), None)


def _bucket(thread: ThreadRef) -> str:
    """Discord counts messages for each channel, and a thread is one."""
    return thread.thread or thread.channel
