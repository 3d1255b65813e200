"""POST /api/chat: say something and, if you like, wait for how it ends."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from typing import Any

from aiohttp import web

from adapters.web import frames
from adapters.web.body import Chat, Say, own_thread, read_json
from adapters.web.limits import Limits
from adapters.web.replies import PRINCIPAL, reply
from bot.chat import IncomingMessage, User
from bot.events import (
    ENDS,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalSuperseded,
    Event,
    ModelReplied,
    RunFailed,
    RunFinished,
    RunStopped,
)
from bot.ports import Bot
from bot.recorded import Recorded
from bot.views import RunView


def incoming(said: Say, user: User, key: str = "") -> IncomingMessage:
    """*key*: the client's own id of the message, which it may send again; unique to the user."""
    message = f"{user.id}/{key or secrets.token_hex(8)}"
    return IncomingMessage(
        message, own_thread(said.thread), user, said.message, said.model, said.images,
        fresh=said.fresh,
    )  # fmt: skip


class ChatRoutes:
    def __init__(self, bot: Bot, limits: Limits) -> None:
        self._bot = bot
        self._limits = limits
        self._waiting: set[asyncio.Timeout] = set()
        self._closing = False

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.post("/api/chat", self.chat)]

    def close(self) -> None:
        """Nobody waits any longer: those who do are told now how far their run is."""
        self._closing = True
        for limit in self._waiting:
            if not limit.expired():
                limit.reschedule(0)

    async def chat(self, request: web.Request) -> web.Response:
        said = await read_json(request, Chat)
        user = request[PRINCIPAL].user
        message = incoming(said, user, request.headers.get("Idempotency-Key", "")[:128])
        receipt = await self._bot.receive(message)
        if said.wait:
            await self._wait(receipt.run, user)
        view = await self._bot.read.run(receipt.run, by=user)
        open_ones = [a for a in await self._bot.read.approvals(by=user) if a.run == receipt.run]
        over = _over(view.events)
        body = {**_answer(view), "approvals": [frames.approval(a) for a in open_ones]}
        if not over and any(not a.request.may_have_run for a in open_ones):
            body["status"] = "waiting"  # the run is about to park: its row says so a moment later
        return reply(body, status=200 if over else 202)

    async def _wait(self, run: str, user: User) -> None:
        """Until the run is over, a human is awaited, or time is up."""
        view = await self._bot.read.run(run, by=user)
        log = [recorded.event for recorded in view.events]
        after = str(view.events[-1].position) if view.events else ""
        limit = asyncio.timeout(0 if self._closing else self._limits.wait)
        try:
            async with (
                limit,
                # Its own thread: a message sent again may have named another one, or none.
                aclosing(self._bot.events(after=after, thread=view.thread, by=user)) as feed,
            ):
                self._waiting.add(limit)
                while not (_ended(log) or _awaits(log)):
                    item = await anext(feed)
                    # A cursor the feed does not know yet makes it begin again: by seq, nothing
                    # counts twice.
                    if isinstance(item, Recorded) and item.log == run and item.seq == len(log):
                        log.append(item.event)
        except TimeoutError:
            return
        finally:
            self._waiting.discard(limit)


def _over(events: Sequence[Recorded]) -> bool:
    return _ended([recorded.event for recorded in events])


def _ended(log: Sequence[Event]) -> bool:
    return bool(log) and isinstance(log[-1], ENDS)


def _awaits(log: Sequence[Event]) -> bool:
    """Whether one of the run's approvals is open."""
    open_ones: set[str] = set()
    for event in log:
        match event:
            case ApprovalRequested():
                open_ones.discard(event.edits)
                open_ones.add(event.approval)
            case ApprovalDecided() if event.decision != "look":
                open_ones.discard(event.approval)
            case ApprovalExpired() | ApprovalSuperseded():
                open_ones.discard(event.approval)
            case _:
                pass
    return bool(open_ones)


def _answer(view: RunView) -> dict[str, Any]:
    log = [recorded.event for recorded in view.events]
    replies = [event for event in log if isinstance(event, ModelReplied)]
    return {
        "thread": frames.thread_id(view.thread),
        "run_id": view.run,
        "status": view.status,
        "response": _response(log[-1]) if log else "",
        "model": next((r.model for r in reversed(replies) if r.model), view.model),
        "steps": len(replies),
    }


def _response(last: Event) -> str:
    match last:
        case RunFinished():
            return last.text
        case RunFailed():
            return last.reason
        case RunStopped():
            ran = f" What had run: {'; '.join(last.ran)}." if last.ran else ""
            unknown = f" What may have run: {'; '.join(last.unknown)}." if last.unknown else ""
            return f"Stopped.{ran}{unknown}"
        case _:
            return ""
