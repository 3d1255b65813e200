"""What is peculiar about Discord's clicks, commands, threads and files, each as a test."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.chat import Role
from bot.command import Caller, command
from bot.ports import Part
from tests.discord_kit import (
    APPROVER,
    ME,
    OUTSIDER,
    card,
    in_discord,
    people,
    said,
    seen,
    told,
    until,
)
from tests.fakes.discord import shapes
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import CHANNEL
from tests.fakes.discord.world import buttons, shown
from tests.fakes.model import ScriptedModel, calls, says
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


async def test_1_a_command_that_is_gone(tmp_path: Path, discord: DiscordServer) -> None:
    """Discord still shows a command that the bot has no more: who types it is told so."""
    async with in_discord(tmp_path, discord, ScriptedModel()):
        gone = await discord.orders("abracadabra", "now")

    assert "not there any more" in gone.texts


async def test_1_a_failure_is_told(tmp_path: Path, discord: DiscordServer) -> None:
    """Whoever clicks or orders hears that it went wrong, not that the interaction failed."""

    @command(role=Role.VIEWER)
    async def status(caller: Caller) -> str:
        """Fall over."""
        raise RuntimeError

    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        del bench.kernel.dispatcher.all["status"]
        bench.kernel.add(Part(commands=(status,)))
        wrong = await discord.orders("status")
        await until(lambda: "went wrong" in wrong.texts or None, "an apology")


async def test_1_buttons_outlive_edits_of_others(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """A card that is edited loses its buttons; those of later cards still work. (A view of
    discord.py's that is edited forgets the buttons of all.)"""
    apache = calls(type(RESTART)("2.1", "restart", {"unit": "apache2"}))
    model = ScriptedModel(calls(RESTART), says("First."), apache, says("Second."))
    async with in_discord(tmp_path, discord, model, lab.tools()):
        await discord.says(f"{ME} restart nginx")
        first = await card(discord)
        await discord.clicks(first, "approve", by=APPROVER)
        await seen(discord, "First.")
        await until(lambda: {} == buttons(first) or None, "the edit")
        await discord.says(f"{ME} restart apache")
        await discord.clicks(await card(discord), "approve", by=APPROVER)
        await seen(discord, "Second.")

    assert ["restart nginx", "restart apache2"] == lab.did


async def test_1_a_thread_that_is_there_already(tmp_path: Path, discord: DiscordServer) -> None:
    """Somebody was quicker in opening a thread for their question: the answer goes there."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Here."))):
        asked = discord.world.write(CHANNEL, "1", {"content": f"{ME} hello"})
        discord.world.open_thread(CHANNEL, asked["id"], {"name": "mine"})
        await discord.tell(asked)
        answer = await seen(discord, "Here.")

    assert asked["id"] == answer["channel_id"]
    assert "mine" == discord.world.channels[asked["id"]]["name"]


async def test_1_a_word_in_a_sleeping_thread(tmp_path: Path, discord: DiscordServer) -> None:
    """Discord does not say what such a thread belongs to: it is asked, and the conversation goes
    on."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Fine."))):
        asked = await discord.says(f"{ME} how is web1?")
        await seen(discord, "Fine.")
    discord.world.channels[asked["id"]]["thread_metadata"]["archived"] = True
    model = ScriptedModel(says("Still fine."))
    async with in_discord(tmp_path, discord, model):
        await discord.says("and now?", channel=asked["id"])
        answer = await seen(discord, "Still fine.")

    assert asked["id"] == answer["channel_id"]
    assert "how is web1?" in str(model.asked[0].messages)


async def test_1_text_files_are_read(tmp_path: Path, discord: DiscordServer) -> None:
    """Text goes into the conversation; what else was attached, and what is too large, is told."""
    model = ScriptedModel(says("The disk is full."))
    async with in_discord(tmp_path, discord, model):
        files = [
            discord.attached("app.log", b"ENOSPC on /var"),
            discord.attached("setup.exe", b"MZ", "application/x-dosexec"),
            discord.attached("all.log", b"x" * (65 << 10)),
        ]
        await discord.says(f"{ME} what is this?", attachments=files)
        await seen(discord, "The disk is full.")

    heard = str(model.asked[0].messages)
    assert "ENOSPC on /var" in heard
    assert "setup.exe was left out" in heard
    assert "all.log was left out: it has more than 64 KiB" in heard


