"""Posting, editing and finding messages by Discord's REST API."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from io import BytesIO
from time import time
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord import parts
from adapters.live.texts import shortened
from adapters.live.wire import Gone, Later, Post, Rejected, Stale, Uncertain, Urgency
from bot.chat import ThreadRef

PINGS: dict[str, Any] = {"parse": []}
"""Nobody is notified by what a model writes."""
PATIENCE = 90.0
"""Seconds for one call, its waiting for Discord's limits included."""
OLD = 55 * 60.0
"""Seconds after which a message is posted anew: Discord allows few edits of one that is older
than an hour (error 30046)."""
_ARCHIVED, _UNKNOWN_CHANNEL, _HAS_THREAD, _TOO_OLD = 50083, 10003, 160004, 30046
_WEEK = 10_080
"""Minutes without a message after which a thread is archived."""


class DiscordWire:
    """Implements ``adapters.live.wire.Wire``."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def post(self, thread: ThreadRef, key: str, post: Post) -> str:
        try:
            return await self._post(thread, key, post)
        except NoChannel:
            if not thread.thread or thread.thread == thread.channel:
                raise
            await self.open(thread, "ops")  # the bot went away before it opened the thread
            return await self._post(thread, key, post)

    async def edit(self, thread: ThreadRef, message: str, post: Post) -> None:
        place, id_ = place_of(thread), message
        if post.uploads:
            return
        if not post.final and age(message) > OLD:
            await self._call("DELETE", _MESSAGE, channel_id=place, message_id=id_)
            raise Stale
        body = {**post.body, "allowed_mentions": PINGS}
        try:
            await self._call("PATCH", _MESSAGE, channel_id=place, message_id=id_, json=body)
        except Archived:
            await self._call("PATCH", _CHANNEL, channel_id=place, json={"archived": False})
            await self._call("PATCH", _MESSAGE, channel_id=place, message_id=id_, json=body)

    async def find(self, thread: ThreadRef, key: str) -> str:
        """Within minutes Discord itself knows the key, and gives the message that has it."""
        try:
            page: Any = await self._call(
                "GET", _MESSAGES, channel_id=place_of(thread), params={"limit": 100}
            )
        except NoChannel:
            return ""
        return next((str(each["id"]) for each in page if each.get("nonce") == key), "")

    async def open(self, thread: ThreadRef, title: str) -> None:
        """The thread that hangs on a message; one that is there already is fine."""
        body = {"name": shortened(title, 100), "auto_archive_duration": _WEEK}
        try:
            await self._call(
                "POST", f"{_MESSAGE}/threads",
                channel_id=thread.channel, message_id=thread.thread, json=body,
            )  # fmt: skip
        except HasThread:
            return

    async def say(
        self, channel: str, text: str, *, to: str = "", key: str = "", silent: bool = False
    ) -> str:
        """A short message of the bot's own, outside any run; *to*: the message it answers."""
        flags = parts.NO_EMBEDS | (parts.SILENT if silent else 0)
        body: dict[str, Any] = {
            "content": shortened(text, parts.CONTENT), "flags": flags, "allowed_mentions": PINGS,
        }  # fmt: skip
        if to:
            body["message_reference"] = {"message_id": to, "fail_if_not_exists": False}
        if key:
            body |= {"nonce": key, "enforce_nonce": True}
        made = await self._call("POST", _MESSAGES, channel_id=channel, json=body)
        return str(made["id"])

    async def _post(self, thread: ThreadRef, key: str, post: Post) -> str:
        quiet = parts.SILENT if post.urgency is Urgency.PROGRESS else 0
        body = {
            **post.body, "flags": post.body.get("flags", 0) | quiet, "nonce": key,
            "enforce_nonce": True, "allowed_mentions": post.body.get("allowed_mentions", PINGS),
        }  # fmt: skip
        if post.files:
            return await self._upload(thread, key, post)
        made = await self._call("POST", _MESSAGES, channel_id=place_of(thread), json=body)
        return str(made["id"])

    async def _upload(self, thread: ThreadRef, key: str, post: Post) -> str:
        files = [
            discord.File(BytesIO(each.data), each.name, description=each.alt or None)
            for each in post.files
        ]
        channel = self._client.get_partial_messageable(int(place_of(thread)))
        async with _told():
            made = await channel.send(
                post.body.get("content"), files=files, nonce=key, silent=post.plot is not None,
                allowed_mentions=discord.AllowedMentions.none(),
            )  # fmt: skip
        return str(made.id)

    async def _call(
        self, method: str, path: str, *, json: Any = None, params: Any = None, **ids: str
    ) -> Any:
        more = {name: v for name, v in {"json": json, "params": params}.items() if v is not None}
        async with _told():
            return await self._client.http.request(Route(method, path, **ids), **more)


class NoChannel(Gone):
    """There is no such channel or thread."""


class Archived(Rejected):
    """The thread sleeps: it must be woken before anything in it can be edited."""


class HasThread(Rejected):
    """The message has a thread already."""


_CHANNEL = "/channels/{channel_id}"
_MESSAGES = f"{_CHANNEL}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_CODES: dict[int, type[Exception]] = {
    _ARCHIVED: Archived, _UNKNOWN_CHANNEL: NoChannel, _HAS_THREAD: HasThread,
}  # fmt: skip


@asynccontextmanager
async def _told() -> AsyncGenerator[None]:
    """Discord's troubles, told apart. The library itself repeats neither a 503 nor a connection
    that breaks."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except discord.RateLimited as error:
        raise Later(error.retry_after) from error
    except discord.HTTPException as error:
        raise _meant(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Uncertain(str(error) or type(error).__name__) from error


def _meant(error: discord.HTTPException) -> Exception:
    if error.code in _CODES:
        return _CODES[error.code](error.text)
    if error.code == _TOO_OLD:
        return Stale()
    if error.status == 429:  # without a trace of Discord: its door keeper shut us out
        return Later(60.0, everywhere=True)
    if error.status >= 500:
        return Uncertain(f"Discord answers {error.status}")
    return Gone(error.text) if error.status == 404 else Rejected(f"{error.status} {error.text}")


def place_of(thread: ThreadRef) -> str:
    """The id that messages are posted to: a thread is a channel of its own."""
    return thread.thread or thread.channel


def age(message: str) -> float:
    """Seconds since a message was made: its id says so."""
    return time() - discord.utils.snowflake_time(int(message)).timestamp()
