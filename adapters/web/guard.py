"""What every request passes before its route sees it: where from, how often, and who."""

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.web.auth import Authority
from adapters.web.edge import Edge
from adapters.web.limits import ALERTED, Window
from adapters.web.problems import BadRequest
from adapters.web.replies import PRINCIPAL
from bot.ports import Forbidden

log = structlog.get_logger()
_PAGE = {"/", "/static"}
_HEALTH = "/health"
_LOGIN = "/api/auth/"


class Guard:
    """Everything that is not named here as open needs a login."""

    def __init__(
        self,
        authority: Authority,
        edge: Edge,
        *,
        requests: Window,
        alerts: Window,
        health: Window,
    ) -> None:
        self._authority = authority
        self._edge = edge
        self._requests = requests
        self._alerts = alerts
        self._health = health

    def middleware(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            try:
                if resource is not None and resource.canonical not in _PAGE:
                    await self._admit(request, resource.canonical)
                return await handler(request)
            except Forbidden as error:
                principal = request.get(PRINCIPAL)
                user = principal.user.key if principal else "?"
                log.info("refused", user=user, path=request.path, reason=str(error))
                raise

        return guard

    async def _admit(self, request: web.Request, route: str) -> None:
        address = self._edge.address(request)
        if route == _HEALTH:
            self._health.count(address)
            return
        window, counted_as = self._requests, address
        try:
            _check_readable(request)
            self._edge.check_origin(request)
            if not route.startswith(_LOGIN):
                request[PRINCIPAL] = await self._authority.authenticate(request)
                counted_as = request[PRINCIPAL].limited_as
                window = self._alerts if route == ALERTED else self._requests
        finally:  # also what could not be judged at all: nobody fills the log with it
            window.count(counted_as)


def _check_readable(request: web.Request) -> None:
    """Raises BadRequest. Other bytes could neither be stored nor compared nor hashed."""
    for name, value in request.headers.items():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadRequest(400, f"the header {name} holds bytes that are not UTF-8") from error
