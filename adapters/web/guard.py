"""What every request passes before its route sees it: where from, how often, and who."""

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.web.auth import Authority
from adapters.web.edge import Edge
from adapters.web.limits import Window
from adapters.web.replies import PRINCIPAL
from adapters.web.tokens import Unauthenticated
from bot.ports import Forbidden

log = structlog.get_logger()
_PAGE = {"/", "/static"}
_HEALTH = "/health"
_LOGIN = "/api/auth/"


class Guard:
    """Everything that is not named here as open needs a login."""

    def __init__(
        self, authority: Authority, edge: Edge, *, requests: Window, health: Window
    ) -> None:
        self._authority = authority
        self._edge = edge
        self._requests = requests
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
        self._edge.check_origin(request)
        if route.startswith(_LOGIN):
            self._requests.count(address)
            return
        try:
            principal = await self._authority.authenticate(request)
        except Unauthenticated:
            self._requests.count(address)
            raise
        self._requests.count(principal.limited_as)
        request[PRINCIPAL] = principal
