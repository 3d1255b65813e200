"""Which model on which server answers, and who steps in when it fails."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from agent.models.errors import Blind
from agent.models.ollama import Ollama, Patience
from agent.models.roles import parse
from agent.models.router import Router
from bot.agents import Ask, Message
from bot.ports import ModelError
from tests.asking import answer, ask, nobody
from tests.fakes.ollama import MODELS, ChatRequest, FakeModel, FakeOllama, Reply

ENTRIES = ("qwen3", "code:qwen2.5-coder", "vision:llama3.2-vision:11b", "summary:phi3:mini")
PICTURE = Message("user", "what is this?", images=(b"png",))


@asynccontextmanager
async def routed(
    *servers: FakeOllama | str, entries: Sequence[str] = ENTRIES, skipped: float = 30.0
) -> AsyncGenerator[Router]:
    """Each says which model was asked and on which server."""
    for number, server in enumerate(servers):
        if isinstance(server, FakeOllama):
            for model in server.models:
                server.script(model, partial(_name, number))
    urls = [server if isinstance(server, str) else server.url for server in servers]
    patience = Patience(first=5, idle=2)
    ollamas = [Ollama(url, [], patience=patience) for url in urls]
    router = Router(ollamas, parse(entries), skipped=skipped, pauses=(0.01, 0.3))
    try:
        yield router
    finally:
        await router.close()


def _name(number: int, request: ChatRequest) -> Reply:
    return Reply(f"{request.model} on {number}")


@asynccontextmanager
async def fakes(*models: Sequence[FakeModel]) -> AsyncGenerator[list[FakeOllama]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(FakeOllama(each)) for each in models]


def auto(*said: str | Message) -> Ask:
    return ask(*said, model="auto", tools=())


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        (auto("how full?"), "qwen3:latest"),
        (auto("why?\n```\nx = 1\n```"), "qwen2.5-coder:7b"),
        (auto(PICTURE), "llama3.2-vision:11b"),
        (auto(PICTURE, Message("assistant", "A cat."), "and how full?"), "qwen3:latest"),
        (replace(auto("sum it up"), purpose="summary"), "phi3:mini"),
        (ask("hi", model="phi3:mini", tools=()), "phi3:mini"),
    ],
)
async def test_by_role(question: Ask, taken: str) -> None:
    """A picture goes to eyes, code to a coder, a summary to its model, the rest to the first."""
    async with fakes(MODELS) as [only], routed(only) as router:
        _, reply = await answer(router, question)

    assert reply.model == taken
    assert reply.notice == ""


def test_only_known_roles_are_roles() -> None:
    """What stands before another colon belongs to the name."""
    names = [(one.role, one.name) for one in parse(["qwen3:8b", "code:a:b", "hf.co/x/y:Q4"])]

    assert names == [(None, "qwen3:8b"), ("code", "a:b"), (None, "hf.co/x/y:Q4")]


async def test_any_model_that_sees() -> None:
    """A picture finds an installed model with eyes that nobody listed."""
    async with fakes(MODELS) as [only], routed(only, entries=["qwen3"]) as router:
        _, reply = await answer(router, auto(PICTURE))

    assert reply.model == "llama3.2-vision:11b"


async def test_nobody_sees() -> None:
    """Without such a model the person is told what to install, and asked for no other answer."""
    async with fakes(MODELS[:2]) as [only], routed(only) as router:
        with pytest.raises(Blind, match=r"ollama pull llama3\.2-vision"):
            await answer(router, auto(PICTURE))
        with pytest.raises(Blind, match="qwen3 cannot see pictures"):
            await answer(router, ask(PICTURE, model="qwen3"))


async def test_an_old_picture_for_a_blind_model() -> None:
    """A picture further up is told of in words to a model that could not see it."""
    async with fakes(MODELS) as [only], routed(only) as router:
        await answer(router, auto(PICTURE, Message("assistant", "A cat."), "and how full?"))

    said = only.requests[0].messages[1]
    assert "images" not in said
    assert "picture" in said["content"]


async def test_the_next_model_steps_in() -> None:
    """When the best one fails, the next answers, and the person is told why."""
    async with fakes(MODELS) as [only], routed(only) as router:
        only.script("qwen3", lambda _: Reply(status=500, error="out of memory"))
        _, reply = await answer(router, auto("how full?"))

    assert reply.text == "qwen2.5-coder:7b on 0"
    assert "out of memory" in reply.notice
    assert "qwen2.5-coder:7b answers instead" in reply.notice


async def test_a_named_model_has_no_substitute() -> None:
    """Whoever names a model gets that one or the truth."""
    async with fakes(MODELS) as [only], routed(only) as router:
        only.script("qwen3", lambda _: Reply(status=500, error="out of memory"))
        with pytest.raises(ModelError, match="out of memory"):
            await answer(router, ask("how full?", model="qwen3"))


async def test_a_model_that_was_deleted() -> None:
    """A model that went away since it was listed is passed over."""
    async with fakes(MODELS) as [only], routed(only) as router:
        await answer(router, auto("how full?"))
        del only.models["qwen3:latest"]
        _, reply = await answer(router, auto("how full?"))

    assert reply.model == "qwen2.5-coder:7b"
    assert "'qwen3:latest' is not installed" in reply.notice


async def test_fewest_in_flight() -> None:
    """Of two servers the idle one is asked."""
    async with fakes(MODELS, MODELS) as [first, second], routed(first, second) as router:
        first.script("qwen3", lambda _: Reply("one two", hang_after=1))
        busy = router.reply(auto("long"))
        await anext(busy)
        _, reply = await answer(router, auto("short"))
        await busy.aclose()

    assert reply.text == "qwen3:latest on 1"


async def test_a_thread_stays_where_it_was() -> None:
    """Its server has read the conversation already, however much it has to do."""
    here = replace(auto("hi"), thread="t")
    async with fakes(MODELS, MODELS) as [first, second], routed(first, second) as router:
        busy = router.reply(auto("x"))
        first.script("qwen3", lambda r: Reply("one two" * (1 + len(r.messages)), hang_after=1))
        await anext(busy)
        await answer(router, here)
        await busy.aclose()
        first.script("qwen3", lambda _: Reply("on 0"))
        _, reply = await answer(router, here)

    assert reply.text == "qwen3:latest on 1"


async def test_a_failing_server_is_skipped() -> None:
    """One that is away costs one question its time; the other has the model."""
    async with fakes(MODELS, MODELS) as [first, second], routed(first, second) as router:
        first.busy = True
        _, told = await answer(router, auto("a"))
        first.busy = False
        _, skipped = await answer(router, auto("b"))

    assert told.text == skipped.text == "qwen3:latest on 1"
    assert "busy" in told.notice
    assert skipped.notice == ""
    assert len(first.requests) == 0


async def test_a_failing_server_comes_back() -> None:
    """After its time it is asked again, and at once for what only it has."""
    async with (
        fakes(MODELS, MODELS[1:2]) as [first, second],
        routed(nobody(), second, first) as router,
    ):
        _, reply = await answer(router, auto("a"))
        first.busy = True
        _, second_best = await answer(router, auto("b"))
        first.busy = False
        _, only_there = await answer(router, ask("c", model="phi3:mini", tools=()))

    assert reply.text == "qwen3:latest on 2"
    assert second_best.model == "qwen2.5-coder:7b"
    assert only_there.text == "phi3:mini on 2"


async def test_all_servers_are_away() -> None:
    """Then the offline table answers, and names each of them."""
    first, second = nobody(), nobody()
    async with routed(first, second) as router:
        _, reply = await answer(router, ask("disk usage", model="auto"))
        status = await router.status()

    assert reply.model == "offline"
    assert not status.reachable
    assert first in status.detail
    assert second in status.detail


async def test_restarted_in_the_middle_of_a_reply() -> None:
    """A server that breaks off and comes back is asked again; the reply is told once."""
    async with fakes(MODELS) as [only], routed(only, entries=["qwen3"]) as router:
        only.script("qwen3", [Reply("one two three", cut_after=2), Reply("Half full.")])
        _, reply = await answer(router, auto("how full?"))

    assert reply.text == "Half full."


async def test_away_for_a_moment() -> None:
    """A run that has begun waits for a server that restarts."""
    begun = Message("assistant", "Looking."), Message("tool", "60 %", tool="disk_usage")
    async with fakes(MODELS) as [only], routed(only, entries=["qwen3"]) as router:
        await only.stop()

        async def come_back() -> None:
            await only.start()

        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(answer(router, auto("how full?", *begun)))
            await asyncio.sleep(0.05)
            tasks.create_task(come_back())
        _, reply = asking.result()

    assert reply.text == "qwen3:latest on 0"
