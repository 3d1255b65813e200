"""Files that come with a message: text goes into the conversation, the rest is told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

MOST = 4
"""Files of one message that are looked at."""
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


async def fetched(offers: Sequence[Offer], platform: str) -> str:
    """The text files, as text to be added to the message, and what was left out."""
    texts: list[str] = []
    for offer in offers[:MOST]:
        if not offer.kind.startswith(_TEXTS):
            texts.append(f"[{offer.name} was left out: only text files are read, no pictures]")
            continue
        if offer.size > TEXT:
            texts.append(f"[{offer.name} was left out: it has more than {TEXT // 1024} KiB]")
            continue
        data = await offer.read(TEXT)
        if data is None:
            texts.append(f"[{offer.name} was left out: {platform} did not give it]")
        else:
            texts.append(f"File {offer.name}:\n```\n{data.decode(errors='replace')}\n```")
    if len(offers) > MOST:
        texts.append(f"[{len(offers) - MOST} more files were left out: at most {MOST} are read]")
    return "\n".join(texts)
