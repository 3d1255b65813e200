"""What is remembered, what is refused, what replaces what, and what a crash leaves."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from agent.memory.sameness import same
from bot.command import Caller
from bot.memory import BadMemory, Standpoint
from bot.verdict import Trust
from tests.kernel_kit import ANN, THREAD
from tests.memory_kit import ANNS, BOBS, OPS, embedding, mind, remembering
from tests.memory_writer import spelled

ROOT = Path(__file__).parents[1]


async def test_it_has_a_source(tmp_path: Path) -> None:
    """Kind, scope, thread, run, person, time and use count are kept."""
    async with remembering(tmp_path) as (one, _):
        stored = await one.tell("srv-db-03 is the primary", kind="project")
        await one.recall("srv-db-03")
        [memory] = await one.memories.get([stored.memory.id], ANNS)

    assert ("project", "channel:slack:T1:ops", Trust.OPERATOR, "active") == (
        memory.kind, memory.scope, memory.trust, memory.status,
    )  # fmt: skip
    assert (str(OPS), ANN.key, 1) == (memory.thread, memory.person, memory.used)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n\0 ", "empty"),
        ("x" * 1_000_000, "1000000 characters"),
        ("the password of orders is hunter2-orders", "secret"),
        ("key: -----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "secret"),
        ("it says ‹secret: token›", "secret"),
    ],
)
async def test_refused(tmp_path: Path, text: str, why: str) -> None:
    """Nothing empty, endless or secret is remembered; the reason is one line."""
    async with (
        embedding() as ollama,
        mind(tmp_path, ollama.url, secrets={"orders": "hunter2-orders"}) as one,
    ):
        with pytest.raises(BadMemory, match=why):
            await one.tell(text)
        assert [] == await one.memories.list(ANNS)


async def test_text_that_is_no_unicode(tmp_path: Path) -> None:
    """Bytes that could not be decoded are written out, and can be looked for."""
    async with remembering(tmp_path) as (one, _):
        await one.tell(b"the share is called caf\xe9".decode("utf-8", "surrogateescape"))
        await one.caught_up()
        texts = await one.texts("share \udce9")

    assert ["the share is called caf\\xe9"] == texts


async def test_the_same_again(tmp_path: Path) -> None:
    """What says the same is not stored twice; what differs in a name or a *not* is. The same for
    others is theirs."""
    async with remembering(tmp_path) as (one, _):
        first = await one.tell("srv-db-03 is the primary of orders")
        again = await one.tell("The primary of orders is srv-db-03.")
        other = await one.tell("srv-db-04 is the primary of orders")
        denied = await one.tell("srv-db-03 is not the primary of orders")
        bobs = await one.tell("srv-db-03 is the primary of orders", BOBS)

    assert (first.memory.id, True) == (again.memory.id, again.known)
    assert [False] * 4 == [each.known for each in (first, other, denied, bobs)]


def test_sameness() -> None:
    """Order, case and filling words do not matter; everything else does."""
    assert same("The backup is on nas-02", "nas-02: backup")
    assert not same("the backup is on nas-02", "the backup is on nas-03")
    assert not same("never restart nginx", "restart nginx")


async def test_a_correction_keeps_the_history(tmp_path: Path) -> None:
    """The old memory is no longer recalled, in either half; the new one tells what it replaced."""
    async with remembering(tmp_path) as (one, _):
        old = await one.tell("the orders primary is srv-db-03")
        await one.caught_up()
        new = await one.tell("the orders primary is srv-db-07", replaces=old.memory.id)
        await one.caught_up()
        texts = await one.texts("orders primary")
        near = await one.index.nearest("orders primary", ANNS.keys, 9)
        memory = one.commands["memory"]
        told = await memory.fn(caller=_caller(ANNS), verb="show", what=f"#{new.memory.id}")

    assert ["the orders primary is srv-db-07"] == texts
    assert [new.memory.id] == near
    assert "replaced #1 (fact, web:ann" in told
    assert "srv-db-03" in told


async def test_outsiders_correct_nobody(tmp_path: Path) -> None:
    """A memory that an operator told cannot be replaced by a tainted one, nor by one of another
    scope, nor can one that is not there."""
    async with remembering(tmp_path) as (one, _):
        old = (await one.tell("deploys need a review")).memory.id
        with pytest.raises(BadMemory, match="outsiders"):
            await one.tell("deploys need no review", trust=Trust.EXTERNAL, replaces=old)
        with pytest.raises(BadMemory, match="no memory 1 in this scope"):
            await one.tell("deploys need no review", BOBS, replaces=old)
        with pytest.raises(BadMemory, match="no memory 99"):
            await one.tell("deploys need no review", replaces=99)

        assert ["deploys need a review"] == await one.texts("deploys review")


async def test_forgotten_for_good(tmp_path: Path) -> None:
    """Neither the row, nor the words, nor the vector stay; all of the named ones go or none."""
    async with remembering(tmp_path) as (one, _):
        ids = [(await one.tell(f"the lift code is {n}")).memory.id for n in (1, 2)]
        await one.caught_up()
        with pytest.raises(BadMemory, match="#77"):
            await one.memories.forget([ids[0], 77], ANNS)
        with pytest.raises(BadMemory):
            await one.memories.forget([ids[0]], BOBS)
        assert 2 == len(await one.texts("lift code"))

        await one.memories.forget([ids[0]], ANNS)
        assert ["the lift code is 2"] == await one.texts("lift code")
        await one.caught_up()
        assert [ids[1]] == await one.index.nearest("lift code", ANNS.keys, 9)
        assert [(ids[1],)] == await one.store.read("SELECT id FROM memories")


async def test_another_model_means_another_index(tmp_path: Path) -> None:
    """With another embedding model, or another dimension of the same one, everything is indexed
    anew, and the old index goes."""
    async with embedding() as ollama:
        async with mind(tmp_path, ollama.url) as one:
            await one.tell("Backups of the orders system run nightly")
            await one.caught_up()
            assert "nomic-embed-text/384" == one.index.name
            ollama.dimension = 768
            assert "768 numbers" in (await one.recall("purchase snapshot")).degraded
            await one.caught_up()
            assert "nomic-embed-text/768" == one.index.name
            assert 1 == len(await one.texts("purchase snapshot"))
        ollama.models["other:latest"] = ollama.models["nomic-embed-text:latest"]
        async with mind(tmp_path, ollama.url, embed_model="other") as one:
            await one.caught_up()
            assert 1 == len(await one.texts("purchase snapshot"))
            assert "other/768: 1" in await one.commands["memory"].fn(
                caller=_caller(ANNS), verb="stats", what=""
            )


async def test_an_index_that_was_lost_is_made_anew(tmp_path: Path) -> None:
    """Somebody deletes Chroma's directory, or its disk dies: the rows make it again."""
    async with embedding() as ollama:
        async with mind(tmp_path, ollama.url) as one:
            await one.tell("Backups of the orders system run nightly")
            await one.caught_up()
        (tmp_path / "memories").rename(tmp_path / "elsewhere")
        async with mind(tmp_path, ollama.url) as one:
            await one.caught_up()
            assert 1 == len(await one.texts("purchase snapshot"))


