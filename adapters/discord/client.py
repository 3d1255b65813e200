"""discord.py's client as we want it: which of Discord's events go where."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import structlog
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.config import Settings

log = structlog.get_logger()
LONGEST = 60.0
"""Seconds of a rate limit that discord.py waits out by itself."""
Heard = Callable[[discord.Message], Awaitable[None]]
Interacted = Callable[[discord.Interaction], Awaitable[None]]


def point_at(settings: Settings) -> None:
    """discord.py keeps both addresses for the whole process."""
    Route.BASE = settings.discord_api_url
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.discord_gateway_url)


class Client(discord.Client):
    """One connection. It keeps no messages and no members: everything comes with its event."""

    def __init__(self, *, content: bool, calm: float = 2.0) -> None:
        """*content*: ask for the text of messages that do not mention the bot. *calm*: seconds
        without a further guild after which all of them are there."""
        super().__init__(
            intents=discord.Intents(
                guilds=True, guild_messages=True, dm_messages=True, message_content=content
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=LONGEST,
            guild_ready_timeout=calm,
            enable_debug_events=False,
        )
        self.heard: Heard = _nothing
        self.submitted: Interacted = _nothing
        self.back: Callable[[], None] = lambda: None
        """Called when it is connected, also again."""
        self.connected = False

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """After it was closed discord.py would schedule events on a loop that it let go of."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_message(self, message: discord.Message) -> None:
        await self.heard(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Forms only: discord.py itself forgets them when it is restarted."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self.submitted(interaction)

    async def on_ready(self) -> None:
        self._is_back()

    async def on_resumed(self) -> None:
        self._is_back()

    async def on_disconnect(self) -> None:
        self.connected = False

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - theirs
        """One event's failure must not take the others along."""
        log.error("an event of Discord failed", event_name=event_method, exc_info=sys.exception())

    def _is_back(self) -> None:
        self.connected = True
        self.back()


async def _nothing(_: object) -> None:
    """Nobody listens yet."""
