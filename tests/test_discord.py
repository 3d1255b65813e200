"""The bot in Discord: the real discord.py against a strict guild on real sockets."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.discord.parts import SILENT
from tests.discord_kit import (
    APPROVER,
    ME,
    OPERATOR,
    OUTSIDER,
    VIEWER,
    card,
    in_discord,
    people,
    seen,
    until,
)
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.world import EPHEMERAL, buttons, shown
from tests.fakes.model import ScriptedModel, calls, says
from tests.small_tools import RESTART, Lab


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


async def test_a_card_is_approved_by_a_click(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Mention → thoughts → card → click of an approver → the tool ran once → answer."""
    model = ScriptedModel(calls(RESTART, text="nginx hangs, so I restart it."), says("It is up."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        asked = await discord.says(f"{ME} restart nginx please")
        shown_card = await card(discord)
        assert "unit: nginx" in shown(shown_card)
        await discord.clicks(shown_card, "approve", by=APPROVER)
        answer = await seen(discord, "It is up.")
        thoughts = await seen(discord, "nginx hangs")

    assert ["restart nginx"] == lab.did
    assert {asked["id"]} == {each["channel_id"] for each in (shown_card, answer, thoughts)}
    assert "Approved by anna" in shown(shown_card)
    assert {} == buttons(shown_card)
    assert thoughts["flags"] & SILENT
    assert not answer["flags"] & SILENT
    assert [] == discord.api.refused


async def test_a_click_without_the_role_is_refused(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """A viewer's click decides nothing, is told to the viewer alone, and is in the audit trail."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with in_discord(tmp_path, discord, model, lab.tools()) as bench:
        await discord.says(f"{ME} restart nginx please")
        click = await discord.clicks(await card(discord), "approve", by=VIEWER)
        await until(lambda: click.said[0] if click.said else None, "a refusal")
        noted = await bench.store.read("SELECT data FROM events WHERE kind = 'noted'")

    assert [] == lab.did
    assert "approver" in click.texts
    assert click.said[0]["flags"] & EPHEMERAL
    assert any(f"discord:{VIEWER}" in data for (data,) in noted)


async def test_a_denial_carries_its_reason(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Deny opens a form; the reason is told to the model and stands on the card."""
    model = ScriptedModel(calls(RESTART), says("Then I leave it."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.says(f"{ME} restart nginx please")
        shown_card = await card(discord)
        form = await discord.clicks(shown_card, "deny", by=APPROVER)
        await discord.submits(form, {"reason": "not now"}, by=APPROVER)
        await seen(discord, "Then I leave it.")

    assert [] == lab.did
    assert "Denied by anna: not now" in shown(shown_card)
    assert "not now" in str(model.asked[-1].messages)


async def test_an_edit_over_a_restart(tmp_path: Path, discord: DiscordServer, lab: Lab) -> None:
    """The card is clicked after a restart, and the form is sent after another one: what was
    typed is what runs."""
    async with in_discord(tmp_path, discord, ScriptedModel(calls(RESTART)), lab.tools()):
        await discord.says(f"{ME} restart nginx please")
        shown_card = await card(discord)
    async with in_discord(tmp_path, discord, ScriptedModel(), lab.tools()):
        form = await discord.clicks(shown_card, "edit", by=APPROVER)
    async with in_discord(tmp_path, discord, ScriptedModel(says("It is up.")), lab.tools()):
        await discord.submits(form, {"unit": "apache2"}, by=APPROVER)
        await seen(discord, "It is up.")

    assert ["restart apache2"] == lab.did
    assert "Edited" in shown(shown_card)


async def test_a_slash_command_gets_a_thread(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """/ops ask asks like a mention does: a message, and the answer in its thread; a typed
    approval counts like a click, and open ones are suggested."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.orders("ask", "restart nginx")
        approval = buttons(await card(discord))["approve"].split(":")[2]
        [choice] = await discord.types("approve", approval[:2].lower(), by=APPROVER)
        assert approval == choice["value"]
        typed = await discord.orders("approve", approval, by=APPROVER)
        answer = await seen(discord, "It is up.")
        root = discord.world.messages[answer["channel_id"]]

    assert "approved" in typed.texts
    assert "olga asked: restart nginx" == root["content"]
    assert ["restart nginx"] == lab.did


async def test_the_menu_asks_about_a_message(tmp_path: Path, discord: DiscordServer) -> None:
    """*Ask about this message* opens a form; the question and the message reach the model, the
    answer goes into a thread below the message."""
    model = ScriptedModel(says("The disk is full."))
    async with in_discord(tmp_path, discord, model):
        alert = await discord.says("ALERT: disk full on web1", by=VIEWER)
        form = await discord.menu(alert)
        await discord.submits(form, {"question": "what now?"})
        answer = await seen(discord, "The disk is full.")

    assert alert["id"] == answer["channel_id"]
    asked = str(model.asked[0].messages)
    assert "what now?" in asked
    assert "disk full on web1" in asked


async def test_direct_messages_of_members_only(tmp_path: Path, discord: DiscordServer) -> None:
    """Who is a member of the home guild may write directly, without a mention, with the roles
    they have there; others are told no."""
    model = ScriptedModel(says("Fine."), says("Still fine."))
    async with in_discord(tmp_path, discord, model):
        await discord.says("how is web1?", by=OPERATOR, channel=discord.direct(OPERATOR))
        await seen(discord, "Fine.")
        await discord.says("!whoami", by=OPERATOR, channel=discord.direct(OPERATOR))
        await seen(discord, "operator")
        await discord.says("and me?", by=OUTSIDER, channel=discord.direct(OUTSIDER))
        await seen(discord, "Talking to the bot needs the role viewer")

    assert 1 == len(model.asked)


async def test_follow_ups_and_commands_in_the_thread(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """In the bot's thread no mention is needed, unless a message begins with somebody else's."""
    model = ScriptedModel(says("Fine."), says("Still fine."))
    async with in_discord(tmp_path, discord, model):
        asked = await discord.says(f"{ME} how is web1?")
        await seen(discord, "Fine.")
        await discord.says("<@2> what do you think?", channel=asked["id"])
        await discord.says("!status", channel=asked["id"])
        await seen(discord, "mode supervised")
        await discord.says("and now?", channel=asked["id"])
        await seen(discord, "Still fine.")

    assert 2 == len(model.asked)
