"""What has been delivered where: the memory that makes every message of a run appear once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from adapters.live.incidents import ROOT
from bot.chat import incident_thread
from bot.ports import Store

State = Literal["intent", "sent", "failed"]
_LOAD = (
    "SELECT part, key, message_id, digest, state FROM deliveries WHERE log_id = $1 AND place = $2"
)
_INTEND = (
    "INSERT INTO deliveries (log_id, place, part, key, state, at)"
    " VALUES ($1, $2, $3, $4, 'intent', {now}) ON CONFLICT (log_id, place, part) DO NOTHING"
)
_SENT = (
    "UPDATE deliveries SET message_id = $4, digest = $5, state = $6, at = {now}"
    " WHERE log_id = $1 AND place = $2 AND part = $3"
)
_FORGET = "DELETE FROM deliveries WHERE log_id = $1 AND place = $2 AND part = $3"
_RENDERED = (
    "INSERT INTO rendered (log_id, place, seq, whole) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (log_id, place) DO UPDATE SET seq = $3, whole = $4"
)
_UNDONE = (
    "SELECT r.id, r.thread FROM runs r LEFT JOIN rendered d ON d.log_id = r.id"
    " WHERE r.thread LIKE $1 AND (d.whole IS NULL OR d.whole = 0) ORDER BY r.created"
)
_UNTOLD = (
    "SELECT r.id, r.thread, r.agent FROM runs r LEFT JOIN rendered d ON d.log_id = r.id"
    " WHERE r.thread LIKE $1 AND r.created > {now} - 86400 AND (d.whole IS NULL OR d.whole = 0)"
    " AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.log = r.id AND i.quiet = 1)"
    " ORDER BY r.created"
)
_INCIDENT = (
    "SELECT d.message_id FROM runs r JOIN deliveries d ON d.log_id = r.id"
    " WHERE r.thread = $1 AND r.agent = 'incident' AND d.place = $2 AND d.part = $3"
)
_THREAD = (
    "SELECT r.thread FROM deliveries d JOIN runs r ON r.id = d.log_id"
    " WHERE d.place = $1 AND d.part = $2 AND d.message_id = $3"
)
_HEAD = "SELECT COALESCE(MAX(seq), -1) FROM events WHERE log_id = $1"
_WHOSE = "SELECT d.log_id, d.part FROM deliveries d WHERE d.place = $1 AND d.message_id = $2"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of a run: what it was given to find it by, and what it became."""

    part: str
    key: str
    message: str = ""
    """The platform's id; empty while nobody knows whether it was posted."""
    digest: str = ""
    state: State = "intent"


class Deliveries:
    """The tables ``deliveries`` and ``rendered``. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, log: str, place: str) -> dict[str, Delivery]:
        rows = await self._store.read(_LOAD, log, place)
        return {row[0]: Delivery(*row) for row in rows}

    async def intend(self, log: str, place: str, part: str) -> Delivery:
        """Written before anything is posted, with the key that it can be found by."""
        made = Delivery(part, secrets.token_hex(10))
        await self._store.write(_INTEND, log, place, part, made.key)
        return made

    async def sent(
        self, log: str, place: str, part: str, message: str, digest: str, state: State = "sent"
    ) -> None:
        await self._store.write(_SENT, log, place, part, message, digest, state)

    async def forget(self, log: str, place: str, part: str) -> None:
        """It will be posted anew, with another key."""
        await self._store.write(_FORGET, log, place, part)

    async def rendered(self, log: str, place: str, seq: int, *, whole: bool) -> None:
        """*whole*: the run is over, and all of it has been delivered."""
        await self._store.write(_RENDERED, log, place, seq, int(whole))

    async def undone(self, platform: str) -> Mapping[str, str]:
        """Runs whose story is not wholly told: log → thread, oldest first."""
        return dict(await self._store.read(_UNDONE, f"{platform}:%"))

    async def untold(self) -> Sequence[tuple[str, str, str]]:
        """(log, thread, agent) of what belongs to incidents and is not wholly told, of the last
        day, oldest first."""
        rows = await self._store.read(_UNTOLD, f"{incident_thread('')}%")
        return [(row[0], row[1], row[2]) for row in rows]

    async def incident_message(self, incident: str, place: str) -> str:
        """The first message of an incident; empty while it is not posted."""
        rows = await self._store.read(_INCIDENT, str(incident_thread(incident)), place, ROOT)
        return rows[0][0] if rows else ""

    async def incident_at(self, place: str, message: str) -> str:
        """The thread of the incident whose first message it is; empty for any other."""
        rows = await self._store.read(_THREAD, place, ROOT, message)
        return rows[0][0] if rows else ""

    async def head(self, log: str) -> int:
        """The seq of a log's last event; -1 when it has none."""
        [(seq,)] = await self._store.read(_HEAD, log)
        return seq

    async def whose(self, place: str, message: str) -> tuple[str, str] | None:
        """The log and part that a message belongs to."""
        rows = await self._store.read(_WHOSE, place, message)
        return (rows[0][0], rows[0][1]) if rows else None
