"""Files that come with a message: images for a vision model, text for the conversation."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from bot.chat import Attachment

MOST = 4
"""Files of one message that are looked at."""
IMAGE = 8 * 1024 * 1024
TEXT = 64 * 1024
"""Bytes of one file."""
SECONDS = 1.5
"""Slack waits three for its answer; a file that takes longer is left out, and that is told."""
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-sh")


async def fetched(
    session: aiohttp.ClientSession, token: str, files: Sequence[dict[str, Any]]
) -> tuple[tuple[Attachment, ...], str]:
    """The images, and the text files as text to be added to the message; what was left out."""
    images: list[Attachment] = []
    texts: list[str] = []
    for file in files[:MOST]:
        name, kind = str(file.get("name", "file")), str(file.get("mimetype", ""))
        image = kind.startswith("image/")
        if not image and not kind.startswith(_TEXTS):
            texts.append(f"[{name} was left out: it is neither an image nor text]")
            continue
        limit = IMAGE if image else TEXT
        if int(file.get("size", 0)) > limit:
            texts.append(f"[{name} was left out: it has more than {limit // 1024} KiB]")
            continue
        data = await _download(session, token, str(file.get("url_private", "")), limit)
        if data is None:
            texts.append(f"[{name} was left out: Slack did not give it]")
        elif image:
            images.append(Attachment(name, kind, data))
        else:
            texts.append(f"File {name}:\n```\n{data.decode(errors='replace')}\n```")
    if len(files) > MOST:
        texts.append(f"[{len(files) - MOST} more files were left out: at most {MOST} are read]")
    return tuple(images), "\n".join(texts)


async def _download(
    session: aiohttp.ClientSession, token: str, url: str, limit: int
) -> bytes | None:
    """None when it cannot be had."""
    try:
        async with session.get(
            url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        ) as response:
            response.raise_for_status()
            data = await response.content.read(limit + 1)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return data if len(data) <= limit else None
