"""Files of a Discord message, as they are offered."""

import asyncio
from functools import partial

import aiohttp
import discord

from adapters.live.files import Offer, is_at

_HOMES = ("https://cdn.discordapp.com", "https://media.discordapp.net")


class Files:
    """Gets files from Discord and from nobody else."""

    def __init__(self, api: str) -> None:
        """*api*: the address of Discord's API; one that stands for it keeps its files there too."""
        self._homes = (*_HOMES, api)

    def offer(self, attachment: discord.Attachment) -> Offer:
        kind = (attachment.content_type or "").partition(";")[0]
        return Offer(attachment.filename, kind, attachment.size, partial(self._read, attachment))

    async def _read(
        self, attachment: discord.Attachment, limit: int, seconds: float
    ) -> bytes | None:
        """None when it cannot be had."""
        if not is_at(attachment.url, *self._homes):
            return None
        try:
            async with asyncio.timeout(seconds):
                data = await attachment.read()
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError):
            return None
        return data if len(data) <= limit else None
