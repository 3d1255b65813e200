"""What Discord limits: lengths, rates, ages. Each limit as a test."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord import wire as wiring
from adapters.discord.client import Client, point_at
from adapters.discord.wire import DiscordWire
from adapters.live.wire import Later, Post, Urgency
from bot.chat import ThreadRef
from bot.tool import ToolCall
from tests.discord_kit import APPROVER, ME, card, in_discord, people, said, seen, told
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import CHANNEL, GUILD, TOKEN
from tests.fakes.discord.world import shown
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import settings
from tests.small_tools import Lab

PLACE = ThreadRef("discord", GUILD, CHANNEL, "")
WORD = Post("answer 0", Urgency.ANSWER, {"content": "word"}, final=True)


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


@asynccontextmanager
async def posting(directory: Path, server: DiscordServer) -> AsyncGenerator[DiscordWire]:
    point_at(settings(directory, discord_api_url=server.url))
    async with Client(content=False) as client:
        await client.login(TOKEN)
        yield DiscordWire(client)


async def test_2_a_ban_is_not_knocked_at(tmp_path: Path, discord: DiscordServer) -> None:
    """A 429 of the door keeper's: nothing is posted anywhere for a minute."""
    async with posting(tmp_path, discord) as wire:
        discord.api.failures.append("ban")
        with pytest.raises(Later) as later:
            await wire.post(PLACE, "key", WORD)

    assert later.value.everywhere
    assert 60 == later.value.seconds


async def test_2_a_long_limit_waits_in_the_outbox(tmp_path: Path, discord: DiscordServer) -> None:
    """Discord asks for minutes: discord.py does not sleep through them, the sender waits."""
    async with posting(tmp_path, discord) as wire:
        discord.api.failures.append(300.0)
        with pytest.raises(Later) as later:
            await wire.post(PLACE, "key", WORD)

    assert not later.value.everywhere
    assert later.value.seconds > 200


async def test_2_a_huge_card_fits(tmp_path: Path, discord: DiscordServer, lab: Lab) -> None:
    """Whatever is asked for, the card is taken: what does not fit is shortened, and says so."""
    unit = "x" * 3_000 + "\n" + "```y" * 3_000
    model = ScriptedModel(calls(ToolCall("1.1", "restart", {"unit": unit})), says("Up."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.says(f"{ME} restart it " + "please " * 100)
        shown_card = await card(discord)
        assert "xxx" in shown(shown_card)
        await discord.clicks(shown_card, "approve", by=APPROVER)
        await seen(discord, "Up.")

    assert [f"restart {unit}"] == lab.did
    assert [] == discord.api.refused


async def test_2_what_grows_old_is_posted_anew(
    tmp_path: Path, discord: DiscordServer, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that lasts: its status moves to a new message before Discord refuses to have the old
    one edited, and there is never more than one."""
    monkeypatch.setattr(wiring, "OLD", -1.0)
    go_on = asyncio.Event()
    model = ScriptedModel(
        calls(ToolCall("1.1", "look", {"at": "one"}), text="First I look at one."),
        go_on,
        calls(ToolCall("2.1", "slow", {}), text="Then I wait."),
        says("Done."),
    )
    async with in_discord(tmp_path, discord, model, lab.tools(), thoughts="card") as bench:
        await discord.says(f"{ME} how is it?")
        first = await seen(discord, "First I look")
        go_on.set()
        status = await seen(discord, "Then I wait.")
        assert "First I look" in shown(status)
        assert first["id"] not in discord.world.messages
        lab.go.set()
        await seen(discord, "Done.")
        await told(bench, 1)

    assert 2 == len(said(discord))


async def test_5_14_thoughts_do_not_flood(tmp_path: Path, discord: DiscordServer, lab: Lab) -> None:
    """20 steps at once become a few silent messages, none of which is too long."""
    steps = [
        calls(ToolCall(f"{n}.1", "look", {"at": f"place {n}"}), text=f"I look at place {n}.")
        for n in range(20)
    ]
    async with in_discord(
        tmp_path, discord, ScriptedModel(*steps, says("Done.")), lab.tools()
    ) as bench:
        await discord.says(f"{ME} how is everything?")
        await seen(discord, "Done.", seconds=20)
        await told(bench, 1)

    thoughts = [m for m in said(discord) if "place" in shown(m)]
    assert 20 == len(lab.did)
    assert len(thoughts) <= 5
    assert 0 == discord.api.busy
    assert [] == discord.api.refused
