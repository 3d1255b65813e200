"""The service: an HTTP server with the page, REST and the WebSocket, on one address."""

import asyncio
import sys
from errno import EADDRINUSE
from pathlib import Path
from typing import cast

import structlog
from aiohttp import web

from adapters.web import body, headers, own_secrets, problems
from adapters.web.accounts import Accounts
from adapters.web.alerts import AlertRoutes
from adapters.web.auth import ADMIN, Authority
from adapters.web.chat import ChatRoutes
from adapters.web.deciding import DecidingRoutes
from adapters.web.edge import Edge
from adapters.web.guard import Guard
from adapters.web.http_log import server_log
from adapters.web.images import ImageRoutes
from adapters.web.keys import Keys
from adapters.web.limits import BODY, Limits, Window
from adapters.web.login import Desk, LoginRoutes
from adapters.web.own_secrets import OwnSecrets
from adapters.web.page_routes import PAGE, page_routes
from adapters.web.reading import ReadingRoutes
from adapters.web.refresh import RefreshTokens
from adapters.web.throttle import Regulars, Throttle
from adapters.web.tokens import AccessTokens, Tickets
from adapters.web.ws import Sockets
from bot.chat import Role
from bot.config import BadSettings, Settings
from bot.ports import Bot, Store

log = structlog.get_logger()
_CHAT = web.AppKey("chat", ChatRoutes)
_SOCKETS = web.AppKey("sockets", Sockets)
_BACKLOG = 1024
_PATIENCE = 2.0
"""Seconds that requests in flight get at the end, and that refused bodies are still read."""


class WebServer:
    """``AI_PORT=0`` takes a free port: *listening* is set once *url* and *port* are known."""

    name = "web"

    def __init__(
        self,
        settings: Settings,
        store: Store,
        own: OwnSecrets,
        *,
        limits: Limits | None = None,
        page: Path = PAGE,
    ) -> None:
        self._settings = settings
        self._store = store
        self._own = own
        self._limits = limits or Limits()
        self._page = page
        self._edge = Edge(settings)
        self._accounts = Accounts(store)
        self.listening = asyncio.Event()
        self.port = 0
        self.url = ""

    async def serve(self, bot: Bot) -> None:
        """Until cancelled. Raises BadSettings when the address cannot be had."""
        await self._first_user()
        await self._listen(self.application(bot))

    def application(self, bot: Bot) -> web.Application:
        tickets = Tickets()
        tokens = AccessTokens(self._own.jwt)
        authority = Authority(
            self._accounts,
            Keys(self._store),
            tokens,
            tickets,
            auth_enabled=self._settings.auth_enabled,
        )
        desk = Desk(
            self._accounts,
            tokens,
            RefreshTokens(self._store, self._own.jwt),
            tickets,
            Throttle(),
            Regulars(),
            self._window(self._limits.logins),
            self._edge,
        )
        requests = self._window(self._limits.requests)
        app = self._guarded(authority, requests)
        app[_CHAT] = ChatRoutes(bot, self._limits)
        app[_SOCKETS] = Sockets(bot, authority, self._limits, requests)
        app.add_routes(
            [
                *LoginRoutes(bot, desk).routes(),
                *app[_CHAT].routes(),
                *ImageRoutes(bot).routes(),
                *ReadingRoutes(bot, self._settings).routes(),
                *DecidingRoutes(bot).routes(),
                *AlertRoutes(bot).routes(),
                *app[_SOCKETS].routes(),
                *page_routes(self._page),
            ]
        )
        return app

    def _guarded(self, authority: Authority, requests: Window) -> web.Application:
        guard = Guard(
            authority,
            self._edge,
            requests=requests,
            alerts=self._window(self._limits.alerts),
            health=self._window(self._limits.health),
        )
        app = web.Application(
            client_max_size=BODY,
            middlewares=[
                problems.middleware(),
                guard.middleware(),
                body.middleware(self._limits),
            ],
        )
        app.on_response_prepare.append(headers.signal(self._edge))
        return app

    async def _listen(self, app: web.Application) -> None:
        runner = web.AppRunner(
            app,
            logger=server_log(),
            access_log=None,  # it would write tokens of query strings
            keepalive_timeout=self._limits.head,  # also ends connections with half a head
            lingering_time=_PATIENCE,
            shutdown_timeout=_PATIENCE,
        )
        await runner.setup()
        try:
            listener = await self._bind(runner)
            try:
                self._announce(listener)
                await app[_SOCKETS].keep_rechecking()
            finally:
                self.listening.clear()
                listener.close()
                app[_CHAT].close()
                await app[_SOCKETS].close()
        finally:
            await runner.cleanup()

    async def _bind(self, runner: web.AppRunner) -> asyncio.Server:
        server = runner.server
        assert server is not None, "the runner is set up"

        def accept() -> asyncio.Protocol:
            return server() if len(server.connections) < self._limits.connections else _Full()

        host, port = self._settings.host, self._settings.port
        try:
            return await asyncio.get_running_loop().create_server(
                accept, host, port, backlog=_BACKLOG
            )
        except OSError as error:
            if error.errno == EADDRINUSE:
                fix = "is in use by another program; stop it or set AI_PORT to another port"
            else:
                fix = f"cannot be listened on ({error.strerror}); set AI_HOST and AI_PORT"
            raise BadSettings(f"{host}:{port} {fix}") from error

    def _announce(self, listener: asyncio.Server) -> None:
        self.port = listener.sockets[0].getsockname()[1]
        host = self._settings.host
        shown = f"[{host}]" if ":" in host else host
        self.url = self._settings.public_url or f"http://{shown}:{self.port}"
        self.listening.set()
        if not self._settings.auth_enabled:
            log.warning("AI_AUTH_ENABLED=false: everybody on this machine is admin")
        log.info("listening", url=self.url, port=self.port)

    async def _first_user(self) -> None:
        """Somebody must be able to log in. The password is shown here and never again."""
        if await self._accounts.list():
            return
        await self._accounts.add(ADMIN, self._own.admin, Role.ADMIN)
        path = self._own.admin_file
        if path is not None:
            own_secrets.keep(path, self._own.admin)
            # Not through the log, which redacts it and may be kept for years.
            sys.stderr.write(f"First user: {ADMIN}, password: {self._own.admin} (kept in {path})\n")
        log.info("first user made", user=ADMIN)

    def _window(self, most: int) -> Window:
        return Window(most if self._settings.rate_limit_enabled else 0)


class _Full(asyncio.Protocol):
    """Turns a connection away at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()
