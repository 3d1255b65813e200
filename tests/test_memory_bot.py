"""The memory of a whole bot, as a process: told over REST, killed, asked again."""

import asyncio
from pathlib import Path
from typing import Any

from tests.fakes.ollama import ChatRequest, FakeOllama, Reply
from tests.faults.life import House, Life
from tests.memory_kit import embedding

FACT = "srv-db-07 is the primary of orders."


def _model(request: ChatRequest) -> Reply:
    """It learns one fact, and in a conversation says what it was told of it."""
    system = [m["content"] for m in request.messages if m["role"] == "system"]
    if "JSON array" in system[0]:
        said = FACT.rstrip(".") in request.last_user
        return Reply(f'[{{"kind": "fact", "text": "{FACT}"}}]' if said else "[]")
    return Reply("It is srv-db-07." if any(FACT in text for text in system) else "I do not know.")


async def command(life: Life, name: str, **args: str) -> str:
    _, body = await life.post(f"/api/commands/{name}", args)
    return str(body)


async def listed(life: Life, word: str) -> str:
    """What the command lists, once it holds *word*."""
    async with asyncio.timeout(20):
        while word not in (said := await command(life, "memory")):  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.05)
    return said


def resident(pid: int) -> int:
    """MB of memory in use."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1024


def answer(events: list[dict[str, Any]]) -> str:
    return next(e["text"] for e in reversed(events) if e["type"] == "run_finished")


async def test_learned_killed_and_known(tmp_path: Path) -> None:
    """A fact said in one conversation is learned; kill -9 right after it was acknowledged; in the
    next life of the bot another conversation is told it. Before a memory is used the process is
    small, and nothing of the index is loaded."""
    async with embedding() as ollama:
        ollama.script("qwen3", _model)
        house = House(tmp_path, ollama, {"learning": "auto"})
        async with house.life() as life:
            small = resident(life.bot.process.pid)
            assert not (tmp_path / "data" / "memories").exists()
            await life.say(f"please note: {FACT}")
            await life.until("run_finished")
            await listed(life, "srv-db-07")
            await life.kill()
        async with house.life() as life:
            await life.say("which machine is the primary of orders?", "t2")
            events = await life.until("run_finished", thread="t2")
            status, health = await life.get("/health")

    assert "It is srv-db-07." == answer(events)
    assert 200 == status
    assert "" == health["parts"]["memory"]
    assert small <= 150


async def test_no_embedding_model(tmp_path: Path) -> None:
    """Where the embedding model is not installed the bot remembers by words, and ``/health`` says
    what is missing and how to get it."""
    async with FakeOllama() as ollama:
        ollama.script("qwen3", _model)
        house = House(tmp_path, ollama)
        async with house.life() as life:
            await command(life, "remember", text=FACT)
            async with asyncio.timeout(20):
                while not (trouble := await _trouble(life)):  # noqa: ASYNC110 - nobody is told
                    await asyncio.sleep(0.05)
            await life.say("which machine is the primary of orders?", "t2")
            events = await life.until("run_finished", thread="t2")

    assert "It is srv-db-07." == answer(events)
    assert "nomic-embed-text" in trouble
    assert "ollama pull nomic-embed-text" in trouble


async def _trouble(life: Life) -> str:
    _, health = await life.get("/health")
    return health["parts"]["memory"]
