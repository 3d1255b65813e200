"""Alerts that other programs send, and the incidents that came of them."""

from collections.abc import Iterable
from typing import Any, cast

from aiohttp import web

from adapters.web import frames
from adapters.web.body import read_value
from adapters.web.limits import ALERTED
from adapters.web.problems import BadRequest
from adapters.web.replies import PRINCIPAL, reply
from bot.chat import ThreadRef
from bot.command import Caller
from bot.ports import Bot

_NOWHERE = ThreadRef("web", "", "", "")


class AlertRoutes:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post(ALERTED, self.alerts),
            web.get("/api/incidents", self.incidents),
        ]

    async def alerts(self, request: web.Request) -> web.Response:
        """What Alertmanager and Grafana send, as it is."""
        payload: Any = await read_value(request)
        if not isinstance(payload, dict):
            raise BadRequest(422, "send a JSON object, as Alertmanager and Grafana do")
        given = {"payload": cast("dict[str, Any]", payload)}
        caller = Caller(request[PRINCIPAL].user, _NOWHERE)
        return reply({"text": await self._bot.command("alerts", given, caller)})

    async def incidents(self, request: web.Request) -> web.Response:
        views = await self._bot.read.incidents(by=request[PRINCIPAL].user)
        return reply({"incidents": [frames.incident(view) for view in views]})
