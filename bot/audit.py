"""The audit trail: every log is a chain of hashes, and anchors tie the ends of all logs together.

A changed, moved or missing event breaks its log's chain. A missing end breaks an anchor that knew
it. Whoever can rewrite the database could make new chains and anchors: each anchor is therefore
also printed to the log stream, which lives elsewhere.
"""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from time import time_ns

import structlog
from pydantic import JsonValue

from bot.ports import Periodic, Row, Store, UniqueViolation

log = structlog.get_logger()
GENESIS = bytes(32)
"""What a chain's first hash is made over."""
_EVERY = timedelta(seconds=60)
_PAGE = 1000
_SPAN = 10_000
"""Positions that one anchor covers at most, so that its row stays small."""
_NEW_HEADS = """
    SELECT e.log_id, e.seq, e.hash FROM events e
    WHERE e.position > $1 AND e.position <= $2 AND NOT EXISTS (
        SELECT 1 FROM events l WHERE l.log_id = e.log_id AND l.seq > e.seq AND l.position <= $2)
    ORDER BY e.log_id"""
_EVENTS = """
    SELECT log_id, seq, kind, data, at, hash, position FROM events
    WHERE (log_id, seq) > ($1, $2) ORDER BY log_id, seq LIMIT $3"""
_ANCHORS = "SELECT id, at, heads, previous, hash, position FROM anchors"


def link(previous: bytes, kind: str, data: str, at: int) -> bytes:
    """The hash of an event: SHA-256 over the one before, the stored event and its time.

    *at*: microseconds since the epoch. Each part's length is part of the text, so no two events
    read the same."""
    return _chained(previous, kind, data, str(at))


def _chained(previous: bytes, *parts: str) -> bytes:
    raw = [part.encode(errors="surrogatepass") for part in parts]
    return sha256(previous + b"".join(len(each).to_bytes(8) + each for each in raw)).digest()


# --- anchors ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Anchor:
    id: int
    at: int
    heads: str
    """JSON: [[log, seq, hash in hex], …] of the logs that changed since the last anchor."""
    previous: bytes
    hash: bytes
    position: int
    """The last position it covers."""

    @property
    def expected(self) -> bytes:
        return _chained(self.previous, str(self.id), str(self.at), self.heads, str(self.position))


_ROOT = _Anchor(0, 0, "[]", GENESIS, GENESIS, 0)


def periodic(store: Store) -> Periodic:
    return Periodic("audit anchor", _EVERY, partial(write_anchor, store))


