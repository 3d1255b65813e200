"""The Ollama model, by the real client on a real socket, when all goes well."""

import asyncio
import json
from contextlib import aclosing

import pytest

from bot.agents import Message
from bot.events import Context, Usage
from bot.ports import Delta
from bot.tool import ToolCall
from tests.asking import answer, ask, served
from tests.fakes.ollama import MODELS, FakeModel, FakeOllama, Reply


async def test_streams_text_and_thinking() -> None:
    """Every piece is yielded as it comes, then once the whole reply with what it cost."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("Half full.", "Let me see.")])
        deltas, reply = await answer(model, ask("how full?"))

    assert deltas == [
        Delta("Let", "thinking"),
        Delta(" me", "thinking"),
        Delta(" see.", "thinking"),
        Delta("Half"),
        Delta(" full."),
    ]
    assert reply.text == "Half full."
    assert reply.thinking == "Let me see."
    assert reply.model == "qwen3:latest"
    assert reply.usage.prompt > 100
    assert reply.usage.completion > 0
    assert reply.context == Context(prompt="p1", num_ctx=16_384)


async def test_pieces_come_at_once() -> None:
    """The first piece is there while the model is still writing."""
    async with FakeOllama() as ollama, served(ollama) as model, asyncio.timeout(5):
        ollama.script("qwen3", [Reply("one two three", hang_after=1)])
        replies = model.reply(ask("count"))
        assert Delta("one") == await anext(replies)
        await replies.aclose()


async def test_tool_calls() -> None:
    """Calls come with ids of their own, numbered by reply, and the plan at the head is read."""
    calls = (("disk_usage", {"path": "/"}), ("disk_usage", '{"path": "/var"}'))
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("1. Look\n2. Tell", tool_calls=calls)])
        _, reply = await answer(model, ask("how full?"))

    assert reply.plan == ("Look", "Tell")
    assert reply.tool_calls == (
        ToolCall("2.1", "disk_usage", {"path": "/"}),
        ToolCall("2.2", "disk_usage", {"path": "/var"}),
    )


async def test_ids_never_come_again() -> None:
    """Ids grow with the conversation, and also when a summary has made it shorter."""
    before = ToolCall("9.1", "disk_usage")
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", lambda _: Reply(tool_calls=(("disk_usage", {}),)))
        said = Message("assistant", "", calls=(before,)), Message("tool", "x", tool="disk_usage")
        _, reply = await answer(model, ask("[note] summary", *said))

    assert reply.tool_calls[0].id == "10.1"


async def test_what_is_sent() -> None:
    """Calls and results go back in Ollama's shape, thoughts do not; num_ctx is always sent."""
    call = ToolCall("2.1", "disk_usage", {"path": "/"})
    said = (
        Message("assistant", "Looking.", thinking="hm", calls=(call,)),
        Message("tool", "60 %", tool="disk_usage"),
    )
    async with FakeOllama() as ollama, served(ollama, max_context=8_192) as model:
        ollama.script("qwen3", [Reply("60 %")])
        await answer(model, ask("how full? é", *said))

    request = ollama.requests[0]
    assert list(request.messages) == [
        {"role": "system", "content": "You are an assistant."},
        {"role": "user", "content": "how full? é"},
        {
            "role": "assistant",
            "content": "Looking.",
            "tool_calls": [{"function": {"name": "disk_usage", "arguments": {"path": "/"}}}],
        },
        {"role": "tool", "content": "60 %", "tool_name": "disk_usage"},
    ]
    assert request.options == {"num_ctx": 8_192}
    assert request.think is True
    assert request.tool("disk_usage") == {
        "name": "disk_usage",
        "description": "Show how full the disks are.",
        "parameters": {
            "type": "object",
            "properties": {"path": {"type": "string", "default": "/"}},
            "additionalProperties": False,
        },
    }


async def test_images_are_sent() -> None:
    """Images go to a model that sees them."""
    picture = Message("user", "what is this?", images=(b"png",))
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("llama3.2-vision:11b", [Reply("A cat.")])
        await answer(model, ask(picture, model="llama3.2-vision:11b", tools=()))

    assert ollama.requests[0].messages[1]["images"] == ["cG5n"]


async def test_images_are_sent_along_with_tools_in_words() -> None:
    """A model that sees and has no tools of its own gets both, at each step of a run."""
    picture = Message("user", "what is this?", images=(b"png", b"jpeg"))
    said = json.dumps({"thought": "A cat.", "final": "A cat."})
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("llama3.2-vision:11b", [Reply(said), Reply(said)])
        for _ in range(2):
            await answer(model, ask(picture, model="llama3.2-vision:11b"))

    for request in ollama.requests:
        assert request.messages[-1]["images"] == ["cG5n", "anBlZw=="]
        assert request.format


