"""What people type about memory, in chat and on the command line."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat import ThreadRef, User
from bot.command import Caller
from bot.ports import Forbidden, NotFound, Refused
from bot.verdict import Trust
from tests.bot_process import bot_says
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import ANN, BOB, THREAD, VIC, Bench, process
from tests.memory_kit import Mind, embedding, mind


@asynccontextmanager
async def talking(directory: Path, *replies: str) -> AsyncGenerator[tuple[Bench, Mind]]:
    """A kernel with the commands of a memory, and a model that says *replies*."""
    model = ScriptedModel(*map(says, replies))
    async with (
        embedding() as ollama,
        mind(directory, ollama.url, learning="off") as one,
        process(directory, model, memory=one.memories) as bench,
    ):
        bench.kernel.add(one.part)
        yield bench, one


async def order(bench: Bench, line: str, by: User = ANN, thread: ThreadRef = THREAD) -> str:
    name, _, rest = line.partition(" ")
    return await bench.kernel.bot.command(name, rest, Caller(by, thread))


async def test_remember_list_search(tmp_path: Path) -> None:
    """A typed fact is a memory of the person, or of whom it names; lists and searches show number
    and source; without the index it says that it looked for words."""
    async with talking(tmp_path) as (bench, _):
        told = await order(bench, "remember srv-db-03 is the primary of orders")
        again = await order(bench, "remember the primary of orders is srv-db-03")
        await order(bench, "remember global: deploys are on Tuesdays")
        mine, bobs = await order(bench, "memory"), await order(bench, "memory list", BOB)
        found = await order(bench, "memory search srv-db-03")
        nothing = await order(bench, "memory search zebra")

    assert told.startswith("remembered: #1 (fact, web:ann, ")
    assert again.startswith("known already: #1")
    assert ["#2", "#1"] == [line.split()[0] for line in mine.splitlines()]
    assert ["#2"] == [line.split()[0] for line in bobs.splitlines()]
    assert "srv-db-03 is the primary" in found
    assert "(by words only: the index of meanings is being opened)" in found
    assert nothing.startswith("nothing like it is remembered here")


async def test_forgetting_shows_and_asks(tmp_path: Path) -> None:
    """By subject or by number it is shown what would go and how to say yes; only then it goes. What
    somebody else told takes an approver."""
    async with talking(tmp_path) as (bench, one):
        await order(bench, "remember the old wiki is at wiki-01")
        about, number = await order(bench, "forget wiki"), await order(bench, "forget 1")
        assert 1 == len(await order_list(one))
        gone = await order(bench, "forget 1 yes")
        assert [] == await order_list(one)

        await order(bench, "remember global: deploys are on Tuesdays")
        with pytest.raises(Forbidden, match="Forgetting what others told"):
            await order(bench, "forget 2 yes", BOB)
        with pytest.raises(NotFound, match="#9"):
            await order(bench, "forget 2 9 yes")
        assert "nothing like it" in await order(bench, "forget zebra")

    assert about == number
    assert "the old wiki is at wiki-01\nTo forget this for good: forget 1 yes" in about
    assert "forgotten: #1" == gone


async def test_who_may(tmp_path: Path) -> None:
    """Viewers look; operators remember and review; only approvers remember for everybody."""
    async with talking(tmp_path) as (bench, one):
        await order(bench, "memory", VIC)
        with pytest.raises(Forbidden):
            await order(bench, "remember I am the boss", VIC)
        with pytest.raises(Forbidden, match="Remembering for global"):
            await order(bench, "remember global: I am the boss", BOB)
        with pytest.raises(Forbidden, match="Reviewing"):
            await order(bench, "memory accept 1", VIC)

        assert [] == await one.store.read("SELECT 1 FROM memories")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("memory burn", "verb"),
        ("memory search", "what to look for"),
        ("memory show all", "by their numbers"),
        ("memory show 9", "#9"),
        ("memory accept 9", "waits for a review"),
        ("remember", "Usage: remember text"),
        (f"remember {'x' * 5_000}", "5000 characters"),
        ("feedback great", "verdict"),
        ("feedback good", "nothing was answered"),
        ("feedback good nosuchrun", "no run"),
        (f"forget {' '.join(map(str, range(1, 60)))}", "at most 50"),
    ],
)
async def test_said_wrongly(tmp_path: Path, line: str, why: str) -> None:
    """One line that says what to write instead."""
    async with talking(tmp_path) as (bench, _):
        with pytest.raises(Refused, match=why):
            await order(bench, line)


async def test_feedback_moves_what_was_used(tmp_path: Path) -> None:
    """A good or bad answer raises or lowers the memories that it was told of; a person's last word
    counts once. Who was not there says nothing."""
    async with talking(tmp_path, "It is srv-db-03.") as (bench, one):
        await order(bench, "remember srv-db-03 is the primary of orders")
        await order(bench, "remember the canteen opens at noon")
        receipt = await bench.say("which is the primary of orders?", ANN)
        await bench.until("run_finished")
        said = [await order(bench, f"feedback {word}") for word in ("good", "good", "bad")]
        score = await one.store.read("SELECT score FROM memories ORDER BY id")
        with pytest.raises(NotFound):
            await order(bench, f"feedback bad {receipt.run}", BOB)
        details = await order(bench, "memory show 1")

    assert ["noted: good; one memory was used in it"] * 2 == said[:2]
    assert [(-1,), (0,)] == score
    assert "used 1 times, score -1" in details


async def order_list(one: Mind) -> list[object]:
    return [*await one.store.read("SELECT id FROM memories WHERE status = 'active'")]


async def typed(one: Mind, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """``memory WORDS`` on the command line: its status and what it says."""
    status = await one.part.cli["memory"](list(map(str, words)))
    out, err = capsys.readouterr()
    return status, out + err


async def test_out_and_in_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export of one bot read in by another one, twice: text, kind, scope, trust, history and
    scores are the same, and nothing is there twice."""
    file = tmp_path / "out.jsonl"
    there = tmp_path / "there"
    there.mkdir()
    async with embedding() as ollama:
        async with mind(tmp_path, ollama.url) as one:
            await one.tell("srv-db-03 is the primary")
            await one.tell("srv-db-07 is the primary", replaces=1)
            await one.tell("logs say é", trust=Trust.EXTERNAL)
            exported = await typed(one, capsys, "export", file)
        async with mind(there, ollama.url) as one:
            first = await typed(one, capsys, "import", file)
            second = await typed(one, capsys, "import", file)
            _, again = await typed(one, capsys, "export")
            _, stats = await typed(one, capsys, "stats")
            await one.caught_up()
            assert ["srv-db-07 is the primary"] == await one.texts("primary")

    assert (0, f"3 memories written to {file}\n") == exported
    assert file.read_text() == again
    assert (0, "3 of 3 memories read in; the others were there already\n") == first
    assert (0, "0 of 3 memories read in; the others were there already\n") == second
    assert "active fact: 2\nsuperseded fact: 1\nindex none: 2\n" == stats


