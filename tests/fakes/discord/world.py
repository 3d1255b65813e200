"""What a fake Discord remembers: people, channels, messages, and what it refuses of them."""

from collections import defaultdict
from typing import Any

from tests.fakes.discord import shapes
from tests.fakes.discord.shapes import BOT, CHANNEL, GUILD, Shape

V2 = 1 << 15
"""Flag of messages that are made of components only."""
EPHEMERAL = 1 << 6
_THREADED = 1 << 5


class No(Exception):
    """Discord refuses: an HTTP status and a code of its own."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.status = status
        self.code = code
        self.text = text


class World:
    """One guild with one channel; more of everything can be added."""

    def __init__(self) -> None:
        self.users: dict[str, Shape] = {BOT: shapes.user(BOT, "opsbot", bot=True)}
        self.roles: dict[tuple[str, str], list[str]] = {(GUILD, BOT): []}
        """Guild and person → the roles they have there; only members have an entry."""
        self.guild_roles: dict[str, list[str]] = {GUILD: []}
        self.channels: dict[str, Shape] = {CHANNEL: shapes.text_channel(CHANNEL, "ops")}
        self.messages: dict[str, Shape] = {}
        self.posted: dict[str, list[float]] = defaultdict(list)
        """When the bot posted, by channel."""

    def person(self, id_: str, name: str, *roles: str, guild: str = GUILD) -> None:
        self.users[id_] = shapes.user(id_, name)
        if guild:
            known = self.guild_roles.setdefault(guild, [])
            known += [role for role in roles if role not in known]
            self.roles[guild, id_] = list(roles)

    def member(self, guild: str, id_: str) -> Shape:
        """Raises No for people who are not there."""
        if (guild, id_) not in self.roles:
            raise No(404, 10007, "Unknown Member")
        return shapes.member(self.users[id_], self.roles[guild, id_])

    def guild(self, id_: str) -> Shape:
        members = [self.member(id_, who) for guild, who in self.roles if guild == id_]
        roles = [shapes.role(each, each) for each in (id_, *self.guild_roles[id_])]
        return shapes.guild(id_, members, list(self.channels.values()), roles)

    def channel(self, id_: str) -> Shape:
        if id_ not in self.channels:
            raise No(404, 10003, "Unknown Channel")
        return self.channels[id_]

    def message(self, channel: str, id_: str) -> Shape:
        self.channel(channel)
        found = self.messages.get(id_)
        if found is None or found["channel_id"] != channel:
            raise No(404, 10008, "Unknown Message")
        return found

    def within(self, channel: str) -> list[Shape]:
        """Its messages, oldest first."""
        found = (m for m in self.messages.values() if m["channel_id"] == channel)
        return sorted(found, key=lambda message: int(message["id"]))

    def write(self, channel: str, author: str, body: Shape, **more: Any) -> Shape:
        """A new message; nobody is told of it yet."""
        check(body)
        content = body.get("content") or ""
        message: Shape = {
            "id": shapes.snowflake(), "channel_id": channel, "author": self.users[author],
            "content": content, "timestamp": shapes.now(), "edited_timestamp": None, "tts": False,
            "mention_everyone": False, "mention_roles": [], "attachments": [], "embeds": [],
            "mentions": [u for id_, u in self.users.items() if f"<@{id_}>" in content],
            "components": body.get("components") or [], "pinned": False, "type": 0,
            "flags": body.get("flags") or 0, "nonce": body.get("nonce"), **more,
        }  # fmt: skip
        there = self.channel(channel)
        if body.get("message_reference"):
            reference = {"channel_id": channel, **body["message_reference"]}
            message |= {"type": 19, "message_reference": reference}
        self.messages[message["id"]] = message
        there["last_message_id"] = message["id"]
        if "thread_metadata" in there:
            there["thread_metadata"]["archived"] = False
            there["message_count"] += 1
        return message

    def edit(self, message: Shape, body: Shape) -> Shape:
        there = self.channel(message["channel_id"])
        if there.get("thread_metadata", {}).get("archived"):
            raise No(400, 50083, "Thread is archived")
        if message["flags"] & V2 and body.get("content"):
            raise No(400, 50035, "content is not allowed with IS_COMPONENTS_V2")
        check({**body, "flags": message["flags"]})
        wanted = ("content", "embeds", "components")
        message.update({key: body[key] for key in wanted if key in body})
        message["edited_timestamp"] = shapes.now()
        return message

    def open_thread(self, channel: str, message: str, body: Shape) -> Shape:
        parent = self.channel(channel)
        if parent["type"] != 0:
            raise No(400, 50024, "Cannot execute action on this channel type")
        if message in self.channels:
            raise No(400, 160004, "A thread has already been created for this message")
        if not 1 <= len(body["name"]) <= 100:
            raise No(400, 50035, "name must be between 1 and 100 in length")
        made = shapes.thread(message, parent, body["name"], body.get("auto_archive_duration", 1440))
        self.message(channel, message)["flags"] |= _THREADED
        self.channels[message] = made
        return made


def check(body: Shape) -> None:
    """Refuse what Discord refuses for its shape."""
    content, parts = body.get("content") or "", list(walk(body.get("components") or []))
    if len(content) > 2_000:
        raise No(400, 50035, "content: Must be 2000 or fewer in length.")
    flags = body.get("flags") or 0
    if flags & V2 and content:
        raise No(400, 50035, "content is not allowed with IS_COMPONENTS_V2")
    if not flags & V2 and any(part["type"] in (9, 10, 14, 17) for part in parts):
        raise No(400, 50035, "components need IS_COMPONENTS_V2")
    if not content and not parts and not body.get("files") and not flags & 128:
        raise No(400, 50006, "Cannot send an empty message")
    if any(len(each.get("description") or "") > 1_024 for each in body.get("files", ())):
        raise No(400, 50035, "description: Must be 1024 or fewer in length.")
    _check_parts(parts)


def _check_parts(parts: list[Shape]) -> None:
    if len(parts) > 40:
        raise No(400, 50035, "at most 40 components")
    if sum(len(part.get("content", "")) for part in parts) > 4_000:
        raise No(400, 50035, "at most 4000 characters in components")
    for part in parts:
        if len(part.get("custom_id", "")) > 100 or len(part.get("label") or "") > 80:
            raise No(400, 50035, "custom_id or label is too long")


def walk(components: list[Shape]) -> list[Shape]:
    """All of them, inner ones too."""
    found: list[Shape] = []
    for part in components:
        found += [part, *walk(part.get("components") or [])]
    return found


def buttons(message: Shape) -> dict[str, str]:
    """Action → custom id of the buttons below a message."""
    ids = [part["custom_id"] for part in walk(message["components"]) if part["type"] == 2]
    return {custom_id.split(":")[1]: custom_id for custom_id in ids}


def shown(message: Shape) -> str:
    """All that people read of a message."""
    parts = walk(message["components"])
    texts = [message["content"], *(part.get("content", "") for part in parts)]
    texts += [f"[{part['label']}]" for part in parts if part.get("label")]
    return "\n".join(filter(None, [*texts, *(each["filename"] for each in message["attachments"])]))
