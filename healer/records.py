"""Signals, incidents, repairs and what people set, in the database: shared by all replicas."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.events import Event
from bot.journal import Head, entries, head, insert
from bot.ports import Query, Row, Store
from healer.budgets import Repair
from healer.incidents import Change, Incident
from healer.rules import DAY
from healer.signals import Signal

_SIGNAL = TypeAdapter(Signal)
_INCIDENT = TypeAdapter(Incident)
_REPAIR = TypeAdapter(Repair)
_OPEN = "SELECT data, version FROM incidents WHERE closed IS NULL ORDER BY opened"
_UPSERT_SIGNAL = (
    "INSERT INTO signals VALUES ($1, $2)"
    " ON CONFLICT (fingerprint) DO UPDATE SET data = excluded.data"
)
_OPEN_INCIDENT = (
    "INSERT INTO incidents (id, log, fingerprint, host, opened, version, data, quiet)"
    " VALUES {} ON CONFLICT DO NOTHING RETURNING id"
)
_TOGETHER = 100
"""Incidents opened by one statement."""
_KEEP_INCIDENT = (
    "UPDATE incidents SET data = $2, closed = $3, noted = $5, version = version + 1"
    " WHERE id = $1 AND version = $4 RETURNING id"
)
_UNNOTED = (
    "SELECT data, version FROM incidents WHERE closed IS NOT NULL AND noted = 0 ORDER BY closed"
)
_BEGIN_LOG = (
    "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh, created)"
    " VALUES ($1, $2, 'open', 'healer:healer', 'operator', '', 'incident', 0, $3)"
)
_BEGIN_THREAD = (
    "INSERT INTO threads VALUES ($1, $2, $3)"
    " ON CONFLICT (thread) DO UPDATE SET title = excluded.title, updated = excluded.updated"
)
_SET = (
    "INSERT INTO healing VALUES ($1, $2, $3)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value, text = excluded.text"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An incident as it was read, and the version that a change of it builds on."""

    incident: Incident
    version: int


