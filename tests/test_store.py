"""One SQL text, group commit, transactions, migrations, damage."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from bot.ports import Query, Refused, StoreError, UniqueViolation
from bot.store import migrations
from bot.store.dialect import translate
from bot.store.lock import Taken, exclusive
from bot.store.sqlite import Corrupt, SqliteStore

INSERT = "INSERT INTO grants VALUES ($1, $2, 'ann', {now}) RETURNING thread"


async def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A statement is durable when write returns, and returns its rows."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        assert [("t",)] == await store.write(INSERT, "t", "s")
        assert [("t", "s")] == await store.read("SELECT thread, shape FROM grants")


async def test_nobody_else_may_read_a_new_database(tmp_path: Path) -> None:
    """The file and what SQLite keeps beside it are made for this account only."""
    umask = os.umask(0o022)
    try:
        async with SqliteStore.open(tmp_path / "x.db") as store:
            await store.write(INSERT, "t", "s")
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(umask)

    assert {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600} == modes


async def test_a_failing_statement_fails_alone(tmp_path: Path) -> None:
    """Statements that share a commit do not share their failures."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        await store.write(INSERT, "taken", "s")
        async with asyncio.TaskGroup() as tasks:
            written = [
                tasks.create_task(_try(store, name)) for name in ("a", "taken", "b", "taken", "c")
            ]

        assert [True, False, True, False, True] == [task.result() for task in written]
        assert [("a",), ("b",), ("c",), ("taken",)] == await store.read(
            "SELECT thread FROM grants ORDER BY thread"
        )


async def _try(store: SqliteStore, name: str) -> bool:
    try:
        await store.write(INSERT, name, "s")
    except UniqueViolation:
        return False
    return True


async def test_a_value_there_is_no_room_for_fails_alone(tmp_path: Path) -> None:
    """A number beyond 64 bits or half a character is refused; the store goes on."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        for value in (1 << 70, "\ud800"):
            with pytest.raises(StoreError):
                await store.write(INSERT, value, "s")

        assert [("a",)] == await store.write(INSERT, "a", "s")


async def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """An exception inside takes everything back, and the store goes on."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        with pytest.raises(UniqueViolation):
            await _twice(store)
        async with store.transaction() as query:
            await query(INSERT, "b", "s")

        assert [("b",)] == await store.read("SELECT thread FROM grants")


async def test_statements_may_wait_for_the_commit(tmp_path: Path) -> None:
    """What runs *later* runs in order, before the next statement or with the commit, and fails
    the transaction as a whole."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        async with store.transaction() as query:
            query.later(INSERT, "a", "s")
            assert [("a",)] == await query("SELECT thread FROM grants")
            query.later(INSERT, "b", "s")
        with pytest.raises(UniqueViolation):
            await _twice_later(store)

        assert [("a",), ("b",)] == await store.read("SELECT thread FROM grants ORDER BY thread")


async def _twice_later(store: SqliteStore) -> None:
    async with store.transaction() as query:
        query.later(INSERT, "c", "s")
        query.later(INSERT, "c", "s")


async def _twice(store: SqliteStore) -> None:
    async with store.transaction() as query:
        await query(INSERT, "a", "s")
        await query(INSERT, "a", "s")


async def test_work_that_meets_shares_a_commit_and_no_failure(tmp_path: Path) -> None:
    """What raises in the middle takes back what it wrote, and only that; the others come to their
    results, and so does a plain statement among them."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        async with asyncio.TaskGroup() as tasks:
            came_to = [tasks.create_task(_pair(store, name)) for name in ("a", "refused", "b", "a")]
            alone = tasks.create_task(store.write(INSERT, "c", "s"))

        assert ["a2", "Refused", "b2", "UniqueViolation"] == [task.result() for task in came_to]
        assert [("c",)] == alone.result()
        assert [("a1",), ("a2",), ("b1",), ("b2",), ("c",)] == await store.read(
            "SELECT thread FROM grants ORDER BY thread"
        )


async def _pair(store: SqliteStore, name: str) -> str:
    """Two rows or none; the second one, or what was raised."""

    async def work(query: Query) -> str:
        query.later(INSERT, f"{name}1", "s")
        [(thread,)] = await query(INSERT, f"{name}2", "s")
        if name == "refused":
            raise Refused(name)
        return thread

    try:
        return await store.atomically(work)
    except (Refused, UniqueViolation) as error:
        return type(error).__name__


async def test_what_waits_for_something_else_is_no_transaction(tmp_path: Path) -> None:
    """Everybody's writes would wait with it: it is an error, and nothing of it stays."""

    async def work(query: Query) -> None:
        await query(INSERT, "a", "s")
        await asyncio.sleep(0)

    async with SqliteStore.open(tmp_path / "x.db") as store:
        with pytest.raises(RuntimeError, match="nothing but its query"):
            await store.atomically(work)

        assert [] == await store.read("SELECT thread FROM grants")


async def test_a_cancelled_writer_disturbs_nobody(tmp_path: Path) -> None:
    """Who stops waiting for a write does not fail the others of its commit."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        async with asyncio.TaskGroup() as tasks:
            doomed = tasks.create_task(store.write(INSERT, "a", "s"))
            kept = tasks.create_task(store.write(INSERT, "b", "s"))
            await asyncio.sleep(0)
            doomed.cancel()

        assert [("b",)] == kept.result()


async def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    """A second start finds nothing to do; the version table says what was done."""
    async with SqliteStore.open(tmp_path / "x.db"):
        pass
    async with SqliteStore.open(tmp_path / "x.db") as store:
        applied = await store.read("SELECT number FROM migrations ORDER BY number")

    numbers = [row[0] for row in applied]
    assert sorted(set(numbers)) == numbers
    assert [] == migrations.pending(numbers)


async def test_the_schema_is_durable(tmp_path: Path) -> None:
    """A committed write survives the power: write-ahead log, fsync at every commit."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        assert [("wal",)] == await store.read("PRAGMA journal_mode")
        assert [(2,)] == await store.read("PRAGMA synchronous")


@pytest.mark.parametrize("garbage", [b"this is no database at all, " * 100, None])
async def test_a_damaged_file_is_refused_untouched(tmp_path: Path, garbage: bytes | None) -> None:
    """Not a database, or a page overwritten: Corrupt, and not one byte is changed."""
    file = tmp_path / "x.db"
    file.write_bytes(garbage or await _damaged(file))
    before = file.read_bytes()

    with pytest.raises(Corrupt):
        async with SqliteStore.open(file):
            pass

    assert before == file.read_bytes()


async def _damaged(file: Path) -> bytes:
    async with SqliteStore.open(file) as store:
        for number in range(500):
            await store.write(INSERT, f"thread {number}", "x" * 100)
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    database.close()
    content = bytearray(file.read_bytes())
    content[-3 * 4096 : -4096] = b"\xff" * 8192
    return bytes(content)


def test_a_second_process_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    """The lock names its owner, and goes with it."""
    database = tmp_path / "x.db"
    with exclusive(database), pytest.raises(Taken) as refused, exclusive(database):
        pass
    with exclusive(database):
        pass

    assert refused.value.owner.isdigit()


def test_the_shared_text_becomes_sqlites_dialect() -> None:
    """Parameters and the few words that differ are translated."""
    assert "SELECT ?1, ?12 " == translate("SELECT $1, $12 {lock}")
