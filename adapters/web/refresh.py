"""Refresh tokens: opaque, kept as a hash, replaced at each use; a stolen one ends its family."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from adapters.web.tokens import Unauthenticated
from bot.ports import Query, Store

LIFETIME = 30 * 86_400
_GRACE = 10.0
"""Seconds in which the last replaced token still gets its successor: two tabs, a lost answer."""


class Reused(Unauthenticated):
    """A replaced token came back, so one of two holders stole it: both are logged out."""

    def __init__(self, owner: str) -> None:
        super().__init__("this login was ended for safety; log in again")
        self.owner = owner


@dataclass(frozen=True, slots=True)
class Login:
    owner: str
    family: str
    token: str


class RefreshTokens:
    """A successor is an HMAC of its predecessor: it can be given again without being kept."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._key = sha256(b"refresh tokens:" + secret.encode()).digest()

    async def start(self, owner: str) -> Login:
        login = Login(owner, secrets.token_urlsafe(12), secrets.token_urlsafe(32))
        async with self._store.transaction() as query:
            await query("DELETE FROM refresh_tokens WHERE expires < {now}")
            await _insert(query, login)
        return login

    async def rotate(self, token: str) -> Login:
        """Raises Unauthenticated, Reused."""
        async with self._store.transaction() as query:
            rows = await query(
                "SELECT family, owner, replaced_by, {now} - replaced, revoked, expires < {now}"
                " FROM refresh_tokens WHERE hash = $1 {lock}",
                _hash(token),
            )
            login = await self._successor(query, token, rows[0]) if rows else None
        if isinstance(login, Reused):
            raise login  # outside: the transaction that ended the family must commit
        if login is None:
            raise Unauthenticated("the login is over; log in again")
        return login

    async def end(self, token: str) -> str | None:
        """Log out: the whole family ends. The owner, when the token was known."""
        rows = await self._store.write(
            "UPDATE refresh_tokens SET revoked = 1 WHERE family ="
            " (SELECT family FROM refresh_tokens WHERE hash = $1) RETURNING owner",
            _hash(token),
        )
        return str(rows[0][0]) if rows else None

    async def _successor(
        self, query: Query, token: str, row: Sequence[Any]
    ) -> Login | Reused | None:
        family, owner, replaced_by, since, revoked, expired = row
        if revoked or expired:
            return None
        login = Login(owner, family, self._after(token))
        if replaced_by is None:
            await _insert(query, login)
            await query(
                "UPDATE refresh_tokens SET replaced_by = $2, replaced = {now} WHERE hash = $1",
                _hash(token),
                _hash(login.token),
            )
            return login
        unused = "SELECT 1 FROM refresh_tokens WHERE hash = $1 AND replaced_by IS NULL"
        if since <= _GRACE and await query(unused, replaced_by):
            return login
        await query("UPDATE refresh_tokens SET revoked = 1 WHERE family = $1", family)
        return Reused(owner)

    def _after(self, token: str) -> str:
        digest = hmac.digest(self._key, token.encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")


async def _insert(query: Query, login: Login) -> None:
    await query(
        "INSERT INTO refresh_tokens (hash, family, owner, created, expires)"
        " VALUES ($1, $2, $3, {now}, {now} + $4)",
        _hash(login.token),
        login.family,
        login.owner,
        LIFETIME,
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
