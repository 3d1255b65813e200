"""``/ops``: every command, and plain questions, without a thread to begin with."""

from typing import Any

from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.escape import mrkdwn, plain
from adapters.slack.identity import People
from adapters.slack.place import thread_of
from adapters.slack.wire import SlackWire
from bot.chat import IncomingMessage, ThreadRef, User
from bot.command import Caller
from bot.ports import Bot, Refused

_ASKING = ("ask", "new")
_OUTSIDE = ("not_in_channel", "channel_not_found", "is_archived")


class Orders:
    def __init__(self, bot: Bot, team: str, me: str, wire: SlackWire, people: People) -> None:
        self._bot = bot
        self._team = team
        self._me = me
        self._wire = wire
        self._people = people

    async def ordered(self, body: dict[str, Any]) -> str:
        """What the person alone is answered; a question gets a thread of its own."""
        user = await self._people.user(body["user_id"], body.get("team_id", ""), deciding=True)
        text = plain(body.get("text", ""), self._me)
        name, _, rest = text.partition(" ")
        try:
            if not text or (self._bot.read.has_command(name) and name not in _ASKING):
                thread = thread_of(self._team, body["channel_id"], "")
                caller = Caller(user, thread, f"slash:{body.get('trigger_id', '')}")
                return mrkdwn(await self._bot.command(name or "help", rest.strip(), caller))
            asked = rest.strip() if name in _ASKING else text
            return await self._asked(asked, user, body, fresh=name == "new")
        except Refused as refused:
            return mrkdwn(str(refused))

    async def _asked(self, text: str, user: User, body: dict[str, Any], *, fresh: bool) -> str:
        if not text:
            return "Write what you want to know: `/ops ask how full are the disks?`"
        try:
            thread = await self._root(text, user, body["channel_id"])
        except Rejected as error:
            if str(error) in _OUTSIDE:
                return "I am not in this channel: invite me, or write to me directly."
            return f"Slack refused ({mrkdwn(str(error))}): write to me directly."
        except (Later, Uncertain) as error:
            return f"Slack is busy ({mrkdwn(str(error))}): try again in a moment."
        message = IncomingMessage(thread.thread, thread, user, text, fresh=fresh)
        await self._bot.receive(message)
        return ""

    async def _root(self, text: str, user: User, channel: str) -> ThreadRef:
        """A message that the thread hangs on: an order of this kind is none itself."""
        made = await self._wire.call(
            "chat.postMessage",
            {
                "channel": channel,
                "text": f"{mrkdwn(user.name or user.id)} asked: {mrkdwn(text)[:2_000]}",
                "unfurl_links": False,
                "unfurl_media": False,
            },
        )
        return thread_of(self._team, channel, str(made["ts"]))