async def test_about_a_model_is_asked_once() -> None:
    """Many replies cost one look at what the model can do and one list of what is installed."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", lambda _: Reply("yes"))
        for _ in range(5):
            await answer(model, ask("still there?"))

    assert dict(ollama.calls) == {"/api/tags": 1, "/api/show": 1, "/api/chat": 5}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("auto", "qwen3:latest"),
        ("qwen3", "qwen3:latest"),
        ("qwen2.5-coder", "qwen2.5-coder:7b"),
        ("phi3:mini", "phi3:mini"),
    ],
)
async def test_which_model(wanted: str, taken: str) -> None:
    """*auto* is the first installed one; a name without a tag means latest, or else any tag."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script(taken, [Reply("me")])
        _, reply = await answer(model, ask("who?", model=wanted, tools=()))

    assert reply.model == taken


async def test_the_conversation_is_fitted() -> None:
    """Old results are shortened before Ollama would drop messages without a word."""
    said = [Message("tool", "x" * 30_000, tool="disk_usage") for _ in range(4)]
    turns = [m for tool in said for m in (Message("assistant", "Next."), tool)]
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("ok")])
        _, reply = await answer(model, ask("remember this", *turns))

    assert not ollama.truncations
    assert reply.usage.prompt < reply.context.num_ctx == 16_384
    assert ollama.requests[0].messages[1]["content"] == "remember this"


async def test_what_never_fits() -> None:
    """A message that no shortening fits is sent whole, and the person is told it was cut."""
    small = FakeModel("qwen3:latest", context_length=2_048)
    async with FakeOllama([small]) as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("ok")])
        _, reply = await answer(model, ask("first", Message("assistant", "?"), "x" * 20_000))

    assert ollama.truncations[0].num_ctx == 2_048
    assert reply.usage == Usage(2_048, reply.usage.completion)
    assert "read only 2048 of about" in reply.notice
    assert reply.notice.endswith("may be missing from its answer.")


async def test_a_server_that_truncates() -> None:
    """It reads less than agreed and says nothing: that is noticed, told, and asked again shorter;
    the next question fits at once."""
    said = [Message("user", "word " * 200) for _ in range(30)]
    turns = [each for one in said for each in (one, Message("assistant", "Yes."))]
    async with FakeOllama(reads=3_000) as ollama, served(ollama) as model:
        ollama.script("qwen3", lambda r: Reply(f"{len(r.messages)} messages"))
        _, first = await answer(model, ask(*turns, "and now?"))
        cut = len(ollama.truncations)
        _, second = await answer(model, ask(*turns, "and now?"))

    assert cut == len(ollama.truncations) == 1
    assert "asked again with the conversation shortened" in first.notice
    assert second.notice == ""
    assert len(ollama.requests) == 3
    assert ollama.requests[-1].messages[0]["role"] == "system"
    assert ollama.requests[-1].messages[-1]["content"] == "and now?"


async def test_api_key() -> None:
    """A key goes along with every request."""
    async with FakeOllama(api_key="s3cret") as ollama, served(ollama, api_key="s3cret") as model:
        ollama.script("qwen3", [Reply("ok")])
        await answer(model, ask("hello"))

    assert ollama.requests[0].authorization == "Bearer s3cret"


async def test_status() -> None:
    """The status lists what is installed, with sizes, and what is in memory."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("ok")])
        await answer(model, ask("hello"))
        status = await model.status()

    assert status.reachable
    assert [(m.name, m.loaded) for m in status.installed] == [
        (m.name, m.name == "qwen3:latest") for m in MODELS
    ]
    assert status.installed[0].size == MODELS[0].size
    assert status.auto == "qwen3:latest"


@pytest.mark.parametrize(
    ("installed", "auto"),
    [
        (("qwen3:8b", "llama3.2:latest"), "qwen3:8b"),
        (("qwen3:8b", "qwen3:latest"), "qwen3:latest"),
        (("llama3.2:1b",), ""),
    ],
)
async def test_the_status_says_what_auto_is(installed: tuple[str, ...], auto: str) -> None:
    """By the rule that a message of *auto* follows; nothing when none of the wanted is there."""
    models = [FakeModel(name) for name in installed]
    async with FakeOllama(models) as ollama, served(ollama) as model:
        status = await model.status()

    assert status.auto == auto


async def test_many_at_once() -> None:
    """A hundred and fifty replies stream side by side: no connection limit queues them."""
    together = asyncio.Barrier(150)
    async with FakeOllama() as ollama, served(ollama) as model, asyncio.timeout(20):
        ollama.script("qwen3", lambda _: Reply("one two", hang_after=1))

        async def one() -> None:
            async with aclosing(model.reply(ask("go"))) as replies:
                assert Delta("one") == await anext(replies)
                await together.wait()

        async with asyncio.TaskGroup() as group:
            for _ in range(150):
                group.create_task(one())
