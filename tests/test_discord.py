"""The bot in Discord: the real discord.py against a strict guild on real sockets."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.discord_kit import ME, in_discord, people, seen
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.world import buttons
from tests.fakes.model import ScriptedModel, says


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


async def test_a_mention_gets_a_thread_and_an_answer(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """Mention → a thread named after the question → the answer in it, with feedback buttons."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("All is **fine**."))):
        asked = await discord.says(f"{ME} how is web1?")
        answer = await seen(discord, "All is **fine**.")

    assert asked["id"] == answer["channel_id"]
    assert "how is web1?" == discord.world.channels[asked["id"]]["name"]
    assert {"feedback_good", "feedback_bad"} == buttons(answer).keys()
    assert [] == discord.api.refused
