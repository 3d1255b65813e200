"""The audit trail: whatever is changed, moved or taken away afterwards is found and named."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import audit
from bot.audit import GENESIS, link, verify, write_anchor
from bot.redact import Redactor
from bot.store.sqlite import SqliteStore

INSERT = "INSERT INTO events (log_id, seq, kind, data, at, hash) VALUES ($1, $2, $3, $4, $5, $6)"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[SqliteStore]:
    async with SqliteStore.open(tmp_path / "audit.db") as store:
        yield store


async def write(store: SqliteStore, log: str, start: int, count: int) -> None:
    rows = await store.read("SELECT hash FROM events WHERE log_id=$1 AND seq=$2", log, start - 1)
    previous = rows[0][0] if rows else GENESIS
    for seq in range(start, start + count):
        data = json.dumps({"text": f"{log} says hunter22 for the {seq}th time"})
        previous = link(previous, "noted", data, 1_000_000 + seq)
        await store.write(INSERT, log, seq, "noted", data, 1_000_000 + seq, previous)


async def three_logs(store: SqliteStore) -> None:
    for log in ("one", "two", "ümlaut"):
        await write(store, log, 0, 6)


async def test_sound_logs(store: SqliteStore) -> None:
    """What nobody touched verifies, also across pages."""
    await three_logs(store)
    await write(store, "long", 0, audit._PAGE + 7)
    await write_anchor(store)

    report = await verify(store)

    assert (18 + audit._PAGE + 7, 4, 1, ()) == (
        report.events,
        report.logs,
        report.anchors,
        report.problems,
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("data='{}' WHERE log_id='two' AND seq=3", "log two: event 3 (noted) is not what was"),
        ("kind='run_started' WHERE log_id='two' AND seq=0", "log two: event 0 (run_started) is no"),
        ("at=at+1 WHERE log_id='two' AND seq=5", "log two: event 5 (noted) is not what was"),
        ("hash=zeroblob(32) WHERE log_id='two' AND seq=2", "log two: event 2 (noted) is not what"),
        ("log_id='three' WHERE log_id='two' AND seq=4", "log two: event 4 is missing"),
        ("seq=77 WHERE log_id='two' AND seq=5", "log two: event 5 is missing"),
        ("position=999 WHERE log_id='two' AND seq=3", "log two: event 4 (noted) was moved before"),
        ("position=999 WHERE log_id='two' AND seq=5", "event 5 is not the one that anchor 1 knew"),
    ],
)
async def test_a_changed_column(store: SqliteStore, change: str, problem: str) -> None:
    """A change in any column is found, and the log and its first wrong event are named."""
    await three_logs(store)
    await write_anchor(store)
    await store.write(f"UPDATE events SET {change}")

    report = await verify(store)

    assert any(problem in line for line in report.problems)
    assert not [line for line in report.problems if "log one" in line or "ümlaut" in line]


async def test_a_missing_event(store: SqliteStore) -> None:
    """A hole in a log is named once, by its first missing event."""
    await three_logs(store)
    await store.write("DELETE FROM events WHERE log_id='one' AND seq IN (2, 3)")

    assert ("log one: event 2 is missing",) == (await verify(store)).problems


async def test_swapped_events(store: SqliteStore) -> None:
    """Two events that changed places are found at the first of them."""
    await three_logs(store)
    for change in ("seq=99 WHERE seq=1", "seq=1 WHERE seq=2", "seq=2 WHERE seq=99"):
        await store.write(f"UPDATE events SET {change} AND log_id='one'")

    assert ("log one: event 1 (noted) is not what was written",) == (await verify(store)).problems


@pytest.mark.parametrize("kept", [0, 3])
async def test_a_missing_end(store: SqliteStore, kept: int) -> None:
    """A log that was cut short, or is gone, still looks sound: the anchor knows better."""
    await three_logs(store)
    await write_anchor(store)
    await store.write("DELETE FROM events WHERE log_id='one' AND seq >= $1", kept)

    assert ("log one: event 5 is missing, which anchor 1 knew",) == (await verify(store)).problems


async def test_anchors_cover_what_changed(
    store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """An anchor names the logs that changed since the last one, and is printed."""
    await three_logs(store)
    await write_anchor(store)
    await write(store, "two", 6, 2)
    await write_anchor(store)
    await write_anchor(store)

    anchors = await store.read("SELECT heads, hash FROM anchors ORDER BY id")

    assert [{"one": 5, "two": 5, "ümlaut": 5}, {"two": 7}] == [
        {log: seq for log, seq, _ in json.loads(heads)} for heads, _ in anchors
    ]
    printed = capsys.readouterr().out
    assert all(digest.hex() in printed for _, digest in anchors)
    assert () == (await verify(store)).problems


async def test_many_changes_take_several_anchors(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anchor covers a bounded stretch; together they cover everything."""
    monkeypatch.setattr(audit, "_SPAN", 4)
    await three_logs(store)
    await write_anchor(store)

    report = await verify(store)
    [(last,)] = await store.read("SELECT MAX(position) FROM anchors")

    assert (5, ()) == (report.anchors, report.problems)
    assert 18 == last


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE anchors SET heads='[]' WHERE id=2",
        "UPDATE anchors SET at=0 WHERE id=2",
        "UPDATE anchors SET position=3 WHERE id=2",
        "UPDATE anchors SET previous=zeroblob(32) WHERE id=2",
        "UPDATE anchors SET hash=zeroblob(32) WHERE id=2",
        "DELETE FROM anchors WHERE id=2",
    ],
)
async def test_a_changed_anchor(store: SqliteStore, change: str) -> None:
    """Anchors are a chain themselves."""
    for start in (0, 2, 4):
        await write(store, "one", start, 2)
        await write_anchor(store)
    await store.write(change)

    report = await verify(store)

    assert "anchor 2 is" in report.problems[0]


@given(st.tuples(st.text(), st.text(), st.integers(0)), st.tuples(st.text(), st.text(), st.just(1)))
def test_links_are_unambiguous(one: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    """Different events never read the same, wherever their texts are cut."""
    assert (one == other) == (link(GENESIS, *one) == link(GENESIS, *other))
    kind, data, at = one
    assert link(GENESIS, kind + "x", data, at) != link(GENESIS, kind, "x" + data, at)
    assert link(GENESIS, kind, data + "1", 1) != link(GENESIS, kind, data, 11)


async def test_the_command_line(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    """``verify`` says what is wrong by its status too; ``export`` leaves out secrets."""
    await three_logs(store)
    run = audit.cli(store, Redactor({"word": "hunter22"}).redact_json)["audit"]

    assert 0 == await run(["verify"])
    assert "18 events in 3 logs, 0 anchors: all as it was written\n" == capsys.readouterr().out
    assert 0 == await run(["export", "--log", "two"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("two", seq) for seq in range(6)] == [(line["log"], line["seq"]) for line in lines]
    assert {"text": "two says ‹secret: word› for the 0th time"} == lines[0]["data"]
    assert 0 == await run(["export"])
    assert 18 == capsys.readouterr().out.count("\n")
    await store.write("DELETE FROM events WHERE log_id='one' AND seq=0")
    assert 1 == await run(["verify"])
    assert "log one: event 0 is missing\n" in capsys.readouterr().out
    assert 2 == await run(["prune"])
