"""People who log in: who they are, their passwords, and taking back what they were given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from adapters.web.own_secrets import SHORTEST_PASSWORD
from bot.blocking import run_blocking
from bot.chat import Role
from bot.ports import NotFound, Query, Refused, Store, UniqueViolation

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_LONGEST_PASSWORD = 1024
_HASHER = PasswordHasher()
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "l25/bwJK78Xth5zM5q36OA$Ub7vNaetGZBhUnEK8b6YE7eeWQrwzkJDay+u76DPIv8"
)
"""Verified when there is no such user, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    role: Role
    created: float
    """Seconds since the epoch."""


def spelled(name: str) -> str:
    """A name as it is kept: Ann and ann are one person."""
    return name.strip().lower()


class Accounts:
    """Takes names as ``spelled`` gives them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, name: str, password: str, role: Role) -> None:
        if not _NAME.fullmatch(name):
            raise Refused("a name is 1 to 64 of a-z 0-9 . _ @ - and begins with a letter or digit")
        try:
            await self._store.write(
                "INSERT INTO users (name, password, role, created, valid_after)"
                " VALUES ($1, $2, $3, {now}, {now})",
                name,
                await _hash(password),
                str(role),
            )
        except UniqueViolation as error:
            raise Refused(f"there is a user {name} already") from error

    async def list(self) -> Sequence[Account]:
        rows = await self._store.read("SELECT name, role, created FROM users ORDER BY name")
        return [Account(name, Role(role), created) for name, role, created in rows]

    async def verify(self, name: str, password: str) -> bool:
        rows = await self._store.read("SELECT password FROM users WHERE name = $1", name)
        stored = str(rows[0][0]) if rows else _NOBODY
        return await run_blocking("passwords", _matches, stored, password) and bool(rows)

    async def exists(self, name: str) -> bool:
        return bool(await self._store.read("SELECT 1 FROM users WHERE name = $1", name))

    async def set_password(self, name: str, password: str) -> None:
        """Everything given out under the old one ends."""
        hashed = await _hash(password)
        async with self._store.transaction() as query:
            await _role_of(query, name)
            await query("UPDATE users SET password = $2 WHERE name = $1", name, hashed)
            await _take_back(query, name)

    async def set_role(self, name: str, role: Role) -> Role:
        """Returns the role they had. Tokens, sockets and keys of theirs end."""
        async with self._store.transaction() as query:
            before = await _role_of(query, name)
            if role is not Role.ADMIN:
                await _another_admin(query, name)
            await query("UPDATE users SET role = $2 WHERE name = $1", name, str(role))
            await _take_back(query, name)
        return before

    async def remove(self, name: str) -> None:
        async with self._store.transaction() as query:
            await _role_of(query, name)
            await _another_admin(query, name)
            await _take_back(query, name)
            await query("DELETE FROM users WHERE name = $1", name)

    async def valid_after(self, name: str, family: str) -> float | None:
        """Since when tokens of *name* count; None when none does: no such user, or logged out."""
        rows = await self._store.read(
            "SELECT valid_after, (SELECT MAX(revoked) FROM refresh_tokens WHERE family = $2)"
            " FROM users WHERE name = $1",
            name,
            family,
        )
        return float(rows[0][0]) if rows and rows[0][1] != 1 else None


async def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("a password has at least 8 characters; 15 or more are better")
    if len(password) > _LONGEST_PASSWORD:
        raise Refused(f"a password has at most {_LONGEST_PASSWORD} characters")
    return await run_blocking("passwords", _HASHER.hash, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except VerifyMismatchError:
        return False


async def _role_of(query: Query, name: str) -> Role:
    rows = await query("SELECT role FROM users WHERE name = $1 {lock}", name)
    if not rows:
        raise NotFound(f"there is no user {name}; see: users list")
    return Role(rows[0][0])


async def _another_admin(query: Query, name: str) -> None:
    if not await query("SELECT 1 FROM users WHERE role = 'admin' AND name <> $1", name):
        raise Refused(f"{name} is the last admin; make somebody else admin first")


async def _take_back(query: Query, name: str) -> None:
    await query("UPDATE users SET valid_after = {now} WHERE name = $1", name)
    await query("UPDATE refresh_tokens SET revoked = 1 WHERE owner = $1", name)
    await query("DELETE FROM api_keys WHERE owner = $1", name)