async def test_a_file_that_is_no_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says which line is wrong, and reads nothing in; nor from a file that is not there, or is
    no text, or holds a secret."""
    good = {"id": 1, "text": "x", "kind": "fact", "scope": "global", "trust": "operator",
            "status": "active", "thread": "", "run": "", "person": "web:ann", "created": 1.0,
            "expires": None, "used": 0, "score": 0, "replaces": 0}  # fmt: skip
    (tmp_path / "in").write_text(f"{json.dumps(good)}\n{json.dumps({**good, 'kind': 'gossip'})}\n")
    secret = f"the token is ghp_{'a1B2' * 9}"
    (tmp_path / "secret").write_text(json.dumps({**good, "text": secret}))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    async with embedding() as ollama, mind(tmp_path, ollama.url) as one:
        told = [
            await typed(one, capsys, "import", tmp_path / name)
            for name in ("in", "nowhere", "binary", "secret")
        ]
        _, stats = await typed(one, capsys, "stats")

    assert [2, 2, 2, 2] == [status for status, _ in told]
    assert "in:2: kind: " in told[0][1]
    assert "nowhere" in told[1][1]
    assert "is no text" in told[2][1]
    assert "secret:1: it holds a secret" in told[3][1]
    assert "nothing is remembered yet\n" == stats


async def test_its_verb(tmp_path: Path) -> None:
    """``python -m bot memory`` is there, says what it takes, and loads nothing that takes long."""
    status, said = await bot_says(tmp_path, "memory")

    assert (2, "usage: memory export [FILE] | memory import FILE | memory stats\n") == (
        status,
        said,
    )
