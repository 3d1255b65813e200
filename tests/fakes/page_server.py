"""A server that speaks the page's side of the contract and does what a test says.

For what a real bot shows only with luck or after minutes: every kind of event, cards of every
sort, viewers, lost connections. Strict where the page must be: tickets are good for one socket,
unknown routes are 404, the content security policy is the real one.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from aiohttp import web

PAGE = Path(__file__).parents[2] / "adapters" / "web" / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
Frame = dict[str, Any]
COMMANDS = ("status", "ack", "silence", "repair", "escalate", "why")
USER: Frame = {"platform": "web", "id": "ann", "name": "ann", "also": [], "ceiling": "admin"}


@dataclass
class PageServer:
    """What the server knows, and what was asked of it."""

    role: str = "admin"
    auth_enabled: bool = False
    logged_in: bool = False
    model: Frame = field(default_factory=lambda: {"reachable": True, "detail": ""})
    threads: dict[str, list[Frame]] = field(default_factory=dict[str, list[Frame]])
    listed: list[Frame] = field(default_factory=list[Frame])
    said: list[Frame] = field(default_factory=list[Frame])
    decisions: list[tuple[str, Frame]] = field(default_factory=list[tuple[str, Frame]])
    pictures: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    """id → media type, data."""
    commanded: list[tuple[str, Frame]] = field(default_factory=list[tuple[str, Frame]])
    stopped: list[str] = field(default_factory=list[str])
    feedback: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Run → who → good or bad."""
    refusal: str = ""
    """Not empty: the next message, decision or command is refused with this line."""
    url: str = ""
    sockets: list[tuple[str, web.WebSocketResponse]] = field(
        default_factory=list[tuple[str, web.WebSocketResponse]]
    )
    tickets: set[str] = field(default_factory=set[str])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(self, thread: str, kind: str, *, run: str = "run1", **fields: Any) -> None:
        """Append an event to a thread's log and send it to its followers."""
        log = self.threads.setdefault(thread, [])
        seq = sum(frame["run_id"] == run for frame in log) + 1
        place: Frame = {"run_id": run, "thread": thread, "position": str(len(log) + 1), "seq": seq}
        log.append({"type": kind, "at": "2026-01-05T10:00:00+00:00", **place, **fields})
        await self.push(thread, log[-1])

    async def play(self, *frames: Frame, thread: str = "t") -> None:
        """Record these events, kinds in ``type``, or push the live ones."""
        for frame in frames:
            fields = {name: value for name, value in frame.items() if name not in ("type", "live")}
            add = self.live if frame.get("live") else self.record
            await add(thread, frame["type"], **fields)

    async def push(self, thread: str, frame: Frame) -> None:
        for followed, socket in self.sockets:
            if followed == thread:
                await socket.send_str(json.dumps(frame))

    async def live(self, thread: str, kind: str, *, run: str = "run1", **fields: Any) -> None:
        await self.push(thread, {"type": kind, "run_id": run, "thread": thread, **fields})

    async def followed(self, thread: str) -> None:
        """Return once somebody follows the thread: live items are not replayed."""
        async with asyncio.timeout(10):
            while all(followed != thread for followed, _ in self.sockets):
                self.arrived.clear()
                await self.arrived.wait()

    async def drop_sockets(self) -> None:
        for _, socket in [*self.sockets]:
            await socket.close()

    # --- the routes

    async def index(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "status": "ok",
                "parts": {},
                "model": self.model,
                "mode": "supervised",
                "version": "0.1.0",
                "auth_enabled": self.auth_enabled,
            }
        )

    async def login(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("password") != "right" or form.get("cookie") != "1":
            return _problem(401, "Wrong user name or password.")
        self.logged_in = True
        return web.json_response({"access_token": "token", "expires_in": 3600})

    async def refresh(self, request: web.Request) -> web.Response:
        if not self.logged_in or request.headers.get("X-CSRF") != "1":
            return _problem(401, "Log in again.")
        return web.json_response({"access_token": "token", "expires_in": 3600})

    async def logout(self, request: web.Request) -> web.Response:
        self.logged_in = False
        return web.Response(status=204)

    async def me(self, request: web.Request) -> web.Response:
        if self.auth_enabled and request.headers.get("Authorization") != "Bearer token":
            return _problem(401, "Log in first.")
        who = {
            "name": "ann",
            "key": "web:ann",
            "role": self.role,
            "mode": "supervised",
            "version": "0.1.0",
        }
        return web.json_response({**who, "auth_enabled": self.auth_enabled})

    async def models(self, request: web.Request) -> web.Response:
        models = [{"name": name, "size": 1, "loaded": False} for name in ("qwen3", "llama3.2")]
        answer = {"reachable": True, "detail": "", "models": models, "auto": "qwen3"}
        return web.json_response(answer)

    async def tools(self, request: web.Request) -> web.Response:
        text: Frame = {"type": "string"}
        properties: Frame = {
            "command": text,
            "host": {"anyOf": [text, {"type": "null"}]},
            "cwd": {"anyOf": [text, {"type": "null"}], "description": "absolute directory"},
            "timeout": {"type": "integer"},
            "retries": {"type": "integer"},
        }
        tool = {"name": "execute_command", "schema": {"properties": properties}}
        return web.json_response({"tools": [tool]})

    async def commands(self, request: web.Request) -> web.Response:
        known: list[Frame] = [
            {"name": "status", "summary": "How the bot is.", "role": "viewer", "schema": {}}
        ]
        return web.json_response({"commands": known})

    async def command(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.commanded.append((request.match_info["name"], body))
        if self.refusal:
            return _problem(409, self.refusal)
        if request.match_info["name"] == "feedback":
            verdict, run = body["text"].split()
            self.feedback.setdefault(run, {})["web:ann"] = verdict
            return web.json_response({"text": f"noted: {verdict}"})
        if request.match_info["name"] not in COMMANDS:
            return _problem(404, f"There is no command {request.match_info['name']}.")
        return web.json_response({"text": f"All is well. {body['text']}".strip()})

    async def list_threads(self, request: web.Request) -> web.Response:
        return web.json_response({"threads": self.listed})

    async def thread(self, request: web.Request) -> web.Response:
        log = self.threads.get(request.match_info["id"])
        if log is None:
            return _problem(404, "There is no such conversation.")
        runs = dict.fromkeys(frame["run_id"] for frame in log)
        shown = [
            {
                "run_id": run,
                "events": [f for f in log if f["run_id"] == run],
                "feedback": self.feedback.get(run, {}),
            }
            for run in runs
        ]
        answer = {"id": request.match_info["id"], "runs": shown, "position": str(len(log))}
        return web.json_response(answer)

    async def chat(self, request: web.Request) -> web.Response:
        if self.refusal:
            return _problem(422, self.refusal)
        body = await request.json()
        self.said.append(body)
        thread = body.get("thread") or "newthread"
        started: Frame = {
            "user": USER,
            "role": "admin",
            "model": "auto",
            "agent": "react",
            "fresh": False,
        }
        pictures = [self.keep(image) for image in body.get("images", [])]
        await self.record(thread, "run_started", text=body["message"], pictures=pictures, **started)
        return web.json_response({"thread": thread, "run_id": "run1"}, status=202)

    def keep(self, url: str) -> str:
        """A picture from a data URL; its id."""
        head, data = url.split(",")
        kind = head.removeprefix("data:").split(";")[0]
        self.pictures[f"p{len(self.pictures) + 1}"] = kind, b64decode(data)
        return f"p{len(self.pictures)}"

    async def picture(self, request: web.Request) -> web.Response:
        if request.match_info["id"] not in self.pictures:
            return _problem(404, "There is no such picture.")
        kind, data = self.pictures[request.match_info["id"]]
        return web.Response(body=data, content_type=kind)

    async def decide(self, request: web.Request) -> web.Response:
        if self.refusal:
            return _problem(409, self.refusal)
        self.decisions.append((request.match_info["id"], await request.json()))
        return web.json_response({"approval": request.match_info["id"], "state": "approved"})

    async def stop(self, request: web.Request) -> web.Response:
        self.stopped.append(request.match_info["id"])
        return web.json_response({"run_id": request.match_info["id"]}, status=202)

    async def ticket(self, request: web.Request) -> web.Response:
        self.tickets.add(ticket := token_hex(8))
        return web.json_response({"ticket": ticket, "expires_in": 30})

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if request.query["token"] not in self.tickets:
            return _problem(401, "The ticket was used already.")
        self.tickets.discard(request.query["token"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        thread = request.query["thread"]
        for frame in self.threads.get(thread, [])[int(request.query["after"] or 0) :]:
            await socket.send_str(json.dumps(frame))
        follower = (thread, socket)
        self.sockets.append(follower)
        self.arrived.set()
        async for _ in socket:
            pass
        self.sockets.remove(follower)
        return socket


@asynccontextmanager
async def serve(server: PageServer) -> AsyncGenerator[PageServer]:
    """Run it on a free port; ``server.url`` says where."""
    app = web.Application()
    app.on_response_prepare.append(_policy)
    app.add_routes(
        [
            web.get("/", server.index),
            web.static("/static", PAGE / "static"),
            web.get("/health", server.health),
            web.post("/api/auth/login", server.login),
            web.post("/api/auth/refresh", server.refresh),
            web.post("/api/auth/logout", server.logout),
            web.get("/api/me", server.me),
            web.get("/api/models", server.models),
            web.get("/api/tools", server.tools),
            web.get("/api/commands", server.commands),
            web.post("/api/commands/{name}", server.command),
            web.get("/api/threads", server.list_threads),
            web.get("/api/threads/{id}", server.thread),
            web.post("/api/chat", server.chat),
            web.get("/api/pictures/{id}", server.picture),
            web.post("/api/approvals/{id}", server.decide),
            web.post("/api/runs/{id}/stop", server.stop),
            web.post("/api/ws-ticket", server.ticket),
            web.get("/ws/chat", server.socket),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _policy(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY


def _problem(status: int, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": "No", "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")
