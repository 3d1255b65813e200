"""The gateway of a fake Discord: identify, resume, heartbeats, intents, zlib-stream."""

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord import shapes
from tests.fakes.discord.shapes import BOT, TOKEN, Shape
from tests.fakes.discord.world import World

CONTENT = 1 << 15
"""The intent without which others' messages arrive empty."""


@dataclass
class Session:
    socket: "Socket"
    intents: int
    seq: int = 0
    sent: list[Shape] = field(default_factory=list[Shape])


class Socket:
    """One connection; with zlib-stream one context for all of it."""

    def __init__(self, ws: web.WebSocketResponse, *, compress: bool) -> None:
        self.ws = ws
        self._lock = asyncio.Lock()
        self._zlib = zlib.compressobj() if compress else None

    async def send(self, event: Shape) -> None:
        if self.ws.closed:
            return
        raw = json.dumps(event)
        async with self._lock:
            if self._zlib is None:
                await self.ws.send_str(raw)
                return
            packed = self._zlib.compress(raw.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
            await self.ws.send_bytes(packed)


class Gateway:
    def __init__(self, world: World) -> None:
        self._world = world
        self.url = ""
        self.down = False
        """Whether connections are refused."""
        self.content_allowed = True
        """Whether the privileged intent for message content is switched on in the portal."""
        self.sessions: dict[str, Session] = {}
        self.sockets: list[Socket] = []
        self.identified = 0
        self.resumed = 0
        self._ready = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.Response(status=503)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = Socket(ws, compress=request.query.get("compress") == "zlib-stream")
        self.sockets.append(socket)
        await socket.send({"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None})
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._took(socket, message.json())
        finally:
            self.sockets.remove(socket)
        return ws

    async def _took(self, socket: Socket, given: Shape) -> None:
        match given["op"]:
            case 1:
                await socket.send({"op": 11})
            case 2:
                await self._identify(socket, given["d"])
            case 6:
                await self._resume(socket, given["d"])
            case _:
                pass

    async def _identify(self, socket: Socket, given: Shape) -> None:
        self.identified += 1
        if given["token"] != TOKEN:
            await socket.ws.close(code=4004, message=b"Authentication failed.")
            return
        if given["intents"] & CONTENT and not self.content_allowed:
            await socket.ws.close(code=4014, message=b"Disallowed intent(s).")
            return
        id_ = shapes.snowflake()
        self.sessions[id_] = Session(socket, given["intents"])
        guilds = list(self._world.guild_roles)
        ready: Shape = {
            "v": 10, "user": self._world.users[BOT], "session_id": id_,
            "guilds": [{"id": each, "unavailable": True} for each in guilds],
            "resume_gateway_url": self.url, "application": {"id": BOT, "flags": 0},
        }  # fmt: skip
        await self.dispatch("READY", ready, only=id_)
        for each in guilds:
            await self.dispatch("GUILD_CREATE", self._world.guild(each), only=id_)
        await self._tell_ready()

    async def _resume(self, socket: Socket, given: Shape) -> None:
        session = self.sessions.get(given["session_id"])
        if session is None:
            await socket.send({"op": 9, "d": False})
            return
        self.resumed += 1
        session.socket = socket
        for event in [e for e in session.sent if e["s"] > given["seq"]]:
            await socket.send(event)
        await self.dispatch("RESUMED", {}, only=given["session_id"])
        await self._tell_ready()

    async def _tell_ready(self) -> None:
        async with self._ready:
            self._ready.notify_all()

    async def connected(self, seconds: float = 15) -> None:
        """Until somebody has identified or resumed on an open socket."""
        async with asyncio.timeout(seconds), self._ready:
            await self._ready.wait_for(
                lambda: any(not s.socket.ws.closed for s in self.sessions.values())
            )

    async def dispatch(self, kind: str, data: Shape, *, only: str = "") -> None:
        """Tell all sessions; those whose socket is gone read it when they resume."""
        for id_, session in list(self.sessions.items()):
            if only in ("", id_):
                session.seq += 1
                told = data if session.intents & CONTENT else self._blanked(kind, data)
                event: Shape = {"op": 0, "t": kind, "s": session.seq, "d": told}
                session.sent.append(event)
                await session.socket.send(event)

    def _blanked(self, kind: str, data: Shape) -> Shape:
        """What is left of a message without the intent: nothing, unless it concerns the bot."""
        if (
            kind not in ("MESSAGE_CREATE", "MESSAGE_UPDATE")
            or data["author"]["id"] == BOT
            or not data.get("guild_id")
            or any(each["id"] == BOT for each in data["mentions"])
        ):
            return data
        empty: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}
        return {**data, **empty}

    async def drop(self, *, forget: bool = False) -> None:
        """Cut all sockets; *forget*: and no session can be resumed."""
        if forget:
            self.sessions.clear()
        for socket in list(self.sockets):
            await socket.ws.close(code=4000)

    async def order(self, op: int) -> None:
        """Ask for a reconnect (7), or call the session invalid (9)."""
        if op == 9:
            self.sessions.clear()
        for socket in list(self.sockets):
            await socket.send({"op": op, "d": False, "s": None, "t": None})
