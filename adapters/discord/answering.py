"""Answers to clicks, commands and forms: seen only by who asked, and always given.

Discord shows "This interaction failed" where a bot says nothing, and discord.py only logs what
goes wrong in a button."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord
import structlog

from adapters.discord import parts
from adapters.live.texts import shortened
from bot.ports import Refused

log = structlog.get_logger()
Interaction = discord.Interaction[Any]


async def carried_out(interaction: Interaction, work: Callable[[], Awaitable[str]]) -> None:
    """Do the work; what it says, or why not, is told to who asked."""
    try:
        said = await work()
    except Refused as refused:
        said = str(refused)
    except Exception:
        log.exception("an interaction with Discord failed", user=interaction.user.id)
        said = "That went wrong; the log says why."
    try:
        await _tell(interaction, said)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("an answer did not reach Discord", user=interaction.user.id, why=str(error))


async def _tell(interaction: Interaction, said: str) -> None:
    text = shortened(said, parts.CONTENT)
    nobody = discord.AllowedMentions.none()
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        shown = text or "Done."
        await interaction.edit_original_response(content=shown, allowed_mentions=nobody)
    elif not said:
        return
    elif interaction.response.is_done():
        await interaction.followup.send(text, ephemeral=True, allowed_mentions=nobody)
    else:
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=nobody)
