"""What people write in Slack, on its way to the bot."""

import re
from dataclasses import dataclass
from typing import Any

from adapters.live.files import fetched
from adapters.live.ops import OpsChannel
from adapters.live.patience import patiently
from adapters.live.recent import Recent
from adapters.live.turns import Turns
from adapters.live.watermarks import Watermarks
from adapters.live.wire import Later
from adapters.slack.escape import mrkdwn, plain
from adapters.slack.files import Files
from adapters.slack.identity import People
from adapters.slack.place import root_of, thread_of
from adapters.slack.wire import SlackWire
from bot.chat import IncomingMessage, ThreadRef, User
from bot.command import Caller
from bot.ports import Bot, Receipt, Refused, Store

_SPOKEN = (None, "", "file_share", "thread_broadcast")
"""Subtypes of messages that people write."""
_PATIENCE = 60.0
"""Seconds that Slack may be busy while a message is taken in: it delivers it again meanwhile."""
_COMMAND = re.compile(r"!(\w[\w-]*)(?:\s+(.*))?", re.DOTALL)
_TALKS = "SELECT EXISTS (SELECT 1 FROM threads WHERE thread = $1)"
_KNOWN = "SELECT EXISTS (SELECT 1 FROM inbox WHERE place = $1 AND message = $2)"


@dataclass(frozen=True, slots=True)
class Me:
    """The bot as Slack knows it."""

    team: str
    user: str
    bot: str
    token: str


class Inbound:
    """Messages, from events and from what is found after an absence: the same way for both."""

    def __init__(
        self,
        bot: Bot,
        me: Me,
        wire: SlackWire,
        people: People,
        store: Store,
        files: Files,
        ops: OpsChannel,
    ) -> None:
        self._bot = bot
        self._me = me
        self._wire = wire
        self._people = people
        self._store = store
        self._files = files
        self._ops = ops
        self.watermarks = Watermarks(store, "slack")
        self._turns = Turns()
        self._taken = Recent()
        """Messages that need not be looked at again, however often Slack delivers them."""
        self._ignored = Recent()
        """Those that were not for the bot, and so are not later either."""
        self._ours = Recent()
        """Threads that the bot takes part in."""

    async def heard(self, event: dict[str, Any], *, late: bool = False) -> Receipt | None:
        """Take in a message that is for the bot, those of one thread in their order; None for
        those that are not.

        *late*: it was written long ago, so it is told that nothing is done about it."""
        if not self._from_a_person(event):
            return None
        thread = thread_of(self._me.team, event["channel"], root_of(event))
        with self.watermarks.reading(event["channel"], event["ts"]):
            async with self._turns.of(str(thread)):
                return await self._in_turn(event, thread, late=late)

    async def _in_turn(
        self, event: dict[str, Any], thread: ThreadRef, *, late: bool
    ) -> Receipt | None:
        name = f"{event['channel']}:{event['ts']}"
        addressed = self._addressed(event)
        if name in self._taken:
            return None
        if not addressed and (name in self._ignored or not await self._takes_part(event, thread)):
            self._ignored.add(name)
            return None
        team = str(event.get("user_team") or event.get("team") or "")
        user = await self._people.user(event["user"], team, patience=_PATIENCE)
        if late:
            await self._too_late(event, thread)
            return None
        receipt = await self._take(event, thread, user, addressed=addressed)
        self._taken.add(name)
        return receipt

    def _from_a_person(self, event: dict[str, Any]) -> bool:
        """Neither the bot's own, nor another program's, nor a note of Slack's."""
        return (
            event.get("subtype") in _SPOKEN
            and not event.get("bot_id")
            and not event.get("app_id")
            and event.get("user") not in (None, "", self._me.user, "USLACKBOT")
        )

    def _addressed(self, event: dict[str, Any]) -> bool:
        mentioned = f"<@{self._me.user}" in str(event.get("text", ""))
        return mentioned or event.get("channel_type") == "im" or event["channel"].startswith("D")

    async def _takes_part(self, event: dict[str, Any], thread: ThreadRef) -> bool:
        """A follow-up in a thread of the bot's, unless it is said to somebody else."""
        if not event.get("thread_ts") or re.match(r"\s*<@", str(event.get("text", ""))):
            return False
        if str(thread) in self._ours or await self._ops.meant(thread) != thread:
            return True
        [(talks,)] = await self._store.read(_TALKS, str(thread))
        return bool(talks)

    async def _take(
        self, event: dict[str, Any], thread: ThreadRef, user: User, *, addressed: bool
    ) -> Receipt | None:
        text = plain(str(event.get("text", "")), self._me.user)
        if found := _COMMAND.fullmatch(text):
            if await self._first(event):
                await self.command(found[1], found[2] or "", thread, user, event["ts"])
            return None
        try:
            files = await fetched(
                [self._files.offer(each) for each in event.get("files") or ()], "Slack"
            )
            text = "\n\n".join(filter(None, (text, files.text)))
            if not text.strip() and addressed and not files.pictures:
                text = "help"
            about = await self._ops.meant(thread)
            message = IncomingMessage(
                event["ts"], about, user, text, attachments=files.pictures, addressed=addressed
            )
            receipt = await self._bot.receive(message)
        except Refused as refused:
            if await self._first(event):
                await self.whisper(thread, user.id, str(refused))
            return None
        self._ours.add(str(thread))
        self.watermarks.soon(event["channel"], event["ts"])
        return receipt

    async def _first(self, event: dict[str, Any]) -> bool:
        """Whether this message was not answered yet: mentions come as two events, everything may
        come again, and none of it is in the inbox unless a run began."""
        return await self.watermarks.claim(f"answered:{event['channel']}:{event['ts']}")

    async def command(
        self, name: str, rest: str, thread: ThreadRef, user: User, message: str
    ) -> None:
        """``!name rest``: what it says goes into the thread."""
        try:
            about = await self._ops.meant(thread)
            said = await self._bot.command(name, rest, Caller(user, about, message))
        except Refused as refused:
            await self.whisper(thread, user.id, str(refused))
            return
        await self.say(thread, said)

    async def say(self, thread: ThreadRef, text: str) -> None:
        """A short answer of the bot's own, outside any run."""
        shown = mrkdwn(text)[:3_000]
        await self._tell(
            "chat.postMessage",
            {
                "channel": thread.channel, "thread_ts": thread.thread or None, "text": shown,
                "unfurl_links": False, "unfurl_media": False,
            },
        )  # fmt: skip

    async def whisper(self, thread: ThreadRef, user: str, text: str) -> None:
        """Seen by one person only."""
        await self._tell(
            "chat.postEphemeral",
            {
                "channel": thread.channel, "thread_ts": thread.thread or None, "user": user,
                "text": mrkdwn(text)[:3_000],
            },
        )  # fmt: skip

    async def _tell(self, method: str, given: dict[str, Any]) -> None:
        """Not again when it may be there: nobody misses such an answer for long."""
        await patiently(lambda: self._wire.call(method, given), _PATIENCE, troubles=(Later,))

    async def _too_late(self, event: dict[str, Any], thread: ThreadRef) -> None:
        place = str(ThreadRef(thread.platform, thread.space, thread.channel, ""))
        [(known,)] = await self._store.read(_KNOWN, place, event["ts"])
        if not known and await self.watermarks.claim(f"late:{event['channel']}:{event['ts']}"):
            await self.say(
                thread, "I was away when this was written. Say it again if it still holds."
            )
