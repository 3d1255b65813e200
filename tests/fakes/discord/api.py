"""REST v10 of a fake Discord."""

import json
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from aiohttp import web

from tests.fakes.discord import shapes
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.shapes import BOT, TOKEN, Shape
from tests.fakes.discord.world import No, World

_VIA = {"Via": "1.1 google"}
"""discord.py takes a 429 without it for a ban."""
_LIMIT = 5
"""Posts in one channel within five seconds."""
FLAG_CONTENT = 1 << 19
"""The application may read message content (fewer than 100 guilds)."""
Answer = tuple[int, Any]


def reply(body: Any, status: int = 200, **headers: str) -> web.Response:
    """discord.py wants exactly this content type, without a charset."""
    told = {**_VIA, "Content-Type": "application/json", **headers}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=told)


class Api:
    def __init__(self, world: World, gateway: Gateway, interactions: Interactions) -> None:
        self._world = world
        self._gateway = gateway
        self._interactions = interactions
        self.commands: list[Shape] = []
        self.calls: list[tuple[str, str, Shape]] = []
        self.refused: list[str] = []
        self.failures: deque[int | str | float] = deque()
        """What happens to the next posts: a status, ``cut`` (it is kept, nobody is told), ``ban``
        (a 429 that is not Discord's own), or seconds that it is too busy for, as a float."""
        self.down = False
        self.files: dict[str, bytes] = {}
        """What people attached, by name."""
        self.flags = FLAG_CONTENT
        self.busy = 0
        """How often 429 was answered."""
        self._nonces: dict[tuple[str, str], Shape] = {}

    def routes(self) -> list[web.RouteDef]:
        pairs: list[tuple[str, str, Callable[[web.Request, Shape], Awaitable[Answer]]]] = [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/users/@me/guilds", self._guilds),
            ("PUT", "/applications/{app}/commands", self._commands),
            ("GET", "/guilds/{guild}/members/{user}", self._member),
            ("GET", "/channels/{channel}", self._channel),
            ("PATCH", "/channels/{channel}", self._change_channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("GET", "/channels/{channel}/messages/{message}", self._message),
            ("POST", "/channels/{channel}/messages", self._post),
            ("PATCH", "/channels/{channel}/messages/{message}", self._edit),
            ("DELETE", "/channels/{channel}/messages/{message}", self._delete),
            ("POST", "/channels/{channel}/messages/{message}/threads", self._thread),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("POST", "/webhooks/{app}/{token}", self._follow),
            ("PATCH", "/webhooks/{app}/{token}/messages/@original", self._original),
        ]
        known = [web.route(m, f"/api/v10{path}", self._wrapped(fn)) for m, path, fn in pairs]
        return [*known, web.get("/files/{name}", self._file)]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """The place that attachments are fetched from asks for no token."""
        return web.Response(body=self.files[request.match_info["name"]])

    def _wrapped(
        self, fn: Callable[[web.Request, Shape], Awaitable[Answer]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await _body(request)
            self.calls.append((request.method, request.path.removeprefix("/api/v10"), body))
            open_to_all = request.path.startswith(("/api/v10/interactions", "/api/v10/webhooks"))
            if self.down:
                return reply({"code": 0, "message": "upstream connect error"}, 503)
            if not open_to_all and request.headers.get("Authorization") != f"Bot {TOKEN}":
                return reply({"code": 0, "message": "401: Unauthorized"}, 401)
            try:
                status, answer = await fn(request, body)
            except No as no:
                self.refused.append(f"{request.method} {request.path}: {no}")
                return reply({"code": no.code, "message": no.text}, no.status)
            except _Cut:
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            except _Banned:
                return web.Response(status=429, text="error code: 1015")
            except _Busy as busy:
                self.busy += 1
                again = {"message": "busy", "retry_after": busy.seconds, "global": False}
                return reply(again, 429)
            return web.Response(status=204) if status == 204 else reply(answer, status)

        return handle

    async def _me(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._world.users[BOT]

    async def _application(self, request: web.Request, body: Shape) -> Answer:
        return 200, shapes.application(self.flags)

    async def _guilds(self, request: web.Request, body: Shape) -> Answer:
        return 200, [{"id": each, "name": each} for each in self._world.guild_roles]

    async def _commands(self, request: web.Request, body: Any) -> Answer:
        self.commands = [
            {**each, "id": shapes.snowflake(), "application_id": BOT, "version": "1",
             "description": each.get("description", ""),
             "default_member_permissions": each.get("default_member_permissions")}
            for each in body
        ]  # fmt: skip
        return 200, self.commands

    async def _member(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._world.member(request.match_info["guild"], request.match_info["user"])

    async def _channel(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._world.channel(request.match_info["channel"])

    async def _change_channel(self, request: web.Request, body: Shape) -> Answer:
        channel = self._world.channel(request.match_info["channel"])
        wanted = ("archived", "locked", "auto_archive_duration")
        channel["thread_metadata"].update({key: body[key] for key in wanted if key in body})
        await self._gateway.dispatch("THREAD_UPDATE", channel)
        return 200, channel

    async def _history(self, request: web.Request, body: Shape) -> Answer:
        found = self._world.within(self._world.channel(request.match_info["channel"])["id"])
        limit = int(request.query.get("limit", 50))
        if "after" in request.query:
            after = int(request.query["after"])
            return 200, [m for m in found if int(m["id"]) > after][:limit][::-1]
        before = int(request.query.get("before", 1 << 63))
        return 200, [m for m in found[::-1] if int(m["id"]) < before][:limit]

    async def _message(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._world.message(*_place(request))

    async def _post(self, request: web.Request, body: Shape) -> Answer:
        channel = request.match_info["channel"]
        failure = self.failures.popleft() if self.failures else ""
        if isinstance(failure, float):
            raise _Busy(failure)
        if failure == "ban":
            raise _Banned
        if isinstance(failure, int):
            raise No(failure, 0, "it failed")
        self._world.channel(channel)
        key = (channel, str(body.get("nonce")))
        if body.get("enforce_nonce") and key in self._nonces:
            return 200, self._nonces[key]
        self._slow_down(channel)
        files: list[Shape] = body.get("files", [])
        message = self._world.write(channel, BOT, body, attachments=files)
        self._nonces[key] = message
        await self._gateway.dispatch("MESSAGE_CREATE", message)
        if failure == "cut":
            raise _Cut
        return 200, message

    def _slow_down(self, channel: str) -> None:
        posted = self._world.posted[channel]
        recent = [at for at in posted if at > monotonic() - 5]
        if len(recent) >= _LIMIT:
            raise _Busy(round(recent[-_LIMIT] + 5.05 - monotonic(), 3))
        posted.append(monotonic())

    async def _edit(self, request: web.Request, body: Shape) -> Answer:
        message = self._world.edit(self._world.message(*_place(request)), body)
        await self._gateway.dispatch("MESSAGE_UPDATE", message)
        return 200, message

    async def _delete(self, request: web.Request, body: Shape) -> Answer:
        message = self._world.message(*_place(request))
        del self._world.messages[message["id"]]
        return 204, None

    async def _thread(self, request: web.Request, body: Shape) -> Answer:
        made = self._world.open_thread(*_place(request), body)
        await self._gateway.dispatch("THREAD_CREATE", {**made, "newly_created": True})
        return 201, made

    async def _callback(self, request: web.Request, body: Shape) -> Answer:
        info = request.match_info
        return 200, self._interactions.answer(info["id"], info["token"], body)

    async def _follow(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._interactions.follow(request.match_info["token"], body)

    async def _original(self, request: web.Request, body: Shape) -> Answer:
        return 200, self._interactions.edit(request.match_info["token"], body)


class _Cut(Exception):
    """The connection breaks before the answer."""


class _Banned(Exception):
    """Whoever stands before Discord lets nobody of this address in."""


class _Busy(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["channel"], request.match_info["message"]


async def _body(request: web.Request) -> Any:
    if request.content_type == "application/json":
        return await request.json()
    if not request.content_type.startswith("multipart"):
        return {}
    form = await request.post()
    told = json.loads(str(form["payload_json"]))
    sent = [part for part in form.values() if isinstance(part, web.FileField)]
    files = [
        {**about, "id": "1", "filename": part.filename, "size": 0, "url": "", "proxy_url": "",
         "data": part.file.read().decode("latin-1")}
        for part, about in zip(sent, told["attachments"], strict=True)
    ]  # fmt: skip
    return {**told, "files": files}
