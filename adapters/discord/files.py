"""Files of a Discord message, as they are offered."""

import asyncio
from functools import partial

import aiohttp
import discord

from adapters.live.files import SECONDS, Offer


def offer(attachment: discord.Attachment) -> Offer:
    kind = (attachment.content_type or "").partition(";")[0]
    return Offer(attachment.filename, kind, attachment.size, partial(_read, attachment))


async def _read(attachment: discord.Attachment, limit: int) -> bytes | None:
    """None when it cannot be had."""
    try:
        async with asyncio.timeout(SECONDS):
            data = await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError):
        return None
    return data if len(data) <= limit else None
