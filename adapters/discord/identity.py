"""Who somebody in Discord is: ids and roles for the roles file, from what Discord itself sends."""

import asyncio
from collections.abc import Callable
from time import monotonic

import aiohttp
import discord
import structlog

from bot.chat import Role, User

log = structlog.get_logger()
KEPT = 600.0
"""Seconds that a member of the home guild is believed."""
RECHECKED = 30.0
"""Seconds that one is believed when something is decided."""


class People:
    """Members as the roles know them. An administrator of a guild is nobody special here."""

    def __init__(
        self, client: discord.Client, home: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        """*home*: the guild whose members may talk to the bot; empty for all it was invited to,
        and then nobody may write to it directly."""
        self._client = client
        self._home = int(home) if home else 0
        self._clock = clock
        self._known: dict[int, tuple[float, User]] = {}
        self._asking: dict[int, asyncio.Lock] = {}

    async def user(self, who: discord.User | discord.Member, *, deciding: bool = False) -> User:
        """In a guild from the payload, whose roles are those of this moment; elsewhere the home
        guild is asked. *deciding*: a click or an order to decide."""
        if isinstance(who, discord.Member):
            return self._member(who)
        if not self._home:
            return _nobody(who)
        async with self._asking.setdefault(who.id, asyncio.Lock()):
            at, known = self._known.get(who.id, (float("-inf"), None))
            if known is None or self._clock() - at > (RECHECKED if deciding else KEPT):
                known = await self._ask(who)
        return known

    def _member(self, who: discord.Member) -> User:
        if self._home not in (0, who.guild.id) or who.bot:
            return _nobody(who)
        roles = (role.id for role in who.roles if role.id != who.guild.id)  # that one is everybody
        also = tuple(f"discord-role:{who.guild.id}/{role}" for role in roles)
        return User("discord", str(who.id), who.display_name, also)

    async def _ask(self, who: discord.User) -> User:
        guild = self._client.get_guild(self._home)
        if guild is None:
            return _nobody(who)
        try:
            user = self._member(await guild.fetch_member(who.id))
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.warning("Discord does not say who somebody is", user=who.id, reason=str(error))
            return _nobody(who)
        self._known[who.id] = self._clock(), user
        return user


def _nobody(who: discord.User | discord.Member) -> User:
    return User("discord", str(who.id), who.display_name, ceiling=Role.NOBODY)
