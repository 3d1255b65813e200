"""Posting, editing and finding messages by Slack's Web API."""

from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.live.wire import Gone, Later, Post, Rejected, Uncertain
from adapters.slack import blocks
from bot.chat import ThreadRef

EVENT = "ops_bot"
"""Type of the metadata that our messages are found by."""
_UNSHAPED = {"invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_blocks_format"}
_BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_BROKEN = {"internal_error", "fatal_error", "service_unavailable", "team_added_to_org"}
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}
_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)


class SlackWire:
    """Implements ``adapters.live.wire.Wire``."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, thread: ThreadRef, key: str, post: Post) -> str:
        if post.files:
            return await self._upload(thread, key, post)
        given = {
            "channel": thread.channel,
            "thread_ts": thread.thread or None,
            "metadata": {"event_type": EVENT, "event_payload": {"key": key}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        made = await self._shaped("chat.postMessage", given, post)
        return str(made["ts"])

    async def edit(self, thread: ThreadRef, message: str, post: Post) -> None:
        if post.uploads:
            return
        await self._shaped("chat.update", {"channel": thread.channel, "ts": message}, post)

    async def find(self, thread: ThreadRef, key: str) -> str:
        cursor, of_thread = "", bool(thread.thread)
        method = "conversations.replies" if of_thread else "conversations.history"
        while True:
            given = {
                "channel": thread.channel, "ts": thread.thread or None, "limit": 200,
                "cursor": cursor, "include_all_metadata": True,
            }  # fmt: skip
            page = await self.call(method, given, get=True)
            for message in page.get("messages", ()):
                payload = message.get("metadata", {}).get("event_payload", {})
                names = [str(file.get("name", "")) for file in message.get("files", ())]
                if payload.get("key") == key or any(key in name for name in names):
                    return str(message["ts"])
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor or not of_thread:  # of a channel the newest messages do
                return ""

    async def call(self, method: str, given: dict[str, Any], *, get: bool = False) -> Any:
        """One call of the API, with its troubles told apart."""
        args = {name: value for name, value in given.items() if value is not None}
        try:
            if get:
                made = await self._client.api_call(method, http_verb="GET", params=args)
            else:
                made = await self._client.api_call(method, json=args)
        except SlackApiError as error:
            raise _meant(error) from error
        except _TROUBLE as error:
            raise Uncertain(f"{method}: {error or type(error).__name__}") from error
        return cast("Any", made.data)

    async def _shaped(self, method: str, given: dict[str, Any], post: Post) -> Any:
        """What Slack refuses for its shape is sent as plain text: it must be seen."""
        try:
            return await self.call(method, {**given, **post.body})
        except Rejected as error:
            if str(error) not in _UNSHAPED:
                raise
        text = _plain(post)[: blocks.PLAIN]
        return await self.call(method, {**given, "text": text, "blocks": _actions(post)})

    async def _upload(self, thread: ThreadRef, key: str, post: Post) -> str:
        """Files by their three steps; the id of the first file. They are found by their names:
        Slack takes nothing else that could be looked for."""
        done: list[dict[str, str]] = []
        for picture in post.files:
            stem, dot, suffix = picture.name.rpartition(".")
            given = {
                "filename": f"{stem}-{key}{dot}{suffix}", "length": len(picture.data),
                "alt_txt": picture.alt or None,
            }  # fmt: skip
            place = await self.call("files.getUploadURLExternal", given, get=True)
            await self._put(place["upload_url"], picture.data)
            done.append({"id": place["file_id"], "title": picture.title or picture.name})
        await self.call(
            "files.completeUploadExternal",
            {"files": done, "channel_id": thread.channel, "thread_ts": thread.thread or None},
        )
        return done[0]["id"]

    async def _put(self, url: str, data: bytes) -> None:
        session = self._client.session
        assert session is not None
        try:
            async with session.post(url, data=data) as response:
                response.raise_for_status()
        except _TROUBLE as error:
            raise Uncertain(f"upload: {error or type(error).__name__}") from error


def _meant(error: SlackApiError) -> Exception:
    response: Any = error.response
    name = str(response.get("error", "")) if isinstance(response.data, dict) else ""
    if response.status_code == 429 or name in _BUSY:
        after = response.headers.get("Retry-After", response.headers.get("retry-after", "1"))
        return Later(float(after) + 0.1)
    if response.status_code >= 500 or name in _BROKEN:
        return Uncertain(f"Slack answers {name or response.status_code}")
    return Gone(name) if name in _GONE else Rejected(name or str(response.status_code))


def _plain(post: Post) -> str:
    texts: list[str] = [post.body.get("text", "")]
    for block in post.body.get("blocks", ()):
        held: Any = block.get("text") or ""
        texts.append(held if isinstance(held, str) else held.get("text", ""))
    return "\n".join(dict.fromkeys(filter(None, texts)))


def _actions(post: Post) -> list[blocks.Block]:
    """The buttons, which must be there whatever becomes of the rest."""
    buttons = [block for block in post.body.get("blocks", ()) if block["type"] == "actions"]
    return [blocks.section(_plain(post)), *buttons]
