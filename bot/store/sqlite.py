"""The default store: one SQLite file, one writer with group commit, one reader."""

import asyncio
import os
import sqlite3
from asyncio import Future
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Self, TypeVar

import aiosqlite

from bot.ports import Query, Row, Statement, StoreError, UniqueViolation
from bot.store import fulltext, migrations
from bot.store.dialect import translate
from bot.store.groups import Work, commit, group, if_any, rollback, rows_of

T = TypeVar("T")
_VERSIONS = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose a committed ToolStarted with the power
    "busy_timeout=5000",
    "journal_size_limit=67108864",
)
_BATCH = 256
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


class Corrupt(StoreError):
    """The file is not a sound database. It has not been touched."""


class SqliteStore:
    def __init__(self, writer: "_Connection", reader: "_Connection") -> None:
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()
        self._queue: list[tuple[Work, Future[Any]]] = []
        self._due = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path | str, *, check_seconds: float = 1.0) -> AsyncGenerator[Self]:
        """Open or create the file and bring its schema up to date. Raises Corrupt, StoreError."""
        await _check(Path(path), check_seconds)
        _make_private(path)
        async with _connect(path) as writer, _connect(path) as reader:
            await _prepare(writer)
            await _prepare(reader)
            await _migrate(writer)
            store = cls(writer, reader)
            async with asyncio.TaskGroup() as tasks:
                committing = tasks.create_task(store._commit_groups())
                try:
                    yield store
                finally:
                    committing.cancel()

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        return await self._reader.hop(partial(_rows, translate(sql), args))

    async def search(self, text: str, scopes: Sequence[str], limit: int) -> Sequence[int]:
        return await self._reader.hop(partial(fulltext.search, text, scopes, limit))

    async def write(self, sql: str, *args: Any, then: Sequence[Statement] = ()) -> Sequence[Row]:
        statements = [(translate(text), given) for text, given in ((sql, args), *then)]
        return await self._in_group(partial(if_any, statements))

    async def atomically(self, work: Callable[[Query], Coroutine[Any, Any, T]]) -> T:
        return await self._in_group(partial(_carried_out, work))

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Query]:
        async with self._lock:
            query = _Transaction(self._writer)
            try:
                yield query
                await query.commit()
            except BaseException:
                await self._writer.hop(rollback)
                raise

    async def _in_group(self, work: Work) -> Any:
        future: Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((work, future))
        self._due.set()
        return await future

    async def _commit_groups(self) -> None:
        """One commit, and so one fsync, for all that queued up during the last one."""
        while True:
            await self._due.wait()
            async with self._lock:
                batch, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]
                if not self._queue:
                    self._due.clear()
                works = [work for work, _ in batch]
                outcomes = await self._writer.hop(partial(group, works))
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():
                    continue  # its writer was cancelled meanwhile
                if error := outcome.exception():
                    future.set_exception(_told(error))
                else:
                    future.set_result(outcome.result())


class _Transaction:
    """Statements whose rows nobody waits for travel with the next one, or with the commit."""

    def __init__(self, writer: "_Connection") -> None:
        self._writer = writer
        self._waiting: list[Statement] = []
        self._begun = False

    async def __call__(self, sql: str, *args: Any) -> Sequence[Row]:
        self.later(sql, *args)
        return await self._send(_inside)

    def later(self, sql: str, *args: Any) -> None:
        self._waiting.append((translate(sql), args))

    async def commit(self) -> None:
        if self._begun or self._waiting:
            await self._send(_ending)

    async def _send(self, work: Callable[[Sequence[Statement], bool, sqlite3.Connection], T]) -> T:
        statements, self._waiting = self._waiting, []
        first, self._begun = not self._begun, True
        return await self._writer.hop(partial(work, statements, first))


