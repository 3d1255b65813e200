"""What ``doctor discord`` finds."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.bot_process import bot_says
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import GUILD, TOKEN


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        yield server


async def doctor(directory: Path, discord: DiscordServer, **given: str) -> tuple[int, str]:
    chosen = {
        "discord_token": TOKEN,
        "discord_home_guild": GUILD,
        "discord_api_url": discord.url,
        "discord_gateway_url": discord.gateway.url,
        **given,
    }
    return await bot_says(directory, "doctor", "discord", **chosen)


async def test_all_is_well(tmp_path: Path, discord: DiscordServer) -> None:
    """A good token, the intent, the guild: it says so and ends with 0."""
    status, said = await doctor(tmp_path, discord)

    assert 0 == status
    assert "nothing is wrong" in said


async def test_a_wrong_token_is_named(tmp_path: Path, discord: DiscordServer) -> None:
    """The setting, and where to get a right one."""
    status, said = await doctor(tmp_path, discord, discord_token="no-such-token")

    assert 1 == status
    assert "AI_DISCORD_TOKEN" in said


async def test_what_is_missing_is_named(tmp_path: Path, discord: DiscordServer) -> None:
    """The intent that is switched off, and a home guild that the bot is not in."""
    discord.api.flags = 0
    status, said = await doctor(tmp_path, discord, discord_home_guild="12345")

    assert 1 == status
    assert "message content intent is off" in said
    assert "not in 12345" in said
