"""Who asks: the one place that REST and WebSocket alike turn a credential into a person."""

from collections.abc import Callable
from time import monotonic

from aiohttp import web

from adapters.web import keys
from adapters.web.accounts import Accounts
from adapters.web.keys import Keys
from adapters.web.tokens import TICKET_PREFIX, AccessTokens, Principal, Tickets, Unauthenticated
from bot.chat import User

SOCKET_PATH = "/ws/chat"
ADMIN = "admin"
"""Name of the first user, and of everybody when logins are off."""
_REMEMBERED = 5.0
"""Seconds an account's state is believed: how late a revocation may act."""
_MOST = 10_000


class Authority:
    def __init__(
        self,
        accounts: Accounts,
        api_keys: Keys,
        tokens: AccessTokens,
        tickets: Tickets,
        *,
        auth_enabled: bool = True,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._accounts = accounts
        self._keys = api_keys
        self._tokens = tokens
        self._tickets = tickets
        self._enabled = auth_enabled
        self._clock = clock
        self._states: dict[tuple[str, str], tuple[float, float | None]] = {}

    async def authenticate(self, request: web.Request) -> Principal:
        """By bearer token; a WebSocket, where browsers send none, also by ``?token=``.

        Raises Unauthenticated."""
        if not self._enabled:
            return Principal(User("web", ADMIN, ADMIN), f"web:{ADMIN}")
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            credential = ""
        if request.path == SOCKET_PATH:
            credential = request.query.get("token", credential)
            if credential.startswith(TICKET_PREFIX):
                return self._tickets.redeem(credential, request.headers.get("Origin", ""))
        if not credential:
            raise Unauthenticated("log in: send Authorization: Bearer <access token or API key>")
        if credential.startswith(keys.PREFIX):
            return await self._by_key(credential)
        return await self._by_token(credential)

    async def still(self, principal: Principal) -> bool:
        """Whether what *principal* once showed would be accepted now, whatever its age.

        Nothing remembered counts here: what was taken back a moment ago is gone."""
        if not self._enabled:
            return True
        if principal.key:
            return await self._keys.counts(principal.key)
        since = await self._look_up(principal.user.id, principal.family)
        return since is not None and since <= principal.since

    async def _by_key(self, credential: str) -> Principal:
        key = await self._keys.check(credential)
        if key is None:
            raise Unauthenticated("the API key is wrong, revoked or has expired")
        user = User("web", key.owner, key.owner, ceiling=key.role)
        return Principal(user, f"key:{key.id}", key=key.id)

    async def _by_token(self, credential: str) -> Principal:
        claims = self._tokens.read(credential)
        user = User("web", claims.name, claims.name)
        principal = Principal(user, user.key, claims.family, claims.issued)
        since = await self._valid_after(claims.name, claims.family)
        if since is None or since > claims.issued:
            raise Unauthenticated("the login is over; log in again")
        return principal

    async def _valid_after(self, name: str, family: str) -> float | None:
        until, since = self._states.get((name, family), (0.0, None))
        if until > self._clock():
            return since
        return await self._look_up(name, family)

    async def _look_up(self, name: str, family: str) -> float | None:
        if len(self._states) > _MOST:
            self._states.clear()
        since = await self._accounts.valid_after(name, family)
        self._states[name, family] = (self._clock() + _REMEMBERED, since)
        return since
