"""Access tokens (JWT, 1 h) and WebSocket tickets (in memory, 30 s, once)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, time
from typing import Any

import jwt

from bot.chat import User
from bot.ports import Refused

LIFETIME = 3600
TICKET_LIFETIME = 30.0
TICKET_PREFIX = "tkt_"
_ISSUER = "ai-orchestrator"
_AUDIENCE = "ai-orchestrator-web"
_REQUIRED = ["exp", "iat", "nbf", "sub", "jti", "aud", "iss"]
_LEEWAY = 30


class Unauthenticated(Refused):
    """No, because it is not known who asks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and by what right: enough to check again later whether it still counts."""

    user: User
    limited_as: str
    """Requests are counted by this: a person, or one of their keys."""
    family: str = ""
    """The login an access token came from; empty with a key."""
    since: float = 0.0
    """When the access token was made, seconds since the epoch."""
    key: str = ""
    """Id of the API key; empty with a token."""


@dataclass(frozen=True, slots=True)
class Claims:
    name: str
    family: str
    issued: float


class AccessTokens:
    def __init__(self, secret: str, *, clock: Callable[[], float] = time) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, name: str, family: str) -> str:
        now = self._clock()
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": name,
            "jti": secrets.token_urlsafe(12),
            "typ": "access",
            "sid": family,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def read(self, token: str) -> Claims:
        """Raises Unauthenticated unless it is an access token of ours that is still valid."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                leeway=_LEEWAY,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the access token has expired; refresh it or log in") from error
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("the access token is not valid; log in again") from error
        if claims.get("typ") != "access":  # PyJWT does not look at it
            raise Unauthenticated("this is not an access token; log in again")
        return Claims(claims["sub"], str(claims.get("sid", "")), float(claims["iat"]))


class Tickets:
    """Stands for an access token in a WebSocket's address, where it may end up in logs."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._open: dict[str, tuple[float, Principal, str]] = {}

    def issue(self, principal: Principal, origin: str) -> str:
        """*origin*: the page that asked, empty for a program."""
        now = self._clock()
        self._open = {ticket: entry for ticket, entry in self._open.items() if entry[0] > now}
        ticket = TICKET_PREFIX + secrets.token_urlsafe(32)
        self._open[ticket] = (now + TICKET_LIFETIME, principal, origin)
        return ticket

    def redeem(self, ticket: str, origin: str) -> Principal:
        until, principal, bound_to = self._open.pop(ticket, (0.0, None, ""))
        if principal is None or until <= self._clock() or bound_to not in ("", origin):
            raise Unauthenticated("the ticket was used, has expired or is not yours; get a new one")
        return principal