@dataclass(frozen=True, slots=True)
class Silence:
    scope: str
    """``host web1``, or ``host all``."""
    until: float
    """Seconds since the epoch."""
    given: str
    """Key of the person."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    runbook: str
    version: str
    level: str
    verified: int
    """How often it was seen to help, in this version."""
    given: str


class Records:
    """Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def signals(self) -> dict[str, Signal]:
        rows = await self._store.read("SELECT data FROM signals")
        found = [_SIGNAL.validate_json(row[0]) for row in rows]
        return {each.key: each for each in found}

    async def open_incidents(self) -> list[Kept]:
        return [_kept(row) for row in await self._store.read(_OPEN)]

    async def open_ones(self, fingerprints: Sequence[str]) -> Mapping[str, Kept]:
        """Those of these that are open, by fingerprint; at most a thousand at a time."""
        if not fingerprints:
            return {}
        places = ", ".join(f"${n}" for n in range(1, len(fingerprints) + 1))
        rows = await self._store.read(
            f"SELECT data, version FROM incidents WHERE fingerprint IN ({places})"
            " AND closed IS NULL",
            *fingerprints,
        )
        return {kept.incident.fingerprint: kept for kept in map(_kept, rows)}

    async def loud_since(self, at: float) -> list[Incident]:
        """Those that opened since then and are told by themselves."""
        rows = await self._store.read(
            "SELECT data, version FROM incidents"
            " WHERE closed IS NULL AND quiet = 0 AND opened > $1",
            at,
        )
        return [_kept(row).incident for row in rows]

    async def unnoted(self) -> list[Kept]:
        """Those that are over and not yet looked back on, oldest first."""
        return [_kept(row) for row in await self._store.read(_UNNOTED)]

    async def incident(self, identity: str) -> Kept | None:
        rows = await self._store.read(
            "SELECT data, version FROM incidents WHERE id = $1", identity.upper()
        )
        return _kept(rows[0]) if rows else None

    async def newest_incidents(self, limit: int) -> list[Incident]:
        """Those that are open first."""
        rows = await self._store.read(
            "SELECT data, version FROM incidents"
            " ORDER BY CASE WHEN closed IS NULL THEN 0 ELSE 1 END, opened DESC LIMIT $1",
            limit,
        )
        return [_kept(row).incident for row in rows]

    async def repairs(self, time: float) -> list[Repair]:
        """Those of the last day and all that are not over, oldest first."""
        rows = await self._store.read(
            "SELECT data FROM repairs WHERE open = 1 OR time > $1 ORDER BY time", time - DAY
        )
        return [_REPAIR.validate_json(row[0]) for row in rows]

    async def repairs_of(self, incident: str) -> list[Repair]:
        rows = await self._store.read(
            "SELECT data FROM repairs WHERE incident = $1 ORDER BY number", incident
        )
        return [_REPAIR.validate_json(row[0]) for row in rows]

    async def keep_signals(self, signals: Iterable[Signal]) -> None:
        async with self._store.transaction() as query:
            for each in signals:
                query.later(_UPSERT_SIGNAL, each.key, _SIGNAL.dump_json(each).decode())

    async def forget_signals(self, keys: Iterable[str]) -> None:
        async with self._store.transaction() as query:
            for key in keys:
                query.later("DELETE FROM signals WHERE fingerprint = $1", key)

    async def open(self, changes: Sequence[Change], at: float) -> list[Change]:
        """New incidents, with their logs; those that nobody else opened meanwhile."""
        made: list[Change] = []
        async with self._store.transaction() as query:
            for first in range(0, len(changes), _TOGETHER):
                some = changes[first : first + _TOGETHER]
                fresh = await _opened(query, [each.incident for each in some])
                for change in some:
                    if change.incident.id in fresh:
                        incident = change.incident
                        query.later(_BEGIN_LOG, incident.log, str(incident.thread), at)
                        _show_thread(query, incident, at)
                        insert(query, incident.log, entries(Head(), [change.event(at)]))
                        made.append(change)
        return made

    async def keep(self, known: Kept, change: Change, at: float, *also: Repair) -> bool:
        """A changed incident, its event and its repairs; False when it was changed meanwhile."""
        async with self._store.transaction() as query:
            incident = change.incident
            data, closed = _INCIDENT.dump_json(incident).decode(), incident.closed or None
            noted = int(incident.noted)
            if not await query(_KEEP_INCIDENT, incident.id, data, closed, known.version, noted):
                return False
            if change.line:
                await _record(query, incident, change.event(at), at)
            for repair in also:
                _keep_repair(query, repair)
        return True

    async def keep_repair(self, repair: Repair) -> None:
        async with self._store.transaction() as query:
            _keep_repair(query, repair)

    async def silences(self, at: float) -> list[Silence]:
        rows = await self._store.read(
            "SELECT scope, until, given, reason FROM silences WHERE until > $1", at
        )
        return [Silence(*row) for row in rows]

    async def silence(self, silence: Silence) -> None:
        await self._store.write(
            "INSERT INTO silences VALUES ($1, $2, $3, $4) ON CONFLICT (scope) DO UPDATE"
            " SET until = excluded.until, given = excluded.given, reason = excluded.reason",
            silence.scope, silence.until, silence.given, silence.reason,
        )  # fmt: skip

    async def levels(self) -> Mapping[str, Level]:
        rows = await self._store.read(
            "SELECT runbook, version, level, verified, given FROM runbook_levels"
        )
        return {row[0]: Level(*row) for row in rows}

    async def set_level(self, level: Level) -> None:
        await self._store.write(
            "INSERT INTO runbook_levels VALUES ($1, $2, $3, $4, $5) ON CONFLICT (runbook)"
            " DO UPDATE SET version = excluded.version, level = excluded.level,"
            " verified = excluded.verified, given = excluded.given",
            level.runbook, level.version, level.level, level.verified, level.given,
        )  # fmt: skip

    async def setting(self, name: str) -> tuple[float, str]:
        """(0, "") before it was set."""
        rows = await self._store.read("SELECT value, text FROM healing WHERE name = $1", name)
        return (rows[0][0], rows[0][1]) if rows else (0.0, "")

    async def set(self, name: str, value: float, text: str = "") -> None:
        await self._store.write(_SET, name, value, text)

    async def pass_time(self, seconds: float) -> float:
        """The healer's clock, *seconds* later: it stands still while nobody heals, and nobody can
        put it forward."""
        rows = await self._store.write(
            "INSERT INTO healing VALUES ('clock', $1, '')"
            " ON CONFLICT (name) DO UPDATE SET value = healing.value + $1 RETURNING value",
            seconds,
        )
        return rows[0][0]

    async def ends(self, runs: Sequence[str]) -> Mapping[str, tuple[str, str, str]]:
        """Status, and kind and data of the last event, of each of the *runs*."""
        found: dict[str, tuple[str, str, str]] = {}
        for run in runs:
            rows = await self._store.read(
                "SELECT r.status, e.kind, e.data FROM runs r JOIN events e ON e.log_id = r.id"
                " WHERE r.id = $1 ORDER BY e.seq DESC LIMIT 1",
                run,
            )
            if rows:
                found[run] = (rows[0][0], rows[0][1], rows[0][2])
        return found

    async def touched(self, since: float) -> Sequence[tuple[str, str]]:
        """(kind, data) of the newest calls that began since then (seconds since the epoch)."""
        rows = await self._store.read(
            "SELECT kind, data FROM events WHERE kind = 'tool_started' AND at > $1"
            " AND position > (SELECT COALESCE(MAX(position), 0) - 5000 FROM events)",
            int(since * 1e6),
        )
        return [(row[0], row[1]) for row in rows]


