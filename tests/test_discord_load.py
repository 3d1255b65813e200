"""Many people talk to the bot in Discord at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from tests.discord_kit import ME, in_discord, people, said, until
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import CHANNEL
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import Bench

THREADS, EACH = 20, 4


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


def answers(server: DiscordServer) -> Counter[str]:
    """Thread → answers in it."""
    return Counter(m["channel_id"] for m in said(server) if m["content"] == "Answer.")


async def replies(bench: Bench) -> Counter[str]:
    """Thread → what its model said: a run has more than one when somebody said more meanwhile."""
    rows = await bench.store.read(
        "SELECT r.thread FROM runs r JOIN events e ON e.log_id = r.id"
        " WHERE e.kind = 'model_replied'"
    )
    return Counter(row[0].split(":")[3] for row in rows)


async def enough(found: Callable[[], int], count: int) -> None:
    await until(lambda: found() >= count or None, f"{count} of them", seconds=40)


async def test_many_threads_at_once(tmp_path: Path, discord: DiscordServer) -> None:
    """100 messages in 20 threads: every one reaches the model, every answer is told once, and
    Discord never has to say that it is too much."""
    model = ScriptedModel(*(says("Answer.") for _ in range(THREADS * (EACH + 1))))
    async with in_discord(tmp_path, discord, model) as bench:
        asked = [await discord.says(f"{ME} question {n} of many") for n in range(THREADS)]
        await enough(lambda: answers(discord).total(), THREADS)
        for number in range(EACH):
            for message in asked:
                await discord.says(f"and {number}?", channel=message["id"])
        async with asyncio.timeout(40):
            while True:
                [(taken,)] = await bench.store.read("SELECT COUNT(*) FROM inbox")
                said_by_model = await replies(bench)
                [(left,)] = await bench.store.read(
                    "SELECT COUNT(*) FROM runs WHERE status != 'done'"
                )
                if taken == THREADS * (EACH + 1) and not left and answers(discord) == said_by_model:
                    break
                await asyncio.sleep(0.1)

    assert THREADS == len(answers(discord))
    assert 0 == discord.api.busy
    heard = str([ask.messages for ask in model.asked])
    assert all(f"question {n} of many" in heard for n in range(THREADS))
    assert [] == [m for m in said(discord) if m["channel_id"] == CHANNEL]
