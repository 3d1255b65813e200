"""What bots in Discord get wrong, each as a test."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.parts import SILENT
from tests.discord_kit import (
    APPROVER,
    ME,
    OPS_ROLE,
    OUTSIDER,
    VIEWER,
    card,
    in_discord,
    people,
    said,
    seen,
    until,
)
from tests.fakes.discord import shapes
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import CHANNEL, GUILD
from tests.fakes.discord.world import buttons, shown
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ANN, Bench
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


async def run_count(bench: Bench) -> int:
    [(count,)] = await bench.store.read("SELECT COUNT(*) FROM runs")
    return count


def times(server: DiscordServer, text: str) -> int:
    return sum(text in shown(message) for message in said(server))


async def test_5_1_a_button_decides_its_own_request(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Two cards are open: a click on the newer one leaves the older one alone."""
    apache = calls(type(RESTART)("1.1", "restart", {"unit": "apache2"}))
    model = ScriptedModel(calls(RESTART), apache, says("It is up."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.says(f"{ME} restart nginx")
        first = await card(discord)
        await discord.says(f"{ME} restart apache")
        second = await until(
            lambda: next((m for m in said(discord) if "unit: apache2" in shown(m)), None), "apache"
        )
        await discord.clicks(second, "approve", by=APPROVER)
        await seen(discord, "It is up.")

    assert ["restart apache2"] == lab.did
    assert "approve" in buttons(first)


async def test_5_2_every_way_in_asks_for_the_role(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Button, form, typed command and suggestions: a viewer decides and learns nothing."""
    async with in_discord(tmp_path, discord, ScriptedModel(calls(RESTART)), lab.tools()):
        await discord.says(f"{ME} restart nginx")
        shown_card = await card(discord)
        approval = buttons(shown_card)["approve"].split(":")[2]
        denied = await discord.clicks(shown_card, "deny", by=VIEWER)
        typed = await discord.orders("approve", approval, by=VIEWER)
        await until(lambda: "approver" in typed.texts or None, "a refusal")
        suggested = await discord.types("approve", "", by=VIEWER)

    assert {} == denied.modal
    assert [] == suggested
    assert [] == lab.did


async def test_5_3_a_role_counts_in_its_own_guild_only(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """The id of the operators' role in another guild makes nobody an operator, and people of
    other guilds are nobody here."""
    discord.world.guild_roles["7000"] = []
    discord.world.person(OUTSIDER, "otto", OPS_ROLE, guild="7000")
    discord.world.roles["7000", shapes.BOT] = []
    discord.world.channels["7001"] = shapes.text_channel("7001", "theirs", "7000")
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        await discord.says(f"{ME} restart nginx", by=OUTSIDER, channel="7001")
        await seen(discord, "Talking to the bot needs the role viewer")

        assert 0 == await run_count(bench)


async def test_5_6_the_second_click_is_told_who_decided(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Two clicks: the tool runs once, and the second person is told."""
    model = ScriptedModel(calls(RESTART), says("Up."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.says(f"{ME} restart nginx")
        shown_card = await card(discord)
        twin = {**shown_card, "components": list(shown_card["components"])}
        await discord.clicks(shown_card, "approve", by=APPROVER)
        await seen(discord, "Up.")
        discord.world.messages[shown_card["id"]]["components"] = twin["components"]
        late = await discord.clicks(twin, "approve", by=APPROVER)
        await until(lambda: late.texts or None, "who decided")

    assert ["restart nginx"] == lab.did
    assert "already" in late.texts


async def test_5_8_redeliveries_start_nothing(tmp_path: Path, discord: DiscordServer) -> None:
    """The same message again, live and after a restart: one run, one answer."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Once."))):
        message = await discord.says(f"{ME} hello")
        await discord.tell(message)
        await seen(discord, "Once.")
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        await discord.tell(message)
        await discord.says("!status", by=VIEWER, channel=message["id"])
        await seen(discord, "mode supervised")

        assert 1 == await run_count(bench)
    assert 1 == times(discord, "Once.")


async def test_5_7_what_was_written_meanwhile_is_found(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """Mentions and follow-ups that were written while the bot was away are answered once."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("First."))):
        asked = await discord.says(f"{ME} hello")
        await seen(discord, "First.")
    discord.world.write(CHANNEL, "1", {"content": f"{ME} are you there?"})
    discord.world.write(asked["id"], "1", {"content": "and you?"})
    async with in_discord(tmp_path, discord, ScriptedModel(says("Here."), says("Here."))) as bench:
        await until(lambda: times(discord, "Here.") == 2 or None, "two answers")

        assert 3 == await run_count(bench)


async def test_5_8_old_orders_do_not_run(tmp_path: Path, discord: DiscordServer) -> None:
    """What was written too long ago is told so, once, and not obeyed."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("First."))):
        await discord.says(f"{ME} hello")
        await seen(discord, "First.")
    discord.world.write(CHANNEL, "1", {"content": f"{ME} restart everything"})
    for _ in range(2):
        async with in_discord(tmp_path, discord, ScriptedModel(), catch_up_age=0) as bench:
            await seen(discord, "I was away")

            assert 1 == await run_count(bench)
    assert 1 == times(discord, "I was away")


async def test_5_11_long_answers_keep_their_fences(tmp_path: Path, discord: DiscordServer) -> None:
    """An answer of any length arrives whole: each message closes its fences, the rest is a
    file."""
    code = "\n".join(f"line {number}: " + "x" * 60 for number in range(400))
    async with in_discord(tmp_path, discord, ScriptedModel(says(f"Look:\n```sh\n{code}\n```"))):
        await discord.says(f"{ME} show me")
        file = await seen(discord, "this file holds all of it")

    parts = [m["content"] for m in said(discord) if "line " in m["content"]]
    assert 4 == len(parts)
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert "line 399" in file["attachments"][0]["data"]
    assert [] == discord.api.refused


async def test_5_12_nobody_is_pinged_by_a_model(tmp_path: Path, discord: DiscordServer) -> None:
    """Whatever is posted names nobody as to be notified."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("@everyone look, <@2>"))):
        await discord.says(f"{ME} hello")
        await seen(discord, "@everyone")

    posts = [
        body
        for method, path, body in discord.api.calls
        if method in ("POST", "PATCH") and path.endswith("/messages")
    ]
    assert posts
    assert all(body["allowed_mentions"]["parse"] == [] for body in posts)


async def test_5_13_commands_are_told_once(tmp_path: Path, discord: DiscordServer) -> None:
    """A second start with the same commands does not tell Discord of them again; they are for
    guilds and direct messages."""
    for _ in range(2):
        async with in_discord(tmp_path, discord, ScriptedModel()):
            pass

    bodies: list[Any] = [body for method, _, body in discord.api.calls if method == "PUT"]
    [told] = bodies
    assert all(each["contexts"] == [0, 1] for each in told)
    assert all(each["integration_types"] == [0] for each in told)


async def test_5_15_other_bots_are_not_heard(tmp_path: Path, discord: DiscordServer) -> None:
    """A mention by a bot, by a webhook or in a note of Discord's starts nothing."""
    discord.world.person("8", "botty")
    discord.world.users["8"]["bot"] = True
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        await discord.says(f"{ME} hello", by="8")
        await discord.says(f"{ME} hello", webhook_id="77")
        await discord.says(f"{ME} hello", type=6)
        await discord.says(f"{ME} !status")
        await seen(discord, "mode supervised")

        assert 0 == await run_count(bench)


async def test_2_an_archived_thread_is_woken_for_an_edit(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """A card in a thread that fell asleep is edited all the same, wherever it was decided."""
    model = ScriptedModel(calls(RESTART), asyncio.Event())
    async with in_discord(tmp_path, discord, model, lab.tools()) as bench:
        await discord.says(f"{ME} restart nginx")
        shown_card = await card(discord)
        approval = buttons(shown_card)["deny"].split(":")[2]
        asleep = discord.world.channels[shown_card["channel_id"]]["thread_metadata"]
        asleep["archived"] = True
        await bench.kernel.bot.decide(approval, "deny", by=ANN)
        await until(lambda: "Denied" in shown(shown_card) or None, "the edit")

    woken = ("PATCH", f"/channels/{shown_card['channel_id']}", {"archived": False})
    assert woken in discord.api.calls


@pytest.mark.parametrize("failure", [503, "cut", 500])
async def test_2_a_broken_post_appears_once(
    tmp_path: Path, discord: DiscordServer, failure: int | str
) -> None:
    """What Discord refuses for the moment, or takes without saying so, is there once."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Here."))) as bench:
        discord.api.failures.append(failure)
        await discord.says(f"{ME} hello")
        await seen(discord, "Here.")
        async with asyncio.timeout(10):
            while True:
                sent = "SELECT state FROM deliveries WHERE part = 'answer 0' AND state = 'sent'"
                if await bench.store.read(sent):
                    break
                await asyncio.sleep(0.05)

    assert 1 == times(discord, "Here.")


async def test_1_without_the_intent_a_mention_is_needed(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """The bot runs on without it, says once that it cannot read, and hears mentions."""
    discord.gateway.content_allowed = False
    async with in_discord(tmp_path, discord, ScriptedModel(says("Fine."), says("Again."))):
        asked = await discord.says(f"{ME} hello")
        await seen(discord, "Fine.")
        await discord.says("and now?", channel=asked["id"])
        await discord.says("hello?", channel=asked["id"])
        await seen(discord, "mention me")
        await discord.says(f"{ME} and now?", channel=asked["id"])
        await seen(discord, "Again.")

    assert 1 == times(discord, "mention me")


async def test_only_the_answer_notifies(tmp_path: Path, discord: DiscordServer, lab: Lab) -> None:
    """Thoughts are silent; the card and the answer are not."""
    look = calls(type(RESTART)("1.1", "look", {}), text="I look.")
    async with in_discord(tmp_path, discord, ScriptedModel(look, says("Fine.")), lab.tools()):
        await discord.says(f"{ME} how is it?")
        answer = await seen(discord, "Fine.")

    silent = [m for m in said(discord) if m["flags"] & SILENT]
    assert answer not in silent
    assert all("I look." in shown(m) for m in silent)
    assert GUILD == discord.world.channels[answer["channel_id"]]["guild_id"]