async def test_5_5_orders_are_taken_before_the_model_thinks(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """The fake gives up after Discord's three seconds: a model that thinks longer delays
    neither a question nor what is asked meanwhile."""
    thought = asyncio.Event()
    async with in_discord(tmp_path, discord, ScriptedModel(thought, says("Done."))):
        asked = await discord.orders("ask", "how is web1?")
        status = await discord.orders("status")
        await until(lambda: "mode supervised" in status.texts or None, "a status")
        await until(lambda: "Answered in" in asked.texts or None, "where")
        thought.set()
        await seen(discord, "Done.")

    assert {5} == {asked.answered, status.answered}


async def test_5_2_strangers_get_nowhere(tmp_path: Path, discord: DiscordServer) -> None:
    """Orders, questions, suggestions, the message menu and forms: who is in another guild only is
    refused by each, and no run begins."""
    discord.world.guild_roles["7000"] = []
    discord.world.person(OUTSIDER, "otto", guild="7000")
    discord.world.roles["7000", shapes.BOT] = []
    discord.world.channels["7001"] = shapes.text_channel("7001", "theirs", "7000")
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        message = await discord.says("ALERT", by=OUTSIDER, channel="7001")
        menu = await discord.menu(message, by=OUTSIDER)
        mine = await discord.menu(await discord.says("ALERT"))
        mine.channel = "7001"
        refused = [
            menu,
            await discord.submits(mine, {"question": "what?"}, by=OUTSIDER),
            await discord.orders("status", by=OUTSIDER, channel="7001"),
            await discord.orders("ask", "how is web1?", by=OUTSIDER, channel="7001"),
        ]
        for each in refused:
            await until(lambda each=each: "you have no role" in each.texts or None, "a refusal")
        suggested = await discord.types("ask", "run ", by=OUTSIDER, channel="7001")
        runs = await bench.store.read("SELECT COUNT(*) FROM runs")

    assert {} == menu.modal
    assert [] == suggested
    assert [(0,)] == runs


async def test_5_4_expired_cards_lose_their_buttons(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Nobody decided: the card says so, and a click that comes too late runs nothing."""
    model = ScriptedModel(calls(RESTART))
    async with in_discord(tmp_path, discord, model, lab.tools()) as bench:
        await discord.says(f"{ME} restart nginx")
        shown_card = await card(discord)
        await bench.store.write("UPDATE approvals SET expires = {now}")
        before = {**shown_card, "components": list(shown_card["components"])}
        await until(lambda: "xpired" in shown(shown_card) or None, "expiry", seconds=20)
        assert {} == buttons(shown_card)
        discord.world.messages[shown_card["id"]]["components"] = before["components"]
        late = await discord.clicks(before, "approve", by=APPROVER)
        await until(lambda: late.texts or None, "a refusal")

    assert [] == lab.did


async def test_5_9_an_answer_is_not_posted_twice(tmp_path: Path, discord: DiscordServer) -> None:
    """The bot died after it had posted an answer and before it wrote that down: it finds it."""
    async with in_discord(tmp_path, discord, ScriptedModel(says("Once."))) as bench:
        await discord.says(f"{ME} hello")
        await seen(discord, "Once.")
        await told(bench, 1)
        await bench.store.write("UPDATE deliveries SET state = 'intent', message_id = ''")
        await bench.store.write("UPDATE rendered SET whole = 0")
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        await told(bench, 1)

    assert 1 == sum("Once." in shown(message) for message in said(discord))


async def test_5_10_threads_know_only_themselves(tmp_path: Path, discord: DiscordServer) -> None:
    """A thread's conversation holds neither the channel's talk nor another thread's, and is
    remembered over a restart."""
    model = ScriptedModel(says("One."), says("Two."))
    async with in_discord(tmp_path, discord, model):
        await discord.says("the cake is in the kitchen", by="2")
        first = await discord.says(f"{ME} how is web1?")
        await seen(discord, "One.")
        await discord.says(f"{ME} how is web2?")
        await seen(discord, "Two.")
    again = ScriptedModel(says("Three."))
    async with in_discord(tmp_path, discord, again):
        await discord.says("and now?", channel=first["id"])
        await seen(discord, "Three.")

    heard = [str(ask.messages) for ask in (*model.asked, *again.asked)]
    assert all("cake" not in each for each in heard)
    assert "web1" not in heard[1]
    assert "web1" in heard[2]
    assert "web2" not in heard[2]
