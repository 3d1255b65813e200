"""Writes that meet: one commit, and so one fsync, for all of them."""

import sqlite3
from collections.abc import Sequence

from bot.ports import Row, Statement

Result = list[Row] | sqlite3.Error


def group(writes: Sequence[Sequence[Statement]], db: sqlite3.Connection) -> list[Result]:
    """All in one transaction. A write that fails undoes itself only, unless it took the
    transaction with it: then nothing was written and everybody in it must hear so."""
    if len(writes) == 1:
        return [_alone(writes[0], db)]
    results: list[Result] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        for write in writes:
            result = _one(write[0], db) if len(write) == 1 else _inside(write, db)
            if isinstance(result, sqlite3.Error) and not db.in_transaction:
                return [result] * len(writes)
            results.append(result)
        commit(db)
    except sqlite3.Error as error:
        rollback(db)
        return [error] * len(writes)
    return results


def _alone(write: Sequence[Statement], db: sqlite3.Connection) -> Result:
    if len(write) == 1:
        return _one(write[0], db)
    try:
        db.execute("BEGIN IMMEDIATE")
        result = _all(write, db)
        if isinstance(result, sqlite3.Error):
            rollback(db)
        else:
            commit(db)
    except sqlite3.Error as error:
        return error
    return result


def _inside(write: Sequence[Statement], db: sqlite3.Connection) -> Result:
    db.execute("SAVEPOINT one_write")
    result = _all(write, db)
    if db.in_transaction:  # a full disk may have taken it
        if isinstance(result, sqlite3.Error):
            db.execute("ROLLBACK TO one_write")
        db.execute("RELEASE one_write")
    return result


def _all(write: Sequence[Statement], db: sqlite3.Connection) -> Result:
    """The first statement's rows; the others follow if there are any. Stops at an error."""
    first, *others = write
    result = _one(first, db)
    for statement in others if result and not isinstance(result, sqlite3.Error) else ():
        if isinstance(further := _one(statement, db), sqlite3.Error):
            return further
    return result


def _one(statement: Statement, db: sqlite3.Connection) -> Result:
    try:
        return db.execute(*statement).fetchall()
    except sqlite3.Error as error:
        return error
    except (OverflowError, UnicodeError) as error:
        return sqlite3.DataError(str(error))  # a value SQLite has no room for


def commit(db: sqlite3.Connection) -> None:
    try:
        db.execute("COMMIT")  # fails when the transaction is gone already
    except sqlite3.Error:
        rollback(db)
        raise


def rollback(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")
