"""/ws/chat: the feed as frames, and everything a person can do while it runs."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Generator, Iterable
from contextlib import aclosing, contextmanager, suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from adapters.web import frames
from adapters.web.auth import SOCKET_PATH, Authority
from adapters.web.body import Decide, Say, json, thread_ref
from adapters.web.chat import incoming
from adapters.web.deciding import decide
from adapters.web.limits import FRAME, UPLOAD, Limits, TooMany, Window
from adapters.web.problems import EXPECTED, BadRequest, explain
from adapters.web.replies import PRINCIPAL
from adapters.web.tokens import Principal
from bot.chat import Role, ThreadRef
from bot.ports import Bot, StoreError

log = structlog.get_logger()
NO_LONGER_ALLOWED = 4401
NOT_FOUND = 4404
_HEARTBEAT = 20.0
_GOODBYE = 2.0
"""Seconds a client has for its half of the closing."""


class _DecideFrame(Decide):
    approval: str


class _StopFrame(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stop: str


class Gone(Exception):
    """The client left, or was sent away because it does not read."""


class Client:
    """One open socket. It is its own follower of the feed: nobody else waits for it."""

    __slots__ = ("_seconds", "_transport", "principal", "socket")

    def __init__(
        self,
        socket: web.WebSocketResponse,
        principal: Principal,
        request: web.Request,
        limits: Limits,
    ) -> None:
        self.socket = socket
        self.principal = principal
        self._transport = request.transport
        self._seconds = limits.send

    async def send(self, frame: dict[str, Any]) -> None:
        """Raises Gone."""
        try:
            async with asyncio.timeout(self._seconds):
                await self.socket.send_str(to_json(frame).decode())
        except TimeoutError as error:
            await self.close(WSCloseCode.TRY_AGAIN_LATER, "you read too slowly; come back")
            raise Gone from error
        except ConnectionError as error:
            raise Gone from error

    async def refuse(self, error: Exception) -> None:
        status, detail = explain(error)
        await self.send({"type": "error", "detail": detail, "status": status})

    async def close(self, code: int, why: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _GOODBYE):
                await self.socket.close(code=code, message=why.encode(), drain=False)

    def cut(self) -> None:
        """End the connection of a client that does not read: closing would wait for it."""
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()


class Sockets:
    """All open sockets of the process, and the one route they come in by."""

    def __init__(self, bot: Bot, authority: Authority, limits: Limits, requests: Window) -> None:
        self._bot = bot
        self._authority = authority
        self._limits = limits
        self._requests = requests
        self._sent = Window(limits.frames, 10.0)
        self._clients: set[Client] = set()
        self._seats: Counter[str] = Counter()

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.get(SOCKET_PATH, self.connect)]

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        principal = request[PRINCIPAL]
        place = request.query.get("thread", "")
        thread = thread_ref(place) if place else None
        socket = web.WebSocketResponse(
            compress=False, heartbeat=_HEARTBEAT, max_msg_size=UPLOAD, timeout=_GOODBYE
        )
        with self._seat(principal):
            await socket.prepare(request)
            client = Client(socket, principal, request, self._limits)
            self._clients.add(client)
            try:
                async with asyncio.TaskGroup() as tasks:
                    after = request.query.get("after", "now")
                    following = tasks.create_task(_until_gone(self._follow(client, thread, after)))
                    await _until_gone(self._listen(client))
                    following.cancel()
            finally:
                self._clients.discard(client)
                client.cut()
        return socket

    async def recheck(self) -> None:
        """Close the sockets of people who may not be here any more."""
        for client in tuple(self._clients):
            if not await self._allowed(client.principal):
                await _send_away(client)

    async def _allowed(self, principal: Principal) -> bool:
        holds = await self._authority.still(principal)
        return holds and await self._bot.read.role(principal.user) is not Role.NOBODY

    async def keep_rechecking(self) -> None:
        while True:
            await asyncio.sleep(self._limits.recheck)
            try:
                await self.recheck()
            except StoreError as error:
                log.warning("could not check who is connected", error=str(error))

    async def close(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for client in self._clients:
                tasks.create_task(client.close(WSCloseCode.GOING_AWAY, "the bot is stopping"))

    @contextmanager
    def _seat(self, principal: Principal) -> Generator[None]:
        person = principal.user.key
        if self._seats[person] >= self._limits.sockets:
            raise TooMany(self._limits.recheck, "open sockets")
        self._seats[person] += 1
        try:
            yield
        finally:
            self._seats[person] -= 1
            if not self._seats[person]:
                del self._seats[person]

    async def _follow(self, client: Client, thread: ThreadRef | None, after: str) -> None:
        user = client.principal.user
        try:
            async with aclosing(self._bot.events(after=after, thread=thread, by=user)) as feed:
                async for item in feed:
                    await client.send(frames.frame(item))
        except EXPECTED as error:
            await client.refuse(error)
            await client.close(NOT_FOUND, "this cannot be followed")

    async def _listen(self, client: Client) -> None:
        """Until the client leaves. Its messages are answered one after the other."""
        async for message in client.socket:
            if message.type is WSMsgType.ERROR:
                return
            try:
                self._sent.count(id(client))
                self._requests.count(client.principal.limited_as)
                if message.type is not WSMsgType.TEXT:
                    raise BadRequest(415, "send text frames with JSON")
                if not await self._allowed(client.principal):
                    await _send_away(client)
                    return
                answer = await self._answer(message.data, client.principal)
                if answer:
                    await client.send(answer)
            except EXPECTED as error:
                await client.refuse(error)

    async def _answer(self, text: str, principal: Principal) -> dict[str, Any]:
        user = principal.user
        match _checked(json(text), len(text)):
            case {"message": _} as given:
                message = incoming(Say.model_validate(given), user)
                receipt = await self._bot.receive(message)
                thread = frames.thread_id(message.thread)
                return {
                    "type": "accepted",
                    "run_id": receipt.run,
                    "thread": thread,
                    "outcome": receipt.outcome,
                }
            case {"approval": _} as given:
                said = _DecideFrame.model_validate(given)
                return {"type": "settled", **await decide(self._bot, said.approval, said, user)}
            case {"stop": _} as given:
                await self._bot.stop(_StopFrame.model_validate(given).stop, by=user)
                return {}
            case _:
                raise BadRequest(422, "send an object with message, approval or stop")


def _checked(given: Any, size: int) -> Any:
    """Raises BadRequest: only a frame with pictures may be large."""
    match given:
        case {"images": _}:
            return given
        case _ if size > FRAME:
            raise BadRequest(413, f"the frame is larger than {FRAME // 1024} KiB")
        case _:
            return given


async def _send_away(client: Client) -> None:
    log.info("socket closed", user=client.principal.user.key, why="no longer allowed")
    await client.close(NO_LONGER_ALLOWED, "the login is over")


async def _until_gone(talking: Coroutine[Any, Any, None]) -> None:
    with suppress(Gone):
        await talking
