"""Files that come with a message: images for a vision model, text for the conversation."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.chat import Attachment

MOST = 4
"""Files of one message that are looked at."""
IMAGE = 8 * 1024 * 1024
TEXT = 64 * 1024
"""Bytes of one file."""
SECONDS = 1.5
"""Platforms wait three for an answer; a file that takes longer is left out, and that is told."""
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-sh")


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as the platform describes it."""

    name: str
    kind: str
    """Media type."""
    size: int
    read: Callable[[int], Awaitable[bytes | None]]
    """At most so many bytes; None when it cannot be had."""


async def fetched(offers: Sequence[Offer], platform: str) -> tuple[tuple[Attachment, ...], str]:
    """The images, and the text files as text to be added to the message; what was left out."""
    images: list[Attachment] = []
    texts: list[str] = []
    for offer in offers[:MOST]:
        image = offer.kind.startswith("image/")
        if not image and not offer.kind.startswith(_TEXTS):
            texts.append(f"[{offer.name} was left out: it is neither an image nor text]")
            continue
        limit = IMAGE if image else TEXT
        if offer.size > limit:
            texts.append(f"[{offer.name} was left out: it has more than {limit // 1024} KiB]")
            continue
        data = await offer.read(limit)
        if data is None:
            texts.append(f"[{offer.name} was left out: {platform} did not give it]")
        elif image:
            images.append(Attachment(offer.name, offer.kind, data))
        else:
            texts.append(f"File {offer.name}:\n```\n{data.decode(errors='replace')}\n```")
    if len(offers) > MOST:
        texts.append(f"[{len(offers) - MOST} more files were left out: at most {MOST} are read]")
    return tuple(images), "\n".join(texts)
