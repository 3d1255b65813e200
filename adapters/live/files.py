"""Files that come with a message: text goes into the conversation, pictures go along with it, the
rest is told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.at_once import at_once
from bot.chat import Attachment
from bot.pictures import KINDS, LARGEST, too_large
from bot.ports import Refused

MOST = 4
"""Files of one message that are looked at."""
TEXT = 64 * 1024
"""Bytes of one text file."""
TEXT_WITHIN = 1.5
"""Seconds: platforms wait three for an answer; what takes longer is left out, and that is told."""
PICTURE_WITHIN = 15.0
"""Seconds. The platform may send the message again meanwhile: it is taken in once."""
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-sh")


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as the platform describes it."""

    name: str
    kind: str
    """Media type."""
    size: int
    read: Callable[[int, float], Awaitable[bytes | None]]
    """At most so many bytes within so many seconds; None when it cannot be had."""


@dataclass(frozen=True, slots=True)
class Files:
    text: str = ""
    """To be added to the message: the text files, and what was left out."""
    pictures: tuple[Attachment, ...] = ()


async def fetched(offers: Sequence[Offer], platform: str) -> Files:
    """Raises Refused when a picture is too large or cannot be had: a question about a picture is
    none without it."""
    taken = offers[:MOST]
    pictures = [offer for offer in taken if offer.kind in KINDS]
    for offer in pictures:
        if offer.size > LARGEST:
            raise Refused(too_large(offer.name))
    reads = [_picture(offer, platform) for offer in pictures]
    texts = [await _text(offer, platform) for offer in taken if offer.kind not in KINDS]
    if len(offers) > MOST:
        texts.append(f"[{len(offers) - MOST} more files were left out: at most {MOST} are read]")
    return Files("\n".join(texts), tuple(await at_once(reads)) if reads else ())


async def _picture(offer: Offer, platform: str) -> Attachment:
    data = await offer.read(LARGEST, PICTURE_WITHIN)
    if data is None:
        raise Refused(f"{platform} did not give me {offer.name}; send it again")
    return Attachment(offer.name, data)


async def _text(offer: Offer, platform: str) -> str:
    if not offer.kind.startswith(_TEXTS):
        return (
            f"[{offer.name} was left out: only text and pictures (PNG, JPEG, WebP, GIF) are read]"
        )
    if offer.size > TEXT:
        return f"[{offer.name} was left out: it has more than {TEXT // 1024} KiB]"
    data = await offer.read(TEXT, TEXT_WITHIN)
    if data is None:
        return f"[{offer.name} was left out: {platform} did not give it]"
    return f"File {offer.name}:\n```\n{data.decode(errors='replace')}\n```"


def is_at(url: str, *homes: str) -> bool:
    """Whether *url* leads to the host of one of these addresses, or to a host below it, the same
    way: whoever else is asked for a file gets to know the bot's address, if not its token."""
    asked = urlsplit(url)
    return any(
        asked.scheme == home.scheme
        and f".{asked.hostname}".endswith(f".{home.hostname}")
        and (asked.hostname != home.hostname or asked.port == home.port)
        for home in map(urlsplit, homes)
    )
