"""Work that meets: one commit, and so one fsync, for all of it."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from bot.ports import Row, Statement

Work = Callable[[sqlite3.Connection], Any]
"""Part of a transaction. Raises when nothing of it may stay."""


def group(works: Sequence[Work], db: sqlite3.Connection) -> list[Future[Any]]:
    """What each came to, all in one transaction. One that fails undoes itself only, unless it took
    the transaction with it: then nothing was written and everybody in it must hear so."""
    try:
        db.execute("BEGIN IMMEDIATE")
        results = [_part(work, db) for work in works]
        commit(db)
    except sqlite3.Error as error:
        rollback(db)
        return [_failed(error)] * len(works)
    return results


def _part(work: Work, db: sqlite3.Connection) -> Future[Any]:
    """Raises sqlite3.Error when the transaction is gone: a full disk takes all of it."""
    outcome: Future[Any] = Future()
    db.execute("SAVEPOINT part")
    try:
        outcome.set_result(work(db))
    except sqlite3.Error as error:
        if not db.in_transaction:
            raise
        outcome.set_exception(error)
    except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it
        outcome.set_exception(error)
    if not db.in_transaction:
        raise sqlite3.OperationalError("the transaction was rolled back")
    if outcome.exception():
        db.execute("ROLLBACK TO part")
    db.execute("RELEASE part")
    return outcome


def _failed(error: sqlite3.Error) -> Future[Any]:
    outcome: Future[Any] = Future()
    outcome.set_exception(error)
    return outcome


def if_any(statements: Sequence[Statement], db: sqlite3.Connection) -> list[Row]:
    """The first one's rows; the others follow if there are any."""
    first, *others = statements
    rows = rows_of(first, db)
    for statement in others if rows else ():
        rows_of(statement, db)
    return rows


def rows_of(statement: Statement, db: sqlite3.Connection) -> list[Row]:
    try:
        return db.execute(*statement).fetchall()
    except (OverflowError, UnicodeError) as error:
        raise sqlite3.DataError(str(error)) from error  # a value SQLite has no room for


def commit(db: sqlite3.Connection) -> None:
    try:
        db.execute("COMMIT")  # fails when the transaction is gone already
    except sqlite3.Error:
        rollback(db)
        raise


def rollback(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")
