"""Dangerous calls in Discord: a click opens a form, and only who types where it runs means it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.tool import Risk, ToolCall, Trust, tool
from tests.discord_kit import (
    APPROVER,
    DECIDING_ROLE,
    ME,
    VIEWER,
    card,
    in_discord,
    people,
    seen,
    until,
)
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import GUILD
from tests.fakes.discord.world import buttons, shown
from tests.fakes.model import ScriptedModel, calls, says

WIPE = calls(ToolCall("1.1", "wipe", {"disk": "/dev/sdb"}))
wiped: list[str] = []


@tool(risk=Risk.DANGER, trust=Trust.SYSTEM)
async def wipe(disk: str, host: str | None = None) -> str:
    """Wipe a disk."""
    wiped.append(disk)
    return "wiped"


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    wiped.clear()
    async with discord_server() as server:
        people(server)
        yield server


async def test_danger_is_confirmed(tmp_path: Path, discord: DiscordServer) -> None:
    """The form shows again what would run where; another word runs nothing, the machine's name
    runs it once."""
    model = ScriptedModel(WIPE, says("All gone."))
    async with in_discord(tmp_path, discord, model, [wipe]):
        await discord.says(f"{ME} wipe sdb")
        shown_card = await card(discord)
        offered = buttons(shown_card).keys()
        form = await discord.clicks(shown_card, "sure_approve", by=APPROVER)
        text = form.modal["components"][0]["content"]
        wrong = await discord.submits(form, {"sure": "yes"}, by=APPROVER)
        await until(lambda: "nothing was done" in wrong.texts or None, "a refusal")
        assert [] == wiped
        await discord.submits(form, {"sure": " Local "}, by=APPROVER)
        await seen(discord, "All gone.")

    assert {"sure_approve", "edit", "deny"} == offered
    assert "disk: /dev/sdb" in text
    assert "**local**" in text
    assert ["/dev/sdb"] == wiped
    assert "Approved by anna" in shown(shown_card)
    assert [] == discord.api.refused


async def test_danger_is_confirmed_over_restarts(tmp_path: Path, discord: DiscordServer) -> None:
    """Between card and click, and between form and answer, the bot starts anew."""
    async with in_discord(tmp_path, discord, ScriptedModel(WIPE), [wipe]):
        await discord.says(f"{ME} wipe sdb")
        shown_card = await card(discord)
    async with in_discord(tmp_path, discord, ScriptedModel(), [wipe]):
        form = await discord.clicks(shown_card, "sure_approve", by=APPROVER)
    async with in_discord(tmp_path, discord, ScriptedModel(says("All gone.")), [wipe]):
        await discord.submits(form, {"sure": "local"}, by=APPROVER)
        await seen(discord, "All gone.")

    assert ["/dev/sdb"] == wiped


async def test_the_role_counts_when_the_form_is_sent(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """Nobody else opens the form, and who lost the role while it was open decides nothing."""
    discord.world.person("7", "dora", DECIDING_ROLE)
    async with in_discord(tmp_path, discord, ScriptedModel(WIPE), [wipe]):
        await discord.says(f"{ME} wipe sdb")
        shown_card = await card(discord)
        refused = await discord.clicks(shown_card, "sure_approve", by=VIEWER)
        assert {} == refused.modal
        assert "approver" in refused.texts
        form = await discord.clicks(shown_card, "sure_approve", by="7")
        discord.world.roles[GUILD, "7"] = []
        late = await discord.submits(form, {"sure": "local"}, by="7")
        await until(lambda: "there is no approval" in late.texts or None, "a refusal")

    assert [] == wiped
    assert "sure_approve" in buttons(shown_card)
