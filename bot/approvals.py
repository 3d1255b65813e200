"""The life of an approval: ``pending → approved | denied | expired | superseded``, ``approved →
used``. Every step is one compare-and-set and its event in one transaction: the first wins."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import time

from pydantic import JsonValue

from bot.chat import HEALER, User
from bot.codec import decode
from bot.events import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalSuperseded,
    Decision,
    Event,
)
from bot.journal import sign
from bot.ports import Conflict, NotFound, Query, Refused, Store
from bot.run import Turn
from bot.tool import Level, Risk, ToolCall, Verdict

USE_WITHIN = 300.0
"""Seconds an approved call has to begin."""
OPEN_AT_MOST = 5
"""Approvals one person may have open: nobody is worn down by requests."""
TRUST_FOR = 3600.0
_COLUMNS = "a.id, a.run, a.seq, a.status, a.requester, a.editor, a.decided_by, a.call_id"


@dataclass(frozen=True, slots=True)
class Row:
    """An approval as it is stored."""

    id: str
    run: str
    seq: int
    status: str
    requester: str
    editor: str
    decided_by: str
    call_id: str


def digest(facts: Mapping[str, JsonValue]) -> str:
    """What exactly is approved: anything that differs at execution needs a new approval."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()


class Approvals:
    def __init__(
        self, store: Store, changed: Callable[[str], None], *, ttl: float, two_person: bool
    ) -> None:
        """*changed* is told the run whose log or state changed."""
        self._store = store
        self._changed = changed
        self._two_person = two_person
        self.ttl = ttl

    async def request(self, turn: Turn, request: ApprovalRequested, requester: User) -> bool:
        """Open an approval in the owner's transaction; False when the person has too many open.

        It takes the place of one that was given for the call and no longer fits."""
        [(count,)] = await turn.query(
            "SELECT COUNT(*) FROM approvals WHERE requester = $1 AND status = 'pending'",
            requester.key,
        )
        # How much the healer may ask for is bounded by its own budgets.
        unbounded = request.may_have_run or requester.platform == HEALER.platform
        if count >= OPEN_AT_MOST and not unbounded:
            return False
        unfit = await turn.query(
            "UPDATE approvals SET status = 'superseded' WHERE run = $1 AND call_id = $2"
            " AND status = 'approved' RETURNING id",
            turn.run.id, request.call.id,
        )  # fmt: skip
        for (old,) in unfit:
            turn.add(ApprovalSuperseded(old, request.call.id, "the call has changed"))
        _insert(turn.query, turn.run.id, turn.next_seq, request, requester.key)
        turn.add(request)
        return True

    async def use(self, turn: Turn, approval: str) -> bool:
        """Spend an approval in the commit of the call's start; False when it lapsed."""
        rows = await turn.query(
            "UPDATE approvals SET status = 'used' WHERE id = $1 AND status = 'approved'"
            " AND decided > {now} - $2 RETURNING id",
            approval, USE_WITHIN,
        )  # fmt: skip
        return bool(rows)

    async def get(self, approval: str) -> tuple[Row, ApprovalRequested]:
        """Raises NotFound."""
        rows = await self._store.read(
            f"SELECT {_COLUMNS}, e.kind, e.data FROM approvals a"
            " JOIN events e ON e.log_id = a.run AND e.seq = a.seq WHERE a.id = $1",
            approval.upper(),
        )
        if not rows:
            raise NotFound(f"there is no approval {approval!r}")
        request = decode(rows[0][8], rows[0][9])
        assert isinstance(request, ApprovalRequested)
        return Row(*rows[0][:8]), request

    async def decide(
        self, row: Row, request: ApprovalRequested, decision: Decision, by: User, reason: str
    ) -> str:
        """Settle an approval with anything but an edit; the state it is in now.

        Raises Conflict naming who was first, Refused when the decision does not fit."""
        _fits(request, decision)
        if decision in ("approve", "trust", "again"):
            self._refuse_own(row, by)
        status = {"approve": "approved", "trust": "approved", "look": "pending"}.get(
            decision, "denied"
        )

        async def settle(query: Query) -> None:
            await _settle(query, row, status, by)
            if decision == "trust":
                _grant(query, row.run, request, by)
            decided = ApprovalDecided(row.id, row.call_id, decision, by, reason)
            await sign(query, row.run, decided)

        await self._store.atomically(settle)
        self._changed(row.run)
        return status

    async def edit(self, row: Row, edited: ApprovalRequested, by: User) -> ApprovalRequested:
        """Replace an approval by one for the edited call, approved at once up to CHANGE."""
        fresh = replace(edited, expires=time() + self.ttl, edits=row.id)
        at_once = edited.verdict.risk is not Risk.DANGER and not self._two_person
        events: list[Event] = [fresh]
        if at_once:
            events.append(ApprovalDecided(fresh.approval, row.call_id, "edit", by))

        async def replaced(query: Query) -> None:
            await _settle(query, row, "superseded", by)
            seq = await _next_seq(query, row.run)
            _insert(query, row.run, seq, fresh, row.requester, editor=by.key)
            if at_once:
                await _settle(query, replace(row, id=fresh.approval), "approved", by)
            await sign(query, row.run, *events)

        await self._store.atomically(replaced)
        self._changed(row.run)
        return fresh

    async def expire(self) -> None:
        """End what nobody decided, and what was approved and not used in time."""
        rows = await self._store.read(
            f"SELECT {_COLUMNS} FROM approvals a"
            " WHERE a.status = 'pending' AND a.expires <= {now}"
            " OR a.status = 'approved' AND a.decided <= {now} - $1 LIMIT 50",
            USE_WITHIN,
        )
        for row in (Row(*found) for found in rows):
            await self._store.atomically(partial(_expire, row))
            self._changed(row.run)

    async def granted(self, thread: str, shape: str) -> bool:
        rows = await self._store.read(
            "SELECT 1 FROM grants WHERE thread = $1 AND shape = $2 AND until > {now}", thread, shape
        )
        return bool(rows)

    def _refuse_own(self, row: Row, by: User) -> None:
        if self._two_person and by.key in (row.requester, row.editor):
            raise Refused("a second person must decide: you asked for it or edited it yourself")


