"""At most so many questions at once for each Ollama: the others wait, people before learning."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from agent.models import create
from agent.models.router import Router
from bot.config import Settings
from tests.asking import answer, ask, nobody
from tests.fakes.ollama import EMBEDDER, FakeOllama, Reply
from tests.memory_kit import embedding, mind


@asynccontextmanager
async def narrow(*ollamas: FakeOllama, places: int = 1) -> AsyncGenerator[Router]:
    given = {"ollama_url": [each.url for each in ollamas], "models": ["qwen3"]}
    model, _ = create(Settings.model_validate({**given, "model_concurrency": places}), pauses=())
    try:
        yield model
    finally:
        await model.close()


async def waiting(router: Router, count: int) -> None:
    """Until so many are answered or wait."""
    async with asyncio.timeout(10):
        while sum(server.lane.load for server in router._servers.all) < count:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


def said(ollama: FakeOllama) -> list[str]:
    return [request.messages[-1]["content"] for request in ollama.requests]


async def test_people_go_before_learning_and_in_their_order() -> None:
    """What no person waits for comes last, however early it was asked."""
    async with FakeOllama() as ollama, narrow(ollama) as router, asyncio.TaskGroup() as tasks:
        ollama.script("qwen3", lambda _: Reply("one two", hang_after=1))
        first = router.reply(replace(ask("first"), thread="a"))
        await anext(first)
        ollama.script("qwen3", lambda _: Reply("Fine."))
        asked = [replace(ask("learn"), thread="", purpose="summary")]
        asked += [replace(ask(text), thread=text) for text in ("second", "third")]
        for number, question in enumerate(asked, 2):
            tasks.create_task(answer(router, question))
            await waiting(router, number)
        await first.aclose()
        await waiting(router, 0)

    assert ["first", "second", "third", "learn"] == said(ollama)


async def test_no_more_at_once_than_there_are_places() -> None:
    """Eight ask a server that takes two at a time; its replies say how long the model took."""
    most = now = 0

    async def one(router: Router, number: int) -> float:
        nonlocal most, now
        question = replace(ask(f"question {number}"), thread=str(number))
        async with aclosing(router.reply(question)) as items:
            async for _ in items:
                now = sum(server.lane._taken for server in router._servers.all)
                most = max(most, now)
        return 0.0

    async with FakeOllama() as ollama, narrow(ollama, places=2) as router:
        ollama.script("qwen3", lambda _: Reply("one two three"))
        async with asyncio.TaskGroup() as tasks:
            for number in range(8):
                tasks.create_task(one(router, number))

    assert 2 == most
    assert 8 == len(said(ollama))


async def test_who_gives_up_waiting_takes_no_place() -> None:
    """A stopped run in the queue is forgotten; the next one gets its turn."""
    async with FakeOllama() as ollama, narrow(ollama) as router:
        ollama.script("qwen3", lambda _: Reply("one two", hang_after=1))
        first = router.reply(replace(ask("first"), thread="a"))
        await anext(first)
        ollama.script("qwen3", lambda _: Reply("Fine."))
        stopped = asyncio.ensure_future(answer(router, replace(ask("stopped"), thread="b")))
        await waiting(router, 2)
        stopped.cancel()
        await asyncio.wait([stopped])
        await first.aclose()
        async with asyncio.timeout(10):
            await answer(router, replace(ask("next"), thread="c"))

    assert ["first", "next"] == said(ollama)
    assert 0 == router._servers.all[0].lane.load


async def test_a_full_server_is_asked_last() -> None:
    """A thread leaves the server it knows rather than wait for it."""
    async with FakeOllama() as one, FakeOllama() as other, narrow(one, other) as router:
        here = replace(ask("hi"), thread="t")
        await answer(router, here)
        one.script("qwen3", lambda _: Reply("one two", hang_after=1))
        busy = router.reply(here)
        await anext(busy)
        await answer(router, here)
        await busy.aclose()

    assert [2, 1] == [len(said(one)), len(said(other))]


async def test_the_next_server_embeds_when_the_first_one_is_away(tmp_path: Path) -> None:
    """Meaning is found with any server that has the model; the one that answered stays first."""
    async with embedding() as ollama, mind(tmp_path, f"{nobody()},{ollama.url}") as one:
        await one.tell("The backups are on srv-nas-01")
        await one.caught_up()
        recall = await one.recall("where do snapshots go?")
        tried = next(iter(one.index._embedder._clients))

    assert "" == recall.degraded
    assert tried == ollama.url


async def test_a_server_without_the_embedding_model_is_passed_over(tmp_path: Path) -> None:
    """Not installed on the first one is no reason to look for words only."""
    async with (
        FakeOllama() as bare,
        embedding() as ollama,
        mind(tmp_path, f"{bare.url},{ollama.url}") as one,
    ):
        await one.tell("The backups are on srv-nas-01")
        await one.caught_up()

        assert "" == (await one.recall("where do snapshots go?")).degraded
        del ollama.models[EMBEDDER.name]
        assert "not installed" in (await one.recall("anything")).degraded
