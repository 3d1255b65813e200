"""Where in Discord a conversation is: the guild, a channel, and the thread in it."""

import discord

from bot.chat import ThreadRef


def thread_of(guild: int | None, channel: int, thread: int | None) -> ThreadRef:
    """Direct messages have neither a guild nor threads."""
    return ThreadRef("discord", str(guild or ""), str(channel), str(thread or ""))


def here(guild: int | None, channel: object, id_: int) -> ThreadRef:
    """Where somebody is who writes in *channel*; a thread's conversation is its own."""
    if isinstance(channel, discord.Thread):
        return thread_of(guild, channel.parent_id, channel.id)
    return thread_of(guild, id_, None)