async def supersede(query: Query, run: str, reason: str, *, doubts: bool) -> list[Event]:
    """Close a run's open approvals inside a transaction that holds its row; the events to add.

    *doubts*: also those about calls that may already have run, which no new words settle."""
    rows = await query(
        "UPDATE approvals SET status = 'superseded'"
        " WHERE run = $1 AND status IN ('pending', 'approved') AND may_have_run <= $2"
        " RETURNING id, call_id",
        run,
        int(doubts),
    )
    return [ApprovalSuperseded(approval, call_id, reason) for approval, call_id in rows]


def shape(host: str, call: ToolCall, verdict: Verdict) -> str:
    """What *trust for 1 h* covers."""
    what = verdict.shape or json.dumps(call.args, sort_keys=True)
    return f"{call.name} on {host}: {what}"


def _fits(request: ApprovalRequested, decision: Decision) -> None:
    usual, doubt = ("approve", "deny", "trust"), ("again", "leave", "look")
    if request.may_have_run and decision in usual:
        raise Refused("this call may already have run: choose again, leave or look")
    if not request.may_have_run and decision in doubt:
        raise Refused(f"{decision} is only for a call that may already have run")
    if decision == "trust" and request.verdict.risk is not Risk.CHANGE:
        raise Refused("only a routine change can be trusted: approve this one by itself")
    if decision == "trust" and request.verdict.rule is Level.ASK:
        raise Refused("this is asked every time: approve it by itself")
    if decision == "trust" and request.tainted_by:
        raise Refused("the run has read outsiders' words: approve this one by itself")


def _insert(
    query: Query, run: str, seq: int, request: ApprovalRequested, requester: str, editor: str = ""
) -> None:
    query.later(
        "INSERT INTO approvals (id, run, seq, call_id, status, requester, editor, may_have_run,"
        " expires) VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8)",
        request.approval, run, seq, request.call.id, requester, editor,
        int(request.may_have_run), request.expires,
    )  # fmt: skip


async def _lock(query: Query, run: str) -> None:
    await query("SELECT id FROM runs WHERE id = $1 {lock}", run)


async def _move(query: Query, row: Row, status: str, by: str) -> bool:
    """The compare-and-set of everything that happens to an approval."""
    condition = "expires <= {now}" if status == "expired" else "expires > {now}"
    rows = await query(
        "UPDATE approvals SET status = $2, decided = {now}, decided_by = $3 WHERE id = $1"
        f" AND (status = 'pending' AND {condition}"
        "   OR status = 'approved' AND $2 = 'expired' AND decided <= {now} - $4) RETURNING id",
        row.id, status, by, USE_WITHIN,
    )  # fmt: skip
    return bool(rows)


async def _settle(query: Query, row: Row, status: str, by: User) -> None:
    """Who decides takes part from now on, and sees what comes of it."""
    await _lock(query, row.run)
    query.later(
        "INSERT INTO inbox VALUES ('approvals', $1, $2, $3) ON CONFLICT DO NOTHING",
        row.id, row.run, by.key,
    )  # fmt: skip
    if not await _move(query, row, status, by.name or by.id):
        [(state, decided_by)] = await query(
            "SELECT status, decided_by FROM approvals WHERE id = $1", row.id
        )
        raise Conflict(_too_late(row.id, state, decided_by))


def _too_late(approval: str, state: str, by: str) -> str:
    if state in ("pending", "expired"):
        return f"{approval} has expired: ask for it again"
    return f"{approval} is already {state}" + (f" by {by}" if by else "")


async def _expire(row: Row, query: Query) -> None:
    await _lock(query, row.run)
    if await _move(query, row, "expired", ""):
        await sign(query, row.run, ApprovalExpired(row.id, row.call_id))


async def _next_seq(query: Query, run: str) -> int:
    [(seq,)] = await query("SELECT MAX(seq) + 1 FROM events WHERE log_id = $1", run)
    return seq


def _grant(query: Query, run: str, request: ApprovalRequested, by: User) -> None:
    query.later(
        "INSERT INTO grants SELECT thread, $2, $3, {now} + $4 FROM runs WHERE id = $1"
        " ON CONFLICT (thread, shape) DO UPDATE SET given = excluded.given, until = excluded.until",
        run, shape(request.host, request.call, request.verdict), by.key, TRUST_FOR,
    )  # fmt: skip
