"""What may be looked at: threads, runs, tools, models, oneself, and whether all is well."""

from collections.abc import Iterable
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from adapters.web import frames
from adapters.web.body import thread_ref
from adapters.web.replies import PRINCIPAL, reply
from bot import __version__
from bot.config import Settings
from bot.ids import new_id
from bot.memory import Standpoint
from bot.ports import Bot
from bot.tool import Risk, Tool


class _Wanted(BaseModel):
    """The query of a list of memories."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, Field(max_length=2_000)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(pattern=r"^\d{0,15}$")] = ""
    """What the last answer gave as *next*."""
    thread: str = ""


class ReadingRoutes:
    def __init__(self, bot: Bot, settings: Settings) -> None:
        self._bot = bot
        self._settings = settings

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.get("/health", self.health),
            web.get("/api/me", self.me),
            web.get("/api/threads", self.threads),
            web.get("/api/threads/{id}", self.thread),
            web.get("/api/runs/{id}", self.run),
            web.post("/api/runs/{id}/stop", self.stop),
            web.get("/api/tools", self.tools),
            web.get("/api/models", self.models),
            web.get("/api/memories", self.memories),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        health = await self._bot.read.health()
        degraded = any(health.parts.values()) or not health.model.reachable
        return reply(
            {
                "status": "degraded" if degraded else "ok",
                "parts": dict(health.parts),
                "model": {"reachable": health.model.reachable, "detail": health.model.detail},
                **self._about(health.mode),
            }
        )

    async def me(self, request: web.Request) -> web.Response:
        user = request[PRINCIPAL].user
        role = await self._bot.read.role(user)
        who = {"name": user.name, "key": user.key, "role": role}
        return reply({**who, **self._about(self._settings.mode)})

    async def threads(self, request: web.Request) -> web.Response:
        views = await self._bot.read.threads(by=request[PRINCIPAL].user)
        return reply({"threads": [frames.thread(view) for view in views]})

    async def thread(self, request: web.Request) -> web.Response:
        ref = thread_ref(request.match_info["id"])
        views = await self._bot.read.thread(ref, by=request[PRINCIPAL].user)
        position = max((r.position for view in views for r in view.events), default=0)
        runs = [frames.run(view) for view in views]
        return reply({"id": frames.thread_id(ref), "runs": runs, "position": str(position)})

    async def run(self, request: web.Request) -> web.Response:
        view = await self._bot.read.run(request.match_info["id"], by=request[PRINCIPAL].user)
        return reply(frames.run(view))

    async def stop(self, request: web.Request) -> web.Response:
        run = request.match_info["id"]
        await self._bot.stop(run, by=request[PRINCIPAL].user)
        return reply({"run_id": run}, status=202)

    async def tools(self, request: web.Request) -> web.Response:
        tools = await self._bot.read.tools(by=request[PRINCIPAL].user)
        return reply({"tools": [_tool(tool) for tool in tools]})

    async def memories(self, request: web.Request) -> web.Response:
        """What the caller may recall: their own and everybody's, with *thread* its channel's."""
        asked = _Wanted.model_validate(dict(request.query))
        at = Standpoint(request[PRINCIPAL].user, thread_ref(asked.thread or new_id()))
        before = int(asked.cursor or 0)
        recall = await self._bot.read.memories(
            at, text=asked.q.strip(), limit=asked.limit, before=before
        )
        found = recall.memories
        more = not asked.q.strip() and len(found) == asked.limit
        return reply(
            {
                "memories": [frames.memory(one) for one in found],
                "next": str(found[-1].id) if more else "",
                "degraded": recall.degraded,
            }
        )

    async def models(self, _request: web.Request) -> web.Response:
        status = (await self._bot.read.health()).model
        installed = [
            {"name": model.name, "size": model.size, "loaded": model.loaded}
            for model in status.installed
        ]
        return reply(
            {
                "reachable": status.reachable,
                "detail": status.detail,
                "models": installed,
                "auto": status.auto,
            }
        )

    def _about(self, mode: str) -> dict[str, Any]:
        return {
            "mode": mode,
            "version": __version__,
            "auth_enabled": self._settings.auth_enabled,
        }


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "risk": tool.risk if isinstance(tool.risk, Risk) else "judged",
        "schema": tool.schema,
    }
