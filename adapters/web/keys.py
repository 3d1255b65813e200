"""Keys for programs: ``bot_<8 id>_<32 random>``. Only a hash is kept; a key is shown once."""

import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.chat import Role
from bot.ports import NotFound, Refused, Store

PREFIX = "bot_"
_DAY = 86_400
_LONGEST = 3650
"""Days; a key without any is valid until it is revoked."""
_ID = re.compile(r"[a-z2-7]{8}")
_USED_AGAIN = 60.0
"""Seconds within which another use is not written down."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    owner: str
    role: Role
    """Its ceiling: it never may more, nor more than its owner."""
    label: str
    created: float
    """Seconds since the epoch, like the next two."""
    expires: float | None
    used: float | None


_FIELDS = "id, owner, role, label, created, expires, used"


class Keys:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, owner: str, role: Role, label: str, days: int | None) -> str:
        """The key itself. Raises NotFound when there is no such owner, Refused."""
        if days is not None and not 1 <= days <= _LONGEST:
            raise Refused(f"a key is valid for 1 to {_LONGEST} days")
        key_id, secret = _letters(5), _letters(20)
        rows = await self._store.write(
            "INSERT INTO api_keys (id, owner, secret, role, label, created, expires)"
            " SELECT $1, name, $3, $4, $5, {now}, {now} + $6 FROM users WHERE name = $2"
            " RETURNING id",
            key_id,
            owner,
            _hash(secret),
            str(role),
            label,
            None if days is None else days * _DAY,
        )
        if not rows:
            raise NotFound(f"there is no user {owner}; see: users list")
        return f"{PREFIX}{key_id}_{secret}"

    async def list(self) -> Sequence[Key]:
        rows = await self._store.read(f"SELECT {_FIELDS} FROM api_keys ORDER BY owner, created")
        return [Key(row[0], row[1], Role(row[2]), *row[3:]) for row in rows]

    async def revoke(self, key_id: str) -> None:
        if not await self._store.write("DELETE FROM api_keys WHERE id = $1 RETURNING id", key_id):
            raise NotFound(f"there is no key {key_id}; see: keys list")

    async def check(self, key: str) -> Key | None:
        """The key's row while it counts."""
        key_id, _, secret = key.removeprefix(PREFIX).partition("_")
        if not _ID.fullmatch(key_id):
            return None
        rows = await self._store.read(
            f"SELECT {_FIELDS}, secret, {{now}} FROM api_keys"
            " WHERE id = $1 AND (expires IS NULL OR expires > {now})",
            key_id,
        )
        if not rows or not hmac.compare_digest(str(rows[0][7]), _hash(secret)):
            return None
        row = rows[0]
        if row[6] is None or row[8] - row[6] > _USED_AGAIN:
            await self._store.write("UPDATE api_keys SET used = {now} WHERE id = $1", key_id)
        return Key(row[0], row[1], Role(row[2]), *row[3:7])

    async def counts(self, key_id: str) -> bool:
        """Whether the key with this id is still there and has not expired."""
        return bool(
            await self._store.read(
                "SELECT 1 FROM api_keys WHERE id = $1 AND (expires IS NULL OR expires > {now})",
                key_id,
            )
        )


def _letters(size: int) -> str:
    return b32encode(secrets.token_bytes(size)).decode().lower()


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
