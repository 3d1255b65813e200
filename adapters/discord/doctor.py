"""``python -m bot doctor discord``: what is wrong with the token, the intent and the guild."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord.client import Client, point_at
from bot.config import Settings

SECONDS = 20.0
UNKNOWN = (
    "AI_DISCORD_TOKEN: Discord does not know it; copy it anew (portal → your app → Bot → Reset"
    " Token) and start the bot again"
)
_TROUBLE = (discord.DiscordException, aiohttp.ClientError, OSError)


class Doctor:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self) -> Sequence[str]:
        """Lines that say what is wrong; none when all is well. The gateway is left alone: it
        counts how often a bot identifies itself."""
        point_at(self._settings)
        try:
            async with asyncio.timeout(SECONDS), Client(content=True) as client:
                await client.login(self._settings.discord_token.get_secret_value())
                return [line async for line in self._lines(client)]
        except discord.LoginFailure:
            return [UNKNOWN]
        except TimeoutError:
            return [f"Discord did not answer within {SECONDS:g} s"]
        except _TROUBLE as error:
            return [f"Discord cannot be reached: {error}"]

    async def _lines(self, client: Client) -> AsyncGenerator[str]:
        flags, home = client.application_flags, self._settings.discord_home_guild
        if not (flags.gateway_message_content or flags.gateway_message_content_limited):
            yield (
                "the message content intent is off: messages in threads must mention the bot;"
                " switch it on in the portal, under Bot"
            )
        guilds: Any = await client.http.request(Route("GET", "/users/@me/guilds"))
        found = {str(guild["id"]) for guild in guilds}
        if not found:
            yield "the bot is in no guild: invite it, see docs/DISCORD.md"
        elif home and home not in found:
            yield f"AI_DISCORD_HOME_GUILD: the bot is not in {home}; it is in {', '.join(found)}"
        if not home:
            yield (
                "AI_DISCORD_HOME_GUILD: is not set, so that members of every guild may talk to"
                " the bot, and nobody directly"
            )
