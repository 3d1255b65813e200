"""Which model answers: Ollama, the offline table without it, and never a mixture."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from agent.models import create
from agent.models.errors import NotInstalled
from bot.agents import Message
from bot.config import Settings
from bot.ports import Model, ModelError
from bot.tool import ToolCall
from tests.asking import answer, ask, nobody
from tests.fakes.ollama import FakeOllama, Reply


@asynccontextmanager
async def router(url: str) -> AsyncGenerator[Model]:
    given = {"ollama_url": url, "models": ["qwen3"], "ollama_api_key": "s3cret"}
    model, _ = create(Settings.model_validate(given), pauses=())
    try:
        yield model
    finally:
        await model.close()


async def test_ollama_answers() -> None:
    """With a server the model answers, asked with the key and the models of the settings."""
    async with FakeOllama(api_key="s3cret") as ollama, router(ollama.url) as model:
        ollama.script("qwen3", [Reply("Half full.")])
        _, reply = await answer(model, ask("how full?", model="auto"))

    assert reply.model == "qwen3:latest"
    assert reply.text == "Half full."


async def test_offline_answers() -> None:
    """Without a server the offline table answers, step by step, and says why."""
    async with router(nobody()) as model:
        await model.check("anything")
        _, first = await answer(model, ask("disk usage"))
        done = Message("assistant", first.text, calls=first.tool_calls)
        result = Message("tool", "60 %", tool="disk_usage")
        deltas, second = await answer(model, ask("disk usage", done, result))

    assert first.tool_calls[0].name == "disk_usage"
    assert second.model == "offline"
    assert second.text.startswith("60 %")
    assert "Connection refused" in second.text
    assert deltas[0].text == second.text


async def test_model_went_away() -> None:
    """A run that a model had begun is not carried on by a table."""
    call = ToolCall("2.1", "disk_usage")
    begun = Message("assistant", "", calls=(call,)), Message("tool", "60 %", tool="disk_usage")
    async with router(nobody()) as model:
        with pytest.raises(ModelError, match="The model went away in the middle of this run"):
            await answer(model, ask("disk usage", *begun))


async def test_next_run_may_be_offline() -> None:
    """What a model answered earlier in the thread does not matter."""
    earlier = Message("assistant", "Hello!")
    async with router(nobody()) as model:
        _, reply = await answer(model, ask("hello", earlier, "disk usage"))

    assert reply.model == "offline"


async def test_other_troubles_are_not_offline() -> None:
    """A server that is there but lacks the model is an error, not a reason to match words."""
    async with FakeOllama([], api_key="s3cret") as ollama, router(ollama.url) as model:
        with pytest.raises(NotInstalled):
            await answer(model, ask("disk usage"))
        with pytest.raises(NotInstalled):
            await model.check("qwen3")
        assert (await model.status()).reachable
