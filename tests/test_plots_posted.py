"""Plots in Slack and Discord: one picture for each call, once, quietly, in the right thread."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.discord.parts import SILENT
from adapters.live.plots.drawing import plots
from adapters.live.story import Story
from bot.events import ToolFinished
from bot.plot import Bars, Measure
from bot.recorded import Recorded
from bot.tool import ToolCall
from tests import discord_kit
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.kernel_kit import Bench
from tests.plot_kit import picture_size, space
from tests.slack_kit import ME, in_slack, people, seen, until
from tests.tools_kit import settings
from tools.hosts import create
from tools.system import disk_usage

SPACE = ToolCall("1.1", "space")


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        discord_kit.people(server)
        yield server


async def test_slack_gets_one_picture(tmp_path: Path, slack: SlackServer) -> None:
    """disk_usage is shown as one PNG image in the thread, with its numbers as alternative text;
    another life of the bot does not upload it again."""
    model = ScriptedModel(calls(ToolCall("1.1", "disk_usage")), says("There is room."))
    hosts = create(settings(tmp_path / "data"))
    async with in_slack(tmp_path, slack, model, [disk_usage], hosts=hosts):
        asked = await slack.says(f"{ME} how full are the disks?")
        await seen(slack, "There is room.")
        message = await until(
            lambda: next((m for m in slack.workspace.messages["C1"] if m.get("files")), None), "it"
        )
    again = ScriptedModel(says("Still here."))
    async with in_slack(tmp_path, slack, again, [disk_usage], hosts=hosts):
        await slack.says(f"{ME} are you there?")
        await seen(slack, "Still here.")

    [file] = slack.workspace.files
    width, height = picture_size(file["data"])
    assert 1200 == width
    assert 100 < height < 2500
    assert "disk use on local: / " in file["alt_txt"]
    assert asked["ts"] == message["thread_ts"]
    assert "disk use on local" == message["files"][0]["title"]
    assert [] == slack.api.refused


async def test_slack_never_gets_a_picture_twice(tmp_path: Path, slack: SlackServer) -> None:
    """The connection breaks after the picture was shared: it is found by its name, and not shared
    again."""
    slack.api.trouble["files.completeUploadExternal"] = ["drop after"]
    model = ScriptedModel(calls(SPACE), says("There is room."))
    async with in_slack(tmp_path, slack, model, [space()]) as bench:
        await slack.says(f"{ME} how full are the disks?")
        await seen(slack, "There is room.")
        await whole(bench)

    assert [] == slack.api.trouble["files.completeUploadExternal"]
    assert 1 == len(slack.workspace.files)
    assert 1 == sum(bool(m.get("files")) for m in slack.workspace.messages["C1"])


async def test_the_answer_waits_for_no_picture(tmp_path: Path, slack: SlackServer) -> None:
    """Slack takes no files: the answer is there all the same, and the bot gives up on the
    picture."""
    slack.api.missing_scopes.add("files.getUploadURLExternal")
    model = ScriptedModel(calls(SPACE), says("There is room."))
    async with in_slack(tmp_path, slack, model, [space()]) as bench:
        await slack.says(f"{ME} how full are the disks?")
        await seen(slack, "There is room.")
        await whole(bench)

    assert [] == slack.workspace.files


async def test_a_quiet_bot_posts_no_pictures(tmp_path: Path, slack: SlackServer) -> None:
    """AI_THOUGHTS=off: the answer only."""
    model = ScriptedModel(calls(SPACE), says("There is room."))
    async with in_slack(tmp_path, slack, model, [space()], thoughts="off") as bench:
        await slack.says(f"{ME} how full are the disks?")
        await seen(slack, "There is room.")
        await whole(bench)

    assert [] == slack.workspace.files


async def test_an_upload_in_trouble_comes_later(tmp_path: Path, slack: SlackServer) -> None:
    """While Slack takes no files the answer is posted; the picture follows when it can."""
    slack.api.trouble["files.getUploadURLExternal"] = ["503", "503"]
    model = ScriptedModel(calls(SPACE), says("There is room."))
    async with in_slack(tmp_path, slack, model, [space()]) as bench:
        await slack.says(f"{ME} how full are the disks?")
        answer = await seen(slack, "There is room.")
        await whole(bench)

    [message] = [m for m in slack.workspace.messages["C1"] if m.get("files")]
    assert answer["ts"] < message["ts"]


def test_a_run_posts_few_pictures() -> None:
    """A question to many hosts does not fill the thread: the first four to come, the page has
    all; two of a kind are two messages."""
    many = [ToolCall(f"1.{each}", "space", {"at": f"web{each}"}) for each in range(7)]
    plot = Bars("disk use", (Measure("/", 1, "1 B"),))
    ends = [ToolFinished(call.id, plot=plot) for call in reversed(many)]
    story = Story("run")
    for seq, event in enumerate([calls(*many), *ends]):
        story.fold(Recorded(seq, "run", seq, seq, None, event))
    posts = list(plots(story))

    assert ["plot 1.6", "plot 1.5", "plot 1.4", "plot 1.3"] == [post.part for post in posts]
    assert all(post.uploads for post in posts)


async def test_discord_gets_one_picture(tmp_path: Path, discord: DiscordServer) -> None:
    """One attachment with alternative text, in silence."""
    model = ScriptedModel(calls(SPACE), says("There is room."))
    async with discord_kit.in_discord(tmp_path, discord, model, [space()]) as bench:
        await discord.says(f"{discord_kit.ME} how full are the disks?")
        await discord_kit.seen(discord, "There is room.")
        await whole(bench)

    [message] = [m for m in discord_kit.said(discord) if m["attachments"]]
    [file] = message["attachments"]
    assert 1200 == picture_size(file["data"].encode("latin-1"))[0]
    assert "disk use on web1: / 71%, <!channel> 93%" == file["description"]
    assert message["flags"] & SILENT
    assert [] == discord.api.refused


async def whole(bench: Bench) -> None:
    """Until all of a run was told."""
    async with asyncio.timeout(20):
        while True:
            if await bench.store.read("SELECT 1 FROM rendered WHERE whole = 1"):
                return
            await asyncio.sleep(0.05)
