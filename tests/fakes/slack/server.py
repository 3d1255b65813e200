"""The server: the API, the sockets, and what people do."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack.api import BOT_TOKEN, Api
from tests.fakes.slack.workspace import APP, BOT_USER, TEAM, Message, Workspace, buttons

Payload = dict[str, Any]


@dataclass(slots=True)
class Delivery:
    """An envelope on its way, and the bot's answer."""

    answer: Payload | None = None
    seconds: float = 0.0


class SlackServer:
    """Real sockets on loopback. Envelopes go to any one of the bot's sockets."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.url = ""
        self.api = Api(self.workspace, lambda: self.url.replace("http:", "ws:") + "/socket")
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._numbers = itertools.count()
        self._connected = asyncio.Condition()
        self.asked_for: list[str] = []
        """Ids of files."""
        self.closed = False
        """The bot's token may not read files."""
        self.deaf = False
        """No socket is accepted."""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.get("/socket", self._socket),
                web.post("/socket/upload/{id}", self._uploaded),
                web.get("/files/{id}", self._file),
                web.route("*", "/api/{method}", self.api.handle),
            ]
        )
        return app

    # --- what people do ----------------------------------------------------------------------

    async def says(
        self, text: str, *, by: str = "U1", channel: str = "C1", thread: str = "", **more: Any
    ) -> Message:
        """Somebody writes; the bot is told of it as Slack does, mentions twice."""
        message = self.write(text, by=by, channel=channel, thread=thread, **more)
        await self.tell(message, channel)
        return message

    def write(
        self, text: str, *, by: str = "U1", channel: str = "C1", thread: str = "", **more: Any
    ) -> Message:
        """A message that nobody is told of yet."""
        message: Message = {
            "type": "message", "user": by, "text": text, "team": TEAM, "ts": self.workspace.ts(),
            **({"thread_ts": thread} if thread else {}), **more,
        }  # fmt: skip
        self.workspace.messages[channel].append(message)
        return message

    async def tell(self, message: Message, channel: str = "C1", retry: int = 0) -> list[Delivery]:
        kind = "im" if channel.startswith("D") else "channel"
        event = {**message, "channel": channel, "channel_type": kind}
        events = [event]
        if f"<@{BOT_USER}" in message["text"] and kind != "im":
            mention = {k: v for k, v in event.items() if k != "channel_type"}
            events.append({**mention, "type": "app_mention"})
        return [await self.event(each, retry) for each in events]

    async def event(self, event: Payload, retry: int = 0) -> Delivery:
        body = {
            "type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event": event,
            "event_id": f"Ev{next(self._numbers)}", "event_time": 1,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }  # fmt: skip
        return await self.send("events_api", body, retry_attempt=retry, retry_reason="")

    async def orders(self, text: str, *, by: str = "U1", channel: str = "C1") -> str:
        """``/ops text``; what the person alone is shown."""
        body = {
            "command": "/ops", "text": text, "user_id": by, "team_id": TEAM, "channel_id": channel,
            "trigger_id": self.api.trigger(), "response_url": f"{self.url}/response",
            "api_app_id": APP,
        }  # fmt: skip
        done = await self.send("slash_commands", body, accepts_response_payload=True)
        return str((done.answer or {}).get("text", ""))

    async def clicks(self, message: Message, action: str, *, by: str = "U1",
                     channel: str = "C1") -> Delivery:  # fmt: skip
        value = buttons(message)[action]
        body = {
            "type": "block_actions", "user": {"id": by, "team_id": TEAM}, "team": {"id": TEAM},
            "api_app_id": APP, "trigger_id": self.api.trigger(), "channel": {"id": channel},
            "message": message, "container": {"type": "message", "message_ts": message["ts"]},
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
        }  # fmt: skip
        return await self.send("interactive", body)

    async def submits(self, view: Payload, values: dict[str, str], *, by: str = "U1") -> Payload:
        """A form is sent; Slack's ``response_action``, if any."""
        state = {
            block["block_id"]: {
                "value": {
                    "type": "plain_text_input",
                    "value": values.get(block["block_id"], block["element"]["initial_value"]),
                }
            }
            for block in view["blocks"]
            if block["type"] == "input"
        }
        body = {
            "type": "view_submission", "user": {"id": by, "team_id": TEAM}, "team": {"id": TEAM},
            "api_app_id": APP, "view": {"id": "V0", **view, "state": {"values": state}},
        }  # fmt: skip
        done = await self.send("interactive", body, accepts_response_payload=True)
        return done.answer or {}

    async def shortcut(self, message: Message, *, by: str = "U1", channel: str = "C1") -> None:
        body = {
            "type": "message_action", "callback_id": "ask", "trigger_id": self.api.trigger(),
            "user": {"id": by, "team_id": TEAM}, "team": {"id": TEAM}, "api_app_id": APP,
            "channel": {"id": channel}, "message": message, "message_ts": message["ts"],
        }  # fmt: skip
        await self.send("interactive", body)

    # --- the sockets -------------------------------------------------------------------------

    async def send(self, kind: str, payload: Payload, **more: Any) -> Delivery:
        """Raises TimeoutError when the bot does not answer within Slack's three seconds."""
        sockets = [socket for socket in self._sockets if not socket.closed]
        if not sockets:
            raise TimeoutError("the bot has no socket open")
        socket = sockets[next(self._numbers) % len(sockets)]
        envelope = f"E{next(self._numbers)}"
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = future
        begun = monotonic()
        body = {"type": kind, "envelope_id": envelope, "payload": payload, **more}
        await socket.send_json(body)
        try:
            async with asyncio.timeout(3):
                answer = await future
        finally:
            del self._waiting[envelope]
        return Delivery(answer.get("payload"), monotonic() - begun)

    async def connected(self, count: int = 1, *, seconds: float = 15) -> None:
        async with asyncio.timeout(seconds), self._connected:
            await self._connected.wait_for(lambda: len(self._sockets) >= count)

    async def drop(self, reason: str = "") -> None:
        """Cut all sockets; with a *reason* Slack says so first."""
        for socket in list(self._sockets):
            if reason:
                await socket.send_json({"type": "disconnect", "reason": reason})
            else:
                await socket.close()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.deaf:
            return web.Response(status=503)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        await socket.send_json(
            {
                "type": "hello", "num_connections": len(self._sockets) + 1,
                "debug_info": {"host": "fake", "build_number": 10,
                               "approximate_connection_time": 18060},
                "connection_info": {"app_id": APP},
            }
        )  # fmt: skip
        async with self._connected:
            self._sockets.append(socket)
            self._connected.notify_all()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acked(message.json())
        finally:
            self._sockets.remove(socket)
        return socket

    def _acked(self, answer: Payload) -> None:
        future = self._waiting.get(answer.get("envelope_id", ""))
        if future is not None and not future.done():
            future.set_result(answer)

    async def _uploaded(self, request: web.Request) -> web.Response:
        file = next(f for f in self.workspace.files if f["id"] == request.match_info["id"])
        file["data"] = await request.read()
        return web.Response(text="OK")

    async def _file(self, request: web.Request) -> web.Response:
        """With the token and its scope, or else the page that asks for a login."""
        self.asked_for.append(request.match_info["id"])
        if self.closed or request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(text="<!DOCTYPE html>Sign in", content_type="text/html")
        file = next(f for f in self.workspace.files if f["id"] == request.match_info["id"])
        return web.Response(body=file["data"])

    def upload(self, name: str, kind: str, data: bytes, **more: Any) -> Payload:
        """A file as a message of a person's holds it."""
        id_ = f"F{len(self.workspace.files)}"
        self.workspace.files.append({"id": id_, "name": name, "data": data})
        url = f"{self.url}/files/{id_}"
        file = {"id": id_, "name": name, "mimetype": kind, "size": len(data), "url_private": url}
        return {**file, **more}


@asynccontextmanager
async def slack_server(port: int = 0) -> AsyncGenerator[SlackServer]:
    server = SlackServer()
    runner = web.AppRunner(server.app(), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await server.drop()
        await runner.cleanup()
