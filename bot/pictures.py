"""Pictures that people send: what they must be, where they are kept, and how a model is shown them.

An event holds only their ids. The bytes are in a table of their own, written in the transaction of
the message, and are read right before a model is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import time

from bot.agents import Ask, Message
from bot.chat import Attachment, ThreadRef
from bot.ids import new_id
from bot.ports import Query, Refused, Store
from bot.views import PictureView

MOST = 4
"""Pictures of one message, and the newest ones of a conversation that a model is shown."""
LARGEST = 10 * 1024 * 1024
"""Bytes of one."""
TOGETHER = 20 * 1024 * 1024
"""Bytes of those of one message."""
DAILY = 256 * 1024 * 1024
"""Bytes that one person may send in a day: they stay as long as the conversation."""
_MAGIC = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
)
KINDS = frozenset(kind for _, kind in _MAGIC)
"""Media types."""
_UNNAMED = re.compile(r"[\x00-\x1f\x7f\[\]\ud800-\udfff]+")
_DAY = 86_400.0


def media_type(data: bytes) -> str:
    """What the first bytes say it is; empty when it is no picture that models read."""
    return next((kind for magic, kind in _MAGIC if magic.match(data)), "")


@dataclass(frozen=True, slots=True)
class Picture:
    """One that may be kept."""

    id: str
    name: str
    media_type: str
    data: bytes


def checked(attachments: Sequence[Attachment]) -> tuple[Picture, ...]:
    """Raises Refused, in one line that names the picture."""
    if len(attachments) > MOST:
        raise Refused(f"there are {len(attachments)} pictures; send at most {MOST} with a message")
    if sum(len(each.data) for each in attachments) > TOGETHER:
        raise Refused(f"the pictures have more than {_mib(TOGETHER)} together; send fewer at once")
    return tuple(map(_checked, attachments))


def _checked(attachment: Attachment) -> Picture:
    name = " ".join(_UNNAMED.sub(" ", attachment.name).split())[:80] or "picture"
    if len(attachment.data) > LARGEST:
        raise Refused(too_large(name))
    kind = media_type(attachment.data)
    if not kind:
        raise Refused(f"{name} is no PNG, JPEG, WebP or GIF picture; send one of these")
    return Picture(new_id(), name, kind, attachment.data)


def too_large(name: str) -> str:
    return f"{name} is larger than {_mib(LARGEST)}; send a smaller picture"


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"


async def keep(query: Query, pictures: Sequence[Picture], thread: str, sender: str) -> None:
    """Inside the transaction of their message. Raises Refused when it is too much for one day."""
    if not pictures:
        return
    [(sent,)] = await query(
        "SELECT COALESCE(SUM(size), 0) FROM pictures WHERE sender = $1 AND created > $2",
        sender, time() - _DAY,
    )  # fmt: skip
    if sent + sum(len(each.data) for each in pictures) > DAILY:
        raise Refused(f"you sent {_mib(sent)} of pictures in a day; at most {_mib(DAILY)} are kept")
    for each in pictures:
        query.later(
            "INSERT INTO pictures VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            each.id, thread, sender, each.name, each.media_type, len(each.data), time(), each.data,
        )  # fmt: skip


Sight = dict[tuple[str, tuple[str, ...], frozenset[str]], Message]
"""What a run's model was shown last, by text, pictures and those of them that were shown."""


class Gallery:
    """Shows a model the pictures of its conversation, and people those they may see."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def shown(self, ask: Ask, sight: Sight, most: int = MOST) -> Ask:
        """The question with the newest pictures in it, and the names of all.

        *sight* is used and brought up to date: every step of a run shows the same again."""
        sent = [picture for message in ask.messages for picture in message.pictures]
        if not sent:
            return ask
        newest = frozenset(sent[max(len(sent) - most, 0) :])
        seen = dict(sight)
        sight.clear()
        messages: list[Message] = []
        for message in ask.messages:
            if message.pictures:
                key = message.text, message.pictures, newest.intersection(message.pictures)
                made = seen.get(key) or await self._with_pictures(message, newest)
                message = sight[key] = made
            messages.append(message)
        return replace(ask, messages=messages)

    async def find(self, picture: str) -> PictureView | None:
        rows = await self._store.read(
            "SELECT thread, name, media_type, data FROM pictures WHERE id = $1", picture
        )
        return PictureView(ThreadRef.parse(rows[0][0]), *rows[0][1:]) if rows else None

    async def _with_pictures(self, message: Message, newest: frozenset[str]) -> Message:
        """Each is named in the text, so that it is known of even where it cannot be seen."""
        lines, images = [message.text], list[bytes]()
        for picture in message.pictures:
            wanted = "data" if picture in newest else "NULL"
            rows = await self._store.read(
                f"SELECT name, {wanted} FROM pictures WHERE id = $1", picture
            )
            name, data = rows[0] if rows else ("gone", None)
            lines.append(f"[picture: {name}]" if data else f"[picture: {name}, not shown any more]")
            images += [data] if data else []
        text = "\n".join(filter(None, lines))
        return replace(message, text=text, images=tuple(images), pictures=())