def _kept(row: Row) -> Kept:
    return Kept(_INCIDENT.validate_json(row[0]), row[1])


async def _opened(query: Query, incidents: Sequence[Incident]) -> set[str]:
    """Ids of those that were written: another one may be open with the same fingerprint."""
    rows: list[str] = []
    values: list[object] = []
    for each in incidents:
        given = (each.id, each.log, each.fingerprint, each.host, each.opened,
                 _INCIDENT.dump_json(each).decode(), int(each.quiet))  # fmt: skip
        places = [f"${len(values) + n}" for n in range(1, len(given) + 1)]
        rows.append(f"({', '.join((*places[:5], '1', *places[5:]))})")
        values += given
    return {row[0] for row in await query(_OPEN_INCIDENT.format(", ".join(rows)), *values)}


async def _record(query: Query, incident: Incident, event: Event, at: float) -> None:
    """Append to the incident's log: its row in ``runs`` is the lock, as it is for a run."""
    await query("SELECT id FROM runs WHERE id = $1 {lock}", incident.log)
    insert(query, incident.log, entries(await head(query, incident.log), [event]))
    status = "resolved" if incident.closed else "open"
    query.later("UPDATE runs SET status = $2 WHERE id = $1", incident.log, status)
    _show_thread(query, incident, at)


def _show_thread(query: Query, incident: Incident, at: float) -> None:
    """In the list of threads; the parts of something else would only fill it."""
    if not incident.quiet:
        query.later(_BEGIN_THREAD, str(incident.thread), incident.title[:80], at)


def _keep_repair(query: Query, repair: Repair) -> None:
    query.later(
        "INSERT INTO repairs VALUES ($1, $2, $3, $4, $5) ON CONFLICT (incident, number)"
        " DO UPDATE SET open = excluded.open, data = excluded.data",
        repair.incident, repair.number, repair.time, int(repair.outcome == "open"),
        _REPAIR.dump_json(repair).decode(),
    )  # fmt: skip