class _Inside:
    """A query for what runs in the database's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    async def __call__(self, sql: str, *args: Any) -> Sequence[Row]:
        return self._run(sql, args)

    def later(self, sql: str, *args: Any) -> None:
        self._run(sql, args)

    def _run(self, sql: str, args: Row) -> Sequence[Row]:
        try:
            return rows_of((translate(sql), args), self._db)
        except sqlite3.Error as error:
            raise _store_error(error) from error


def _carried_out(work: Callable[[Query], Coroutine[Any, Any, T]], db: sqlite3.Connection) -> T:
    """Its query never waits, so *work* comes to its end at once."""
    steps = work(_Inside(db))
    try:
        steps.send(None)
    except StopIteration as end:
        return end.value
    steps.close()
    raise RuntimeError("inside a transaction nothing but its query may be awaited")


class _Connection(aiosqlite.Connection):
    async def hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do *work* in the connection's thread: one hop for what the public calls do in several.

        A group commit must also see the connection between its statements, from inside."""
        try:
            return await self._execute(work, self._conn)
        except sqlite3.Error as error:
            raise _store_error(error) from error

    def join(self) -> None:
        """Wait for the thread of a connection that failed: it may not outlive the event loop."""
        self._thread.join()


@asynccontextmanager
async def _connect(path: Path | str) -> AsyncGenerator[_Connection]:
    connection = _Connection(lambda: sqlite3.connect(path, isolation_level=None, uri=True), 64)
    try:
        async with connection:
            yield connection
    except sqlite3.Error as error:
        connection.join()
        raise _store_error(error) from error


def _rows(sql: str, args: Sequence[Any], db: sqlite3.Connection) -> list[Row]:
    return db.execute(sql, args).fetchall()


def _inside(
    statements: Sequence[Statement],
    first: bool,  # noqa: FBT001 - partial() passes it by place
    db: sqlite3.Connection,
) -> list[Row]:
    """The rows of the last statement."""
    if first:
        db.execute("BEGIN IMMEDIATE")
    rows: list[Row] = []
    for statement in statements:
        if not db.in_transaction:
            # A full disk rolls the whole transaction back: going on would write the rest alone.
            raise sqlite3.OperationalError("the transaction was rolled back")
        rows = db.execute(*statement).fetchall()
    return rows


def _ending(
    statements: Sequence[Statement],
    first: bool,  # noqa: FBT001 - as above
    db: sqlite3.Connection,
) -> None:
    _inside(statements, first, db)
    commit(db)


def _told(error: BaseException) -> BaseException:
    return _store_error(error) if isinstance(error, sqlite3.Error) else error


def _store_error(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0)
    kind = UniqueViolation if code in _UNIQUE else StoreError
    return (Corrupt if code & 0xFF in _CORRUPT else kind)(str(error))


def _make_private(path: Path | str) -> None:
    """Make a missing file readable for this account only; SQLite's files beside it follow suit."""
    with suppress(OSError):  # SQLite is about to meet the same problem, and says it better
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


async def _prepare(db: _Connection) -> None:
    for pragma in _PRAGMAS:
        await db.hop(partial(_rows, f"PRAGMA {pragma}", ()))


async def _check(path: Path, seconds: float) -> None:
    """Look for damage, for at most *seconds*: a large file is checked as far as that goes.

    Read-only, so that a damaged file and its log stay as they are."""
    if (address := _read_only(path)) is None:
        return
    until = monotonic() + seconds
    async with _connect(address) as db:
        await db.set_progress_handler(lambda: int(monotonic() > until), 100_000)
        try:
            [(found, *_), *_] = await db.hop(partial(_rows, "PRAGMA quick_check(1)", ()))
        except Corrupt:
            raise
        except StoreError:
            return  # interrupted: the time was up
    if found != "ok":
        raise Corrupt(str(found))


def _read_only(path: Path) -> str | None:
    return f"{path.absolute().as_uri()}?mode=ro" if path.exists() else None


async def _migrate(db: _Connection) -> None:
    await db.hop(partial(_rows, _VERSIONS, ()))
    applied = await db.hop(partial(_rows, "SELECT number FROM migrations", ()))
    for number, name, script in migrations.pending([row[0] for row in applied]):
        await db.hop(partial(_apply, translate(script), (number, name)))


def _apply(script: str, version: Row, db: sqlite3.Connection) -> None:
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script}")
        db.execute("INSERT INTO migrations VALUES (?, ?)", version)
        db.execute("COMMIT")
    except sqlite3.Error:
        rollback(db)
        raise