async def test_a_model_that_embeds_nothing(tmp_path: Path) -> None:
    """A chat model as AI_EMBED_MODEL is told as such, and words are found."""
    async with embedding() as ollama, mind(tmp_path, ollama.url, embed_model="qwen3") as one:
        await one.tell("srv-db-03 is the primary")
        await one.index.catch_up()

        assert "does not support embeddings" in one.index.trouble
        assert 1 == len(await one.texts("srv-db-03"))


async def test_a_chroma_server(tmp_path: Path) -> None:
    """With AI_CHROMA_URL the index is on a server. While that is away words are found and the
    reason is told; when it is back, what was stored meanwhile is indexed."""
    url = f"http://127.0.0.1:{free_port()}"
    async with embedding() as ollama, mind(tmp_path, ollama.url, chroma_url=url) as one:
        await one.tell("Backups of the orders system run nightly")
        await one.index.catch_up()
        away, words = one.index.trouble, await one.texts("orders backups")
        async with chroma(tmp_path, url):
            await one.caught_up()
            meaning = await one.recall("purchase snapshot")
        gone = await one.recall("orders backups")
        await one.tell("Alerts about invoices go to Mara")
        await one.index.catch_up()
        behind = one.index.trouble
        async with chroma(tmp_path, url):
            await one.caught_up()
            again = await one.texts("billing alarms")

    assert away.startswith("Chroma: ")
    assert ["Backups of the orders system run nightly"] == words
    assert ("", words) == (meaning.degraded, [memory.text for memory in meaning.memories])
    assert gone.degraded.startswith("Chroma: ")
    assert words == [memory.text for memory in gone.memories]
    assert behind.startswith("Chroma: ")
    assert "Alerts about invoices go to Mara" == again[0]
    assert not (tmp_path / "memories").exists()


@asynccontextmanager
async def chroma(directory: Path, url: str) -> AsyncGenerator[None]:
    """A Chroma server of the library's own."""
    server = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("chroma"), "run", "--path", str(directory / "server"),
        "--host", "127.0.0.1", "--port", url.rpartition(":")[2],
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            while not await _answers(http, url):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        yield
    finally:
        server.kill()
        await server.wait()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/api/v2/heartbeat") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


async def test_killed_while_it_writes(tmp_path: Path) -> None:
    """kill -9 in the middle of storing and indexing: every memory that was acknowledged is there
    afterwards, and the index holds them all."""
    async with embedding() as ollama:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.memory_writer", str(tmp_path), ollama.url,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout
        acknowledged: list[int] = []
        async with asyncio.timeout(30):
            while b"memories to index" not in (line := await child.stdout.readline()):
                acknowledged += numbers(line)
            # It has begun to index, and goes on storing meanwhile.
            for _ in range(40):
                acknowledged += numbers(await child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += numbers(await child.stdout.read())
        await child.wait()
        async with mind(tmp_path, ollama.url) as one:
            await one.caught_up()
            at = Standpoint(ANN, THREAD)
            there = {memory.id for memory in await one.memories.list(at, limit=5_000)}
            last = spelled(acknowledged[-1])
            assert last == (await one.texts(last, at))[0]
            assert one.index._vectors
            held = one.index._vectors.count()
            counted = await one.store.read("SELECT COUNT(*) FROM memories WHERE indexed = ''")

    assert len(acknowledged) >= 40
    assert set(acknowledged) <= there
    assert held == len(there)
    assert [(0,)] == counted


def numbers(output: bytes) -> list[int]:
    """The whole lines that are numbers; the others are the log's."""
    lines = output.decode().splitlines(keepends=True)
    return [int(line) for line in lines if line.endswith("\n") and line.strip().isdecimal()]


def _caller(at: Standpoint) -> Caller:
    return Caller(at.user, at.thread)
