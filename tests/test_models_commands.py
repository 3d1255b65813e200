"""What people read and type about models."""

import asyncio

import pytest

from agent.models import create
from agent.models.ollama import Ollama
from agent.models.progress import Progress
from agent.models.pulling import Pulls
from bot.command import Command
from bot.config import Settings
from bot.ports import ModelError, Part, Refused
from tests.asking import nobody
from tests.fakes.bot import FakeBot
from tests.fakes.ollama import MODELS, FakeModel, FakeOllama

NEW = FakeModel("gemma3:latest")


def chosen(url: str) -> Settings:
    return Settings.model_validate({"ollama_url": url, "models": ["qwen3"]})


def command(part: Part, name: str) -> Command:
    return next(each for each in part.commands if each.name == name)


async def test_the_list() -> None:
    """Size, context, what it can do, which is loaded and which is meant by auto."""
    async with FakeOllama() as ollama:
        router, part = create(chosen(ollama.url))
        await router.warm()
        said = await command(part, "models").fn(caller=None)
        await router.close()

    lines = said.splitlines()
    assert len(lines) == len(MODELS)
    assert lines[0] == (
        "qwen3:latest: 5.2 GB · 40,960 tokens · completion, thinking, tools · loaded · auto"
    )
    assert "vision" in lines[3]


async def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """``models list`` and ``models pull`` with its progress; anything else is told the usage."""
    async with FakeOllama() as ollama:
        ollama.pullable[NEW.name] = NEW
        router, part = create(chosen(ollama.url))
        run = part.cli["models"]
        statuses = [
            await run(words)
            for words in (["list"], ["pull", "gemma3"], ["pull", "nonsense"], ["rm", "x"])
        ]
        await router.close()

    assert statuses == [0, 0, 1, 2]
    assert NEW.name in ollama.models
    out, err = capsys.readouterr()
    assert "pulling 3e4cb1417446: 25 % of 4.0 kB" in out
    assert out.splitlines()[-1] == "success"
    assert "file does not exist" in err
    assert "usage: models list | models pull NAME" in err


async def test_without_a_server() -> None:
    """One line that says what is wrong."""
    router, part = create(chosen(nobody()))
    with pytest.raises(Refused, match="No model is reachable"):
        await command(part, "models").fn(caller=None)
    with pytest.raises(ModelError, match="No model is reachable"):
        await router.warm()
    await router.close()


async def test_pulling_in_chat() -> None:
    """Whoever asks is told how far it is, asks again, and in the end that it is there."""
    bot = FakeBot()
    async with FakeOllama() as ollama:
        ollama.pullable[NEW.name] = NEW
        model = Ollama(ollama.url, [])
        pulls = Pulls(model)
        waiting = await pulls.pull("gemma3", patience=0.01)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(pulls.serve(bot))
            there = await pulls.pull("gemma3", patience=10)
            with pytest.raises(ModelError, match=r"nonsense was not pulled: .* does not exist"):
                await pulls.pull("nonsense", patience=10)
            serving.cancel()
        await model.close()

    assert waiting == "gemma3: waits for its turn. Say it again to see how far it is."
    assert there == "gemma3 is installed"
    assert NEW.name in ollama.models


def test_progress() -> None:
    """Bytes as people read them, and only where there is something to count."""
    assert str(Progress("pulling manifest")) == "pulling manifest"
    assert str(Progress("pulling x", 1_300_000_000, 5_200_000_000)) == "pulling x: 25 % of 5.2 GB"
