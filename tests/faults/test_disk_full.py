"""A full disk: what was reported written is there, and nothing else."""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from bot.ports import StoreError
from bot.store.sqlite import SqliteStore

INSERT = "INSERT INTO grants VALUES ($1, $2, 'ann', 0)"


@pytest.mark.parametrize("seed", range(20))
async def test_a_full_disk_reports_the_truth(tmp_path: Path, seed: int) -> None:
    """Single statements and transactions race until the file may not grow; then the file is
    compared with what each writer was told. Room made afterwards is used."""
    file = tmp_path / "x.db"
    chance = random.Random(seed)
    async with SqliteStore.open(file) as store:
        [(pages,)] = await store.write("PRAGMA page_count")
        await store.write(f"PRAGMA max_page_count = {pages + chance.randrange(3, 40)}")
        sizes = [chance.randrange(10, 5000) for _ in range(120)]
        async with asyncio.TaskGroup() as tasks:
            writers = [
                tasks.create_task(
                    _both(store, number, size) if number % 7 == 0 else _one(store, number, size)
                )
                for number, size in enumerate(sizes)
            ]
        told = {name for writer in writers for name in writer.result()}
        await store.write("PRAGMA max_page_count = 100000")
        told |= await _one(store, 1000, 5000)

    with sqlite3.connect(file) as database:
        found = {name for (name,) in database.execute("SELECT thread FROM grants")}
    database.close()
    assert told == found
    assert 0 < len(told) < 140


async def _one(store: SqliteStore, number: int, size: int) -> set[str]:
    try:
        await store.write(INSERT, f"one {number}", "x" * size)
    except StoreError:
        return set()
    return {f"one {number}"}


async def _both(store: SqliteStore, number: int, size: int) -> set[str]:
    try:
        async with store.transaction() as query:
            await query(INSERT, f"a {number}", "x" * size)
            await query(INSERT, f"b {number}", "x" * size)
    except StoreError:
        return set()
    return {f"a {number}", f"b {number}"}
