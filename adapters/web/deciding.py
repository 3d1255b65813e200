"""Approvals and commands: what people do besides talking."""

import secrets
from collections.abc import Iterable
from typing import Any, cast

from aiohttp import web

from adapters.web import frames
from adapters.web.body import Decide, own_thread, read_json, read_value
from adapters.web.problems import BadRequest
from adapters.web.replies import PRINCIPAL, reply
from bot.chat import User
from bot.command import Caller, Command
from bot.ports import Bot, Settled


async def decide(bot: Bot, approval: str, said: Decide, user: User) -> dict[str, Any]:
    """The same for a button on the page, a frame and a POST."""
    settled: Settled = await bot.decide(
        approval, said.decision, by=user, arguments=said.arguments, reason=said.reason
    )
    return {
        "approval": settled.approval,
        "state": settled.state,
        "run_id": settled.run,
        "text": settled.text,
    }


class DecidingRoutes:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.get("/api/approvals", self.approvals),
            web.get("/api/approvals/{id}", self.approval),
            web.post("/api/approvals/{id}", self.decide),
            web.get("/api/commands", self.commands),
            web.post("/api/commands/{name}", self.command),
        ]

    async def approvals(self, request: web.Request) -> web.Response:
        views = await self._bot.read.approvals(by=request[PRINCIPAL].user)
        return reply({"approvals": [frames.approval(view) for view in views]})

    async def approval(self, request: web.Request) -> web.Response:
        user = request[PRINCIPAL].user
        return reply(
            frames.approval(await self._bot.read.approval(request.match_info["id"], by=user))
        )

    async def decide(self, request: web.Request) -> web.Response:
        said = await read_json(request, Decide)
        user = request[PRINCIPAL].user
        return reply(await decide(self._bot, request.match_info["id"], said, user))

    async def commands(self, request: web.Request) -> web.Response:
        commands = await self._bot.read.commands(by=request[PRINCIPAL].user)
        return reply({"commands": [_command(command) for command in commands]})

    async def command(self, request: web.Request) -> web.Response:
        """``{"text": "…"}`` is what one would type after the name; else the arguments."""
        given: Any = await read_value(request) if request.body_exists else {}
        if not isinstance(given, dict):
            raise BadRequest(422, "send a JSON object: the arguments, or text")
        args = cast("dict[str, Any]", given)
        named = args.pop("thread", "")
        if not isinstance(named, str):
            raise BadRequest(422, "thread: is no thread id")
        user = request[PRINCIPAL].user
        thread = own_thread(named)
        await self._bot.read.check(thread, by=user)
        caller = Caller(
            user,
            thread,
            f"{user.id}/{request.headers.get('Idempotency-Key', '')[:128] or secrets.token_hex(8)}",
        )
        text = args["text"] if args.keys() == {"text"} and isinstance(args["text"], str) else None
        name = request.match_info["name"]
        said = await self._bot.command(name, args if text is None else text, caller)
        return reply({"text": said})


def _command(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "summary": command.summary,
        "role": command.role,
        "schema": command.args.model_json_schema(),
    }
