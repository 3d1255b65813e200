"""Logging in and out, and getting the next access token."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from aiohttp import web

from adapters.web import refresh
from adapters.web.accounts import Accounts, spelled
from adapters.web.body import Refresh, read_form, read_json
from adapters.web.edge import Edge
from adapters.web.limits import Window
from adapters.web.problems import BadRequest
from adapters.web.refresh import Login, RefreshTokens, Reused
from adapters.web.replies import PRINCIPAL, reply
from adapters.web.throttle import Regulars, Throttle
from adapters.web.tokens import LIFETIME, TICKET_LIFETIME, AccessTokens, Tickets, Unauthenticated
from bot.ports import Bot, Forbidden
from bot.tool import ToolError

log = structlog.get_logger()
_COOKIE = "refresh"
_COOKIE_PATH = "/api/auth"


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a login needs."""

    accounts: Accounts
    access: AccessTokens
    refresh: RefreshTokens
    tickets: Tickets
    throttle: Throttle
    regulars: Regulars
    window: Window
    edge: Edge


class LoginRoutes:
    def __init__(self, bot: Bot, desk: Desk) -> None:
        self._bot = bot
        self._desk = desk

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/api/auth/login", self.login),
            web.post("/api/auth/refresh", self.refresh),
            web.post("/api/auth/logout", self.logout),
            web.post("/api/ws-ticket", self.ticket),
        ]

    async def login(self, request: web.Request) -> web.Response:
        address = self._desk.edge.address(request)
        self._desk.window.count(address)
        form = await read_form(request)
        if not (form.get("username") and form.get("password")):
            raise BadRequest(422, "the form needs the fields username and password")
        cookie = form.get("cookie") == "1"
        if cookie:
            _check_script(request)
        name = spelled(form["username"])
        await self._verify(name, form["password"], address)
        login = await self._desk.refresh.start(name)
        await self._note("login", login.owner, address)
        return self._grant(request, login, cookie=cookie)

    async def refresh(self, request: web.Request) -> web.Response:
        token, cookie = await _presented(request)
        address = self._desk.edge.address(request)
        try:
            login = await self._desk.refresh.rotate(token)
        except Reused as error:
            await self._note("refresh token reused", error.owner, address)
            raise
        self._desk.regulars.welcome(login.owner, address)
        return self._grant(request, login, cookie=cookie)

    async def logout(self, request: web.Request) -> web.Response:
        token, _ = await _presented(request)
        owner = await self._desk.refresh.end(token)
        if owner is not None:
            await self._note("logout", owner, self._desk.edge.address(request))
        response = web.Response(status=204)
        response.del_cookie(_COOKIE, path=_COOKIE_PATH)
        return response

    async def ticket(self, request: web.Request) -> web.Response:
        origin = request.headers.get("Origin", "")
        ticket = self._desk.tickets.issue(request[PRINCIPAL], origin)
        return reply({"ticket": ticket, "expires_in": int(TICKET_LIFETIME)})

    async def _verify(self, name: str, password: str, address: str) -> None:
        throttle = self._desk.throttle
        account = self._desk.regulars.counted_as(name[:64], address)
        place = f"address {address}"
        throttle.check(place)
        throttle.check(account)
        throttle.failed(account)
        try:
            right = await self._desk.accounts.verify(name, password)
        except ToolError:  # too many logins at once: the password was not looked at
            throttle.undo(account)
            raise
        if right:
            throttle.forgive(account)
            self._desk.regulars.welcome(name, address)
            return
        throttle.failed(place)
        # Only a name that exists is written down: people type their password there.
        known = name if await self._desk.accounts.exists(name) else "?"
        await self._note("login failed", known, address)
        raise Unauthenticated("wrong user name or password")

    def _grant(self, request: web.Request, login: Login, *, cookie: bool) -> web.Response:
        body = {
            "access_token": self._desk.access.issue(login.owner, login.family),
            "expires_in": LIFETIME,
            "token_type": "bearer",
        }
        if not cookie:
            return reply({**body, "refresh_token": login.token})
        response = reply(body)
        response.set_cookie(
            _COOKIE,
            login.token,
            path=_COOKIE_PATH,
            max_age=refresh.LIFETIME,
            httponly=True,
            samesite="Strict",
            secure=self._desk.edge.is_https(request),
        )
        return response

    async def _note(self, what: str, name: str, address: str) -> None:
        log.info(what, user=name, address=address)
        await self._bot.note(what, by=f"web:{name}", text=f"from {address}")


async def _presented(request: web.Request) -> tuple[str, bool]:
    """The refresh token, empty when there is none, and whether it came as a cookie."""
    given = await read_json(request, Refresh) if request.body_exists else Refresh()
    if given.refresh_token:
        return given.refresh_token, False
    cookie = request.cookies.get(_COOKIE, "")
    if cookie:
        _check_script(request)
    return cookie, True


def _check_script(request: web.Request) -> None:
    """Only a script of our own page can send this header along with the cookie."""
    if request.headers.get("X-CSRF") != "1":
        raise Forbidden("calls with the cookie need the header X-CSRF: 1")
