"""Files of a Slack message, as they are offered."""

from functools import partial
from typing import Any

import aiohttp

from adapters.live.files import Offer, is_at


class Files:
    """Gets files with the bot's token, from Slack and from nobody else: the address of an external
    file is whatever its owner says."""

    def __init__(self, session: aiohttp.ClientSession, token: str, api: str) -> None:
        """*api*: the address of Slack's API; files are below its host."""
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}
        self._api = api

    def offer(self, file: dict[str, Any]) -> Offer:
        kind = str(file.get("mimetype", ""))
        return Offer(
            str(file.get("name", "file")),
            kind,
            int(file.get("size", 0)),
            partial(self._download, str(file.get("url_private", "")), kind),
        )

    async def _download(self, url: str, kind: str, limit: int, seconds: float) -> bytes | None:
        """None when it cannot be had."""
        if not is_at(url, self._api):
            return None
        within = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.get(url, headers=self._headers, timeout=within) as response:
                response.raise_for_status()
                if response.content_type == "text/html" != kind:
                    return None  # Slack's page for those who must log in: the scope is missing
                data = await _read(response.content, limit + 1)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return data if len(data) <= limit else None


async def _read(content: aiohttp.StreamReader, limit: int) -> bytes:
    """At most so many bytes: one ``read`` gives what has just come in."""
    data = bytearray()
    while len(data) < limit and (piece := await content.read(limit - len(data))):
        data += piece
    return bytes(data)
