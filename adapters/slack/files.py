"""Files of a Slack message, as they are offered."""

from functools import partial
from typing import Any

import aiohttp

from adapters.live.files import SECONDS, Offer


def offer(session: aiohttp.ClientSession, token: str, file: dict[str, Any]) -> Offer:
    url = str(file.get("url_private", ""))
    return Offer(
        str(file.get("name", "file")),
        str(file.get("mimetype", "")),
        int(file.get("size", 0)),
        partial(_download, session, token, url),
    )


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