async def write_anchor(store: Store) -> None:
    """Anchor the logs that changed since the last anchor; nothing when none did."""
    rows = await store.read(f"{_ANCHORS} ORDER BY id DESC LIMIT 1")
    last = _Anchor(*rows[0]) if rows else _ROOT
    [(end,)] = await store.read("SELECT COALESCE(MAX(position), 0) FROM events")
    while last.position < end:
        upto = min(end, last.position + _SPAN)
        heads = await store.read(_NEW_HEADS, last.position, upto)
        listed = json.dumps([[log_id, seq, bytes(head).hex()] for log_id, seq, head in heads])
        new = _Anchor(last.id + 1, time_ns() // 1000, listed, last.hash, GENESIS, upto)
        try:
            await store.write(
                "INSERT INTO anchors (id, at, heads, previous, hash, position)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                *(new.id, new.at, new.heads, new.previous, new.expected, new.position),
            )
        except UniqueViolation:
            return  # another replica wrote it
        log.info("anchor", id=new.id, hash=new.expected.hex(), logs=len(heads), position=upto)
        last = _Anchor(new.id, new.at, new.heads, new.previous, new.expected, upto)


# --- verifying --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    events: int
    logs: int
    anchors: int
    problems: tuple[str, ...]
    """One line for each broken log or anchor; empty when all is as it was written."""


@dataclass(slots=True)
class _Walk:
    """One log, event by event, up to the first that is wrong."""

    log: str
    seq: int = 0
    hash: bytes = GENESIS
    position: int = -1
    problem: str = ""

    def step(self, row: Row) -> None:
        if not self.problem:
            self.problem = self._wrong(row)
        _, seq, _, _, _, stored, position = row
        self.seq, self.hash, self.position = seq + 1, stored, position

    def _wrong(self, row: Row) -> str:
        log_id, seq, kind, data, at, stored, position = row
        if seq != self.seq:
            return f"log {log_id}: event {self.seq} is missing"
        if stored != link(self.hash, kind, data, at):
            return f"log {log_id}: event {seq} ({kind}) is not what was written"
        if position <= self.position:
            return f"log {log_id}: event {seq} ({kind}) was moved before an earlier one"
        return ""


async def verify(store: Store) -> Report:
    """Recompute every chain and anchor, in bounded memory."""
    events, logs, problems = 0, 0, list[str]()
    walk: _Walk | None = None
    async for row in _events(store):
        if walk is None or row[0] != walk.log:
            logs += 1
            walk = _Walk(row[0])
        sound = not walk.problem
        walk.step(row)
        if sound and walk.problem:
            problems.append(walk.problem)
        events += 1
    anchors = 0
    previous = _ROOT
    async for anchor in _anchors(store):
        anchors += 1
        problems += await _wrong_anchor(store, previous, anchor)
        previous = anchor
    return Report(events, logs, anchors, tuple(problems))


async def _wrong_anchor(store: Store, previous: _Anchor, anchor: _Anchor) -> Sequence[str]:
    name = f"anchor {anchor.id}"
    if anchor.id != previous.id + 1:
        return [f"anchor {previous.id + 1} is missing"]
    if anchor.previous != previous.hash or anchor.hash != anchor.expected:
        return [f"{name} is not what was written"]
    problems: list[str] = []
    for log_id, seq, head in json.loads(anchor.heads):
        rows = await store.read(
            "SELECT hash, position FROM events WHERE log_id = $1 AND seq = $2", log_id, seq
        )
        if not rows:
            problems.append(f"log {log_id}: event {seq} is missing, which {name} knew")
        elif bytes(rows[0][0]).hex() != head or rows[0][1] > anchor.position:
            problems.append(f"log {log_id}: event {seq} is not the one that {name} knew")
    return problems


async def _events(store: Store, log_id: str = "") -> AsyncIterator[Row]:
    """All events, or those of one log, in pages."""
    place: Row = (log_id, -1)
    while rows := await store.read(_EVENTS, *place, _PAGE):
        for row in rows:
            if log_id and row[0] != log_id:
                return
            yield row
        place = rows[-1][:2]


async def _anchors(store: Store) -> AsyncIterator[_Anchor]:
    last = -1
    while rows := await store.read(f"{_ANCHORS} WHERE id > $1 ORDER BY id LIMIT 10", last):
        for row in rows:
            yield _Anchor(*row)
        last = rows[-1][0]


# --- the command line -------------------------------------------------------------------------


async def export(
    store: Store, redact: Callable[[JsonValue], JsonValue], log_id: str = ""
) -> AsyncIterator[str]:
    """All events, or one log's, as JSON lines without their secrets: log, seq, position, at
    (microseconds), kind, hash, data."""
    async for log_of, seq, kind, data, at, stored, position in _events(store, log_id):
        place = {"log": log_of, "seq": seq, "position": position, "at": at, "kind": kind}
        event = {**place, "hash": bytes(stored).hex(), "data": redact(json.loads(data))}
        yield json.dumps(event, ensure_ascii=False)


def cli(
    store: Store, redact: Callable[[JsonValue], JsonValue]
) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """``audit verify`` (status 1 when something is wrong) and ``audit export [--log ID]``."""

    async def audit(words: Sequence[str]) -> int:
        match list(words):
            case ["verify"]:
                return _print_report(await verify(store))
            case ["export"] | ["export", "--log", _]:
                async for line in export(store, redact, *words[2:]):
                    sys.stdout.write(f"{line}\n")
                return 0
            case _:
                sys.stderr.write("usage: audit verify | audit export [--log ID]\n")
                return 2

    return {"audit": audit}


def _print_report(report: Report) -> int:
    for problem in report.problems:
        sys.stdout.write(f"{problem}\n")
    state = f"{len(report.problems)} problems" if report.problems else "all as it was written"
    counted = f"{report.events} events in {report.logs} logs, {report.anchors} anchors"
    sys.stdout.write(f"{counted}: {state}\n")
    return 1 if report.problems else 0
