"""What becomes of the bot when Discord goes away, comes back, or sends nonsense."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.client import Client, point_at
from adapters.discord.wire import DiscordWire, age
from adapters.live.wire import Post, Stale, Urgency
from bot.chat import ThreadRef
from tests.discord_kit import ME, health, in_discord, people, said, seen, until
from tests.fakes.discord import shapes
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import BOT, CHANNEL, GUILD, TOKEN
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import settings


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


async def test_3_a_gateway_that_is_down_at_first(tmp_path: Path, discord: DiscordServer) -> None:
    """discord.py dies of it; the bot tries again, says so in its health, and comes up."""
    discord.gateway.down = True
    async with in_discord(tmp_path, discord, ScriptedModel(says("Up.")), wait=False) as bench:
        await health(bench, "restarting")
        discord.gateway.down = False
        await discord.gateway.connected()
        await discord.says(f"{ME} hello")
        await seen(discord, "Up.")
        await health(bench, "")


async def test_3_a_malformed_event(tmp_path: Path, discord: DiscordServer) -> None:
    """An event that discord.py cannot read kills its connection, but not the bot."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Still here."))):
        await discord.gateway.dispatch("MESSAGE_CREATE", {"id": "1", "author": {"id": BOT}})
        await until(lambda: discord.gateway.identified == 2 or None, "a fresh client")
        await discord.says(f"{ME} hello")
        await seen(discord, "Still here.")


@pytest.mark.parametrize("how", ["drop", "reconnect"])
async def test_3_a_session_is_resumed(tmp_path: Path, discord: DiscordServer, how: str) -> None:
    """What was sent while the socket was gone is heard once, without a new session."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Once."))):
        if how == "drop":
            await discord.gateway.drop()
        else:
            await discord.gateway.order(7)
        await discord.says(f"{ME} hello")
        await seen(discord, "Once.", seconds=20)
        await until(lambda: discord.gateway.resumed or None, "a resume")

    assert 1 == discord.gateway.identified
    assert 1 == sum(message["content"] == "Once." for message in said(discord))


async def test_3_a_session_that_is_called_invalid(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Op 9: a new session, and what was written between the two is found."""

    async def at_once(*_: object, **__: object) -> None:
        """discord.py waits five seconds before it asks for a new session."""

    monkeypatch.setattr(Client, "before_identify_hook", at_once)
    async with in_discord(tmp_path, discord, ScriptedModel(says("First."), says("Once."))):
        await discord.says(f"{ME} hello")
        await seen(discord, "First.")
        await discord.gateway.order(9)
        discord.world.write(CHANNEL, "1", {"content": f"{ME} are you there?"})
        await seen(discord, "Once.")

    assert 2 == discord.gateway.identified
    assert 0 == discord.gateway.resumed
    assert 1 == sum(message["content"] == "Once." for message in said(discord))


async def test_3_an_api_that_is_down_at_first(tmp_path: Path, discord: DiscordServer) -> None:
    """Discord cannot even be asked who the bot is: it says so, tries again, and comes up."""
    discord.api.down = True
    async with in_discord(tmp_path, discord, ScriptedModel(says("Up.")), wait=False) as bench:
        await health(bench, "cannot be reached")
        discord.api.down = False
        await discord.gateway.connected()
        await discord.says(f"{ME} hello")
        await seen(discord, "Up.")


async def test_3_a_wrong_token_is_not_tried_again(tmp_path: Path, discord: DiscordServer) -> None:
    """The health says which setting is wrong; Discord is asked once, for it locks out who goes
    on."""
    given: dict[str, Any] = {"discord_token": "no-such-token"}
    async with in_discord(tmp_path, discord, ScriptedModel(), wait=False, **given) as bench:
        trouble = await health(bench, "AI_DISCORD_TOKEN")

    assert "copy it anew" in trouble
    assert 1 == len(discord.api.calls)
    assert 0 == discord.gateway.identified


async def test_2_old_messages_are_posted_anew(tmp_path: Path, discord: DiscordServer) -> None:
    """Discord hardly lets messages be edited that are older than an hour: one that is still
    going to change is taken away, so that it is posted anew; one that is final is edited."""
    point_at(
        settings(tmp_path, discord_api_url=discord.url, discord_gateway_url=discord.gateway.url)
    )
    old = discord.world.write(CHANNEL, BOT, {"content": "working"})
    del discord.world.messages[old["id"]]
    old["id"] = shapes.snowflake(shapes.time() - 3_500)
    discord.world.messages[old["id"]] = old
    place = ThreadRef("discord", GUILD, CHANNEL, "")
    async with Client(content=False) as client:
        await client.login(TOKEN)
        wire = DiscordWire(client)
        final = Post("steps 0", Urgency.PROGRESS, {"content": "done"}, final=True)
        await wire.edit(place, old["id"], final)
        edited = old["content"]
        with pytest.raises(Stale):
            await wire.edit(place, old["id"], Post("steps 0", Urgency.PROGRESS, {"content": "x"}))

    assert "done" == edited
    assert age(old["id"]) > 3_400
    assert [] == said(discord)
