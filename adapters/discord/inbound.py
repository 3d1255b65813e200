"""What people write in Discord, on its way to the bot."""

import re
from dataclasses import dataclass

import discord

from adapters.discord.files import Files
from adapters.discord.identity import People
from adapters.discord.place import here, thread_of
from adapters.discord.wire import DiscordWire
from adapters.live.files import fetched
from adapters.live.ops import OpsChannel
from adapters.live.texts import one_line
from adapters.live.turns import Turns
from adapters.live.watermarks import Watermarks
from adapters.live.wire import Gone, Later, Rejected, Uncertain
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller
from bot.ports import Bot, Refused, Store

_SPOKEN = (discord.MessageType.default, discord.MessageType.reply)
"""Kinds of messages that people write."""
_COMMAND = re.compile(r"!(\w[\w-]*)(?:\s+(.*))?", re.DOTALL)
_TALKS = "SELECT EXISTS (SELECT 1 FROM threads WHERE thread = $1)"
_BLIND = (
    "Discord lets me read here only what mentions me: mention me, or have the message content"
    " intent switched on (docs/DISCORD.md)."
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that is for the bot."""

    message: discord.Message
    thread: ThreadRef
    user: User
    addressed: bool


class Inbound:
    """Messages, from events and from what is found after an absence: the same way for both."""

    def __init__(
        self,
        bot: Bot,
        client: discord.Client,
        wire: DiscordWire,
        people: People,
        store: Store,
        files: Files,
        ops: OpsChannel,
    ) -> None:
        self._bot = bot
        self._client = client
        self._wire = wire
        self._people = people
        self._store = store
        self._files = files
        self._ops = ops
        self.watermarks = Watermarks(store, "discord")
        self._turns = Turns()

    async def heard(self, message: discord.Message, *, late: bool = False) -> None:
        """Take in a message if it is for the bot; those of one channel in their order.

        *late*: it was written long ago, so it is told that nothing is done about it."""
        if not self._from_a_person(message):
            return
        async with self._turns.of(str(message.channel.id)):
            heard = await self._meant(message)
            if heard is None:
                return
            if late:
                await self._too_late(heard)
            else:
                await self._take(heard)
            await self.watermarks.advance(str(message.channel.id), str(message.id))

    def _from_a_person(self, message: discord.Message) -> bool:
        """Neither the bot's own, nor another program's, nor a note of Discord's."""
        return not message.author.bot and not message.webhook_id and message.type in _SPOKEN

    async def _meant(self, message: discord.Message) -> Heard | None:
        me = self._client.user
        assert me is not None
        guild = message.guild.id if message.guild else None
        channel: object = message.channel
        if guild and isinstance(channel, discord.PartialMessageable):
            # What a sleeping thread belongs to is not told with its first message.
            channel = await self._client.fetch_channel(message.channel.id)
        thread = here(guild, channel, message.channel.id)
        addressed = guild is None or any(each.id == me.id for each in message.mentions)
        if not addressed and not await self._takes_part(message, thread):
            return None
        if guild and not thread.thread:
            thread = thread_of(guild, message.channel.id, message.id)
        return Heard(message, thread, await self._people.user(message.author), addressed)

    async def _takes_part(self, message: discord.Message, thread: ThreadRef) -> bool:
        """A follow-up in a thread of the bot's, unless it is said to somebody else."""
        if not thread.thread or re.match(r"\s*<@", message.content):
            return False
        [(talks,)] = await self._store.read(_TALKS, str(thread))
        if not talks and await self._ops.meant(thread) == thread:
            return False
        blind = not message.content and not message.attachments
        if blind and await self.watermarks.claim(f"blind:{thread.thread}"):
            await self._wire.say(thread.thread, _BLIND)
        return not blind

    async def _take(self, heard: Heard) -> None:
        message, thread, user = heard.message, heard.thread, heard.user
        text = self._plain(message)
        if found := _COMMAND.fullmatch(text):
            if await self.watermarks.claim(f"command:{message.id}"):
                said = await self._command(found[1], found[2] or "", heard)
                await self._answer(message, said)
            return
        try:
            files = await fetched([self._files.offer(a) for a in message.attachments], "Discord")
            text = "\n\n".join(filter(None, (text, files.text)))
            if not text.strip() and heard.addressed and not files.pictures:
                text = "help"
            await self.opened(thread, user, text)
            await self._bot.receive(
                IncomingMessage(
                    str(message.id), await self._ops.meant(thread), user, text,
                    attachments=files.pictures, addressed=heard.addressed,
                )
            )  # fmt: skip
        except Refused as refused:
            await self._answer(message, str(refused))

    async def opened(self, thread: ThreadRef, user: User, title: str) -> None:
        """Open the thread that hangs on a message, for people who may talk to the bot at all.

        Raises Refused where Discord does not let the bot."""
        known = not thread.thread or self._client.get_channel(int(thread.thread))
        if known or not (await self._bot.read.role(user)).covers(Role.VIEWER):
            return
        try:
            await self._wire.open(thread, one_line(title, 100) or "ops")
        except (Gone, Rejected) as error:
            raise Refused(
                f"I cannot open a thread here ({error}): give me the permission to create public"
                " threads, or ask me in another channel"
            ) from error
        except (Later, Uncertain):  # whoever posts the first message there opens it
            return
        await self.watermarks.advance(thread.thread, thread.thread)

    def _plain(self, message: discord.Message) -> str:
        """Without the bot's own mention, and with names for those of others."""
        me = self._client.user
        assert me is not None
        text = re.sub(rf"<@!?{me.id}>", "", message.content)
        for each in message.mentions:
            text = re.sub(rf"<@!?{each.id}>", f"@{each.display_name}", text)
        return text.strip()

    async def _command(self, name: str, rest: str, heard: Heard) -> str:
        about = await self._ops.meant(heard.thread)
        caller = Caller(heard.user, about, str(heard.message.id))
        try:
            return await self._bot.command(name, rest, caller)
        except Refused as refused:
            return str(refused)

    async def _answer(self, message: discord.Message, text: str) -> None:
        """A short answer of the bot's own, outside any run."""
        await self._wire.say(str(message.channel.id), text, to=str(message.id))

    async def _too_late(self, heard: Heard) -> None:
        if await self.watermarks.claim(f"late:{heard.message.id}"):
            await self._answer(
                heard.message,
                "I was away when this was written. Say it again if it still holds.",
            )
