"""Ten minutes away: what was written meanwhile is found, and answered once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path
from time import time

import pytest

from adapters.discord.client import Client
from tests.discord_kit import ME, health, in_discord, people, said, seen, until
from tests.fakes.discord import shapes
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import CHANNEL
from tests.fakes.discord.world import shown
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import Bench

MINUTES = 10
MENTIONS, FOLLOW_UPS, LATE = 20, 10, 6


async def at_once(*_: object, **__: object) -> None:
    """discord.py waits five seconds before it asks for a new session."""


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordServer]:
    monkeypatch.setattr(Client, "before_identify_hook", at_once)
    async with discord_server() as server:
        people(server)
        yield server


async def asked(server: DiscordServer) -> str:
    """A conversation from before the absence; the id of its thread."""
    at = shapes.snowflake(time() - 60 * (MINUTES + 2))
    message = server.world.write(CHANNEL, "1", {"content": f"{ME} hello"}, id=at)
    await server.tell(message)
    await seen(server, "Answer.")
    return at


def written(server: DiscordServer, thread: str) -> None:
    """30 messages of which the bot is not told, and chatter between them: the first LATE ten
    minutes ago, the others within the last three."""
    for number in range(MENTIONS + FOLLOW_UPS):
        at = time() - 60 * (MINUTES if number < LATE else 3) + number
        follows = number % 3 == 2
        where, mark = (thread, "") if follows else (CHANNEL, f"{ME} ")
        text = {"content": f"{mark}question <{number}>"}
        server.world.write(where, "1", text, id=shapes.snowflake(at))
        for _ in range(5):
            chatter = {"content": "lunch?"}
            server.world.write(CHANNEL, "2", chatter, id=shapes.snowflake(at + 1))


def heard(model: ScriptedModel) -> set[int]:
    """Questions that the model was asked."""
    asked_all = str([ask.messages for ask in model.asked])
    return {n for n in range(MENTIONS + FOLLOW_UPS) if f"question <{n}>" in asked_all}


async def settled(bench: Bench, model: ScriptedModel, wanted: set[int]) -> Counter[str]:
    """Once the model was asked all of these and all runs are told: thread → runs."""
    async with asyncio.timeout(60):
        while True:
            [(told,)] = await bench.store.read("SELECT COUNT(*) FROM rendered WHERE whole = 1")
            rows = await bench.store.read("SELECT thread FROM runs")
            if heard(model) >= wanted and told == len(rows):
                return Counter(row[0].split(":")[3] for row in rows)
            await asyncio.sleep(0.05)


def times(server: DiscordServer, text: str) -> int:
    return sum(text in shown(message) for message in said(server))


async def test_a_gateway_that_is_down_for_ten_minutes(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """All 30 messages reach the model, and each of its answers is there once."""
    model = ScriptedModel(script=lambda _: says("Answer."))
    async with in_discord(tmp_path, discord, model) as bench:
        thread = await asked(discord)
        discord.gateway.down = True
        await discord.gateway.drop(forget=True)
        await health(bench, "not connected")
        written(discord, thread)
        discord.gateway.down = False
        runs = await settled(bench, model, set(range(MENTIONS + FOLLOW_UPS)))

    answers = Counter(m["channel_id"] for m in said(discord) if m["content"] == "Answer.")
    assert runs.keys() == answers.keys()
    assert len(model.asked) == answers.total()
    assert MENTIONS + 1 == len(runs)


async def test_what_is_too_old_is_told_so_once(tmp_path: Path, discord: DiscordServer) -> None:
    """AI_CATCH_UP_AGE: older messages are not acted on, also not after one more restart."""
    model = ScriptedModel(script=lambda _: says("Answer."))
    async with in_discord(tmp_path, discord, model):
        thread = await asked(discord)
    written(discord, thread)
    for _ in range(2):
        async with in_discord(tmp_path, discord, model, catch_up_age=60 * (MINUTES - 2)) as bench:
            await settled(bench, model, set(range(LATE, MENTIONS + FOLLOW_UPS)))
            await until(lambda: times(discord, "I was away") == LATE or None, "told", seconds=30)

    assert set(range(LATE, MENTIONS + FOLLOW_UPS)) == heard(model)
    assert LATE == times(discord, "I was away")
