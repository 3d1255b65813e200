"""Messages that were written while the bot was away: found again, but never obeyed too late."""

import asyncio

import aiohttp
import discord
import structlog

from adapters.discord.inbound import Inbound
from adapters.discord.wire import age
from bot.ports import Store

log = structlog.get_logger()
_THREADS = (
    "SELECT thread FROM threads WHERE thread LIKE 'discord:%' AND updated > {now} - 86400"
    " ORDER BY updated DESC LIMIT 100"
)
_MOST = 500
"""Messages of one channel that are looked at, the newest ones: others than the bot talk there."""
_TROUBLE = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)


class Absence:
    """Looks whenever the client is connected, for the first time or again."""

    def __init__(
        self, client: discord.Client, inbound: Inbound, store: Store, *, age: float
    ) -> None:
        """*age*: seconds after which a message is answered, but no longer acted on."""
        self._client = client
        self._inbound = inbound
        self._store = store
        self._age = age
        self.bell = asyncio.Event()

    async def serve(self) -> None:
        while True:
            await self.bell.wait()
            self.bell.clear()
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Channels with something newer than what was read of them. One that was never read
        begins now; Discord says with each guild which message was the last."""
        marks = await self._inbound.watermarks.all()
        for channel, newest in self._newest().items():
            if channel not in marks:
                await self._inbound.watermarks.advance(channel, newest)
            elif int(newest) > int(marks[channel]):
                await self._look(channel, marks[channel])
                await self._inbound.watermarks.advance(channel, newest)
        for channel in await self._asleep():
            if channel in marks:
                await self._look(channel, marks[channel])

    def _newest(self) -> dict[str, str]:
        """Channel or thread → its last message."""
        found = [
            (channel.id, channel.last_message_id)
            for guild in self._client.guilds
            for channel in (*guild.text_channels, *guild.threads)
        ]
        return {str(channel): str(newest) for channel, newest in found if newest}

    async def _asleep(self) -> list[str]:
        """Conversations of a day that Discord says nothing of: direct ones, archived threads."""
        rows = await self._store.read(_THREADS)
        ids = (row[0].split(":")[3] or row[0].split(":")[2] for row in rows)
        return [each for each in ids if self._client.get_channel(int(each)) is None]

    async def _look(self, channel: str, mark: str) -> None:
        where = self._client.get_channel(int(channel))
        try:
            if not isinstance(where, discord.abc.Messageable):
                found = await self._client.fetch_channel(int(channel))
                assert isinstance(found, discord.abc.Messageable)
                where = found
            after = discord.Object(int(mark))
            history = where.history(after=after, oldest_first=False, limit=_MOST)
            for message in reversed([each async for each in history]):
                late = age(str(message.id)) > self._age
                await self._inbound.heard(message, late=late)
        except _TROUBLE as error:
            log.warning(
                "messages of an absence were not looked for", channel=channel, why=str(error)
            )
