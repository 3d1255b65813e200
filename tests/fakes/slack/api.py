"""The Web API, as far as a bot needs it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from aiohttp import web

from tests.fakes.slack import shapes
from tests.fakes.slack.workspace import APP, BOT, BOT_USER, TEAM, Workspace

BOT_TOKEN, APP_TOKEN = "xoxb-fake", "xapp-fake"
SCOPES = (
    "app_mentions:read,chat:write,commands,im:history,im:read,im:write,channels:history,"
    "groups:history,channels:read,groups:read,users:read,users:read.email,usergroups:read,"
    "files:read,files:write"
)
Given = dict[str, Any]


class Refused(Exception):
    """``{"ok": false, "error": …}``"""


class Api:
    """*trouble*: method (or ``*``) → how its next calls go wrong, one entry each."""

    def __init__(self, workspace: Workspace, socket_url: Callable[[], str]) -> None:
        self.workspace = workspace
        self._socket_url = socket_url
        self.trouble: dict[str, list[str]] = {}
        self.paced = False
        """Whether one message a second and channel is enforced."""
        self.calls: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.missing_scopes: set[str] = set()
        self.slow = 0.0
        self.held: dict[str, asyncio.Event] = {}
        """Method → what its answers wait for."""
        self.down = False
        """Every call is answered with a 503."""
        self.busy_until = 0.0
        """Until then everything but the opening of sockets is too much."""
        self._last: dict[str, float] = {}
        self._triggers: dict[str, float] = {}
        self._methods: dict[str, Callable[[Given], Awaitable[Given]]] = {
            "auth.test": self._auth,
            "apps.connections.open": self._open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._ephemeral,
            "conversations.replies": self._replies,
            "conversations.history": self._history,
            "users.conversations": self._conversations,
            "users.info": self._user,
            "usergroups.list": self._groups,
            "views.open": self._view,
            "files.getUploadURLExternal": self._upload,
            "files.completeUploadExternal": self._complete,
            "assistant.threads.setStatus": self._status,
        }

    def trigger(self) -> str:
        """An id that a form can be opened with for three seconds."""
        made = f"trigger-{len(self._triggers)}"
        self._triggers[made] = monotonic()
        return made

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        given = await _given(request)
        self.calls.append(method)
        if self.slow:
            await asyncio.sleep(self.slow)
        if held := self.held.get(method):
            await held.wait()
        if (answer := self._troubled(method)) is not None:
            if answer == "drop after":
                await self._answer(method, given, request)
            if answer.startswith("drop"):
                assert request.transport
                request.transport.abort()
                return web.Response()
            return _failure(answer)
        return await self._answer(method, given, request)

    async def _answer(self, method: str, given: Given, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if token != wanted:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if method not in self._methods:
            return web.json_response({"ok": False, "error": "unknown_method"})
        if method in self.missing_scopes:
            return web.json_response({"ok": False, "error": "missing_scope"})
        try:
            made = await self._methods[method](given)
        except (Refused, shapes.Wrong) as refused:
            self.refused.append((method, str(refused)))
            if str(refused) == "ratelimited":
                return _failure("429 1")
            return web.json_response({"ok": False, "error": str(refused)})
        return web.json_response({"ok": True, **made}, headers={"x-oauth-scopes": SCOPES})

    def _troubled(self, method: str) -> str | None:
        if self.down:
            return "503"
        if (left := self.busy_until - monotonic()) > 0 and method != "apps.connections.open":
            return f"429 {int(left) + 1}"
        for name in (method, "*"):
            if self.trouble.get(name):
                return self.trouble[name].pop(0)
        return None

    async def _auth(self, given: Given) -> Given:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "url": "https://fake/"}

    async def _open(self, given: Given) -> Given:
        return {"url": self._socket_url()}

    async def _post(self, given: Given) -> Given:
        channel = given["channel"]
        if channel not in self.workspace.joined:
            raise Refused("not_in_channel")
        shapes.check(given)
        if not given.get("text") and not given.get("blocks"):
            raise Refused("no_text")
        if given.get("thread_ts") and not self.workspace.find(channel, given["thread_ts"]):
            raise Refused("thread_not_found")
        now = monotonic()
        if self.paced and now - self._last.get(channel, -10.0) < 0.9:
            raise Refused("ratelimited")
        self._last[channel] = now
        message = {
            "type": "message", "ts": self.workspace.ts(), "user": BOT_USER, "bot_id": BOT,
            "app_id": APP, **{k: v for k, v in given.items() if k != "channel"},
        }  # fmt: skip
        self.workspace.messages[channel].append(message)
        self.workspace.posts.append((now, channel, message["ts"]))
        return {"ts": message["ts"], "channel": channel, "message": message}

    async def _update(self, given: Given) -> Given:
        message = self.workspace.find(given["channel"], given["ts"])
        if message is None:
            raise Refused("message_not_found")
        if message.get("user") != BOT_USER:
            raise Refused("cant_update_message")
        shapes.check(given)
        if "text" in given and "blocks" not in given:
            message.pop("blocks", None)
        message.update({k: v for k, v in given.items() if k in ("text", "blocks")})
        self.workspace.edits.append((monotonic(), given["ts"]))
        return {"ts": given["ts"], "channel": given["channel"]}

    async def _ephemeral(self, given: Given) -> Given:
        shapes.check(given)
        self.workspace.ephemeral.append(given)
        return {"message_ts": self.workspace.ts()}

    async def _replies(self, given: Given) -> Given:
        return _page(self.workspace.thread(given["channel"], given["ts"]), given)

    async def _history(self, given: Given) -> Given:
        found = [
            m for m in self.workspace.messages[given["channel"]]
            if m.get("thread_ts", m["ts"]) == m["ts"]
        ]  # fmt: skip
        return _page(found[::-1], given)

    async def _conversations(self, given: Given) -> Given:
        return {"channels": [{"id": name} for name in sorted(self.workspace.joined)]}

    async def _user(self, given: Given) -> Given:
        person = self.workspace.people.get(given["user"])
        if person is None:
            raise Refused("user_not_found")
        return {"user": person.profile()}

    async def _groups(self, given: Given) -> Given:
        groups = self.workspace.groups
        return {"usergroups": [{"id": k, "users": list(v)} for k, v in groups.items()]}

    async def _view(self, given: Given) -> Given:
        begun = self._triggers.get(given["trigger_id"])
        if begun is None or monotonic() - begun > 3:
            raise Refused("expired_trigger_id")
        shapes.view(given["view"])
        view = {**given["view"], "id": f"V{len(self.workspace.views)}"}
        self.workspace.views.append(view)
        return {"view": view}

    async def _upload(self, given: Given) -> Given:
        if len(given.get("alt_txt", "")) > 1_000:
            raise Refused("alt_txt_too_large")
        file = {
            "id": f"F{len(self.workspace.files)}", "name": given["filename"], "data": b"",
            "length": int(given["length"]), "alt_txt": given.get("alt_txt", ""),
        }  # fmt: skip
        self.workspace.files.append(file)
        return {"upload_url": f"{self._socket_url()}/upload/{file['id']}".replace("ws:", "http:"),
                "file_id": file["id"]}  # fmt: skip

    async def _complete(self, given: Given) -> Given:
        files = given["files"]
        files = json.loads(files) if isinstance(files, str) else files
        shared: list[Given] = []
        for each in files:
            file = next(f for f in self.workspace.files if f["id"] == each["id"])
            if len(file["data"]) != file["length"]:
                raise Refused("file_upload_size_mismatch")
            file |= {"channel": given.get("channel_id"), "thread_ts": given.get("thread_ts")}
            shared.append({"id": file["id"], "name": file["name"], "title": each.get("title", "")})
        self.workspace.share(given["channel_id"], given.get("thread_ts", ""), shared)
        return {"files": [{"id": each["id"]} for each in files]}

    async def _status(self, given: Given) -> Given:
        if not self.workspace.find(given["channel_id"], given["thread_ts"]):
            raise Refused("thread_not_found")
        self.workspace.statuses.append(given)
        return {}


async def _given(request: web.Request) -> Given:
    """Query, form and JSON together: the official client uses each somewhere."""
    given: Given = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    elif request.can_read_body:
        given |= dict(await request.post())
    return given


def _page(messages: list[Given], given: Given) -> Given:
    oldest, begin = float(given.get("oldest") or 0), int(given.get("cursor") or 0)
    end = begin + int(given.get("limit") or 100)
    found = [m for m in messages if float(m["ts"]) > oldest]
    more = {"next_cursor": str(end) if found[end:] else ""}
    return {"messages": found[begin:end], "response_metadata": more}


def _failure(kind: str) -> web.Response:
    status, _, after = kind.partition(" ")
    if status == "429":
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": after or "1"})
    return web.Response(status=int(status), text="trouble")
