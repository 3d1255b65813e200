"""Files that come with a message in Discord."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.pictures import LARGEST
from tests.discord_kit import ME, in_discord, people, seen
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.model import ScriptedModel, says
from tests.fakes.ollama import FakeOllama
from tests.picture_kit import JPEG, models, png, sent_images


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


async def test_pictures_and_texts_reach_a_model(tmp_path: Path, discord: DiscordServer) -> None:
    """A text file is read, pictures are shown to a model that sees, the rest is told."""
    files = [
        discord.upload("log.txt", "text/plain; charset=utf-8", b"disk full at 03:00"),
        discord.upload("graph.png", "image/png", png(5)),
        discord.upload("photo.jpg", "image/jpeg", JPEG + bytes(2 * 1024 * 1024)),
        discord.upload("core", "application/octet-stream", b"\x7fELF"),
    ]
    async with (
        FakeOllama() as ollama,
        models(ollama, tmp_path) as model,
        in_discord(tmp_path, discord, model),
    ):
        await discord.says(f"{ME} look", attachments=files)
        await seen(discord, "said llama3.2-vision:11b")

    [asked] = ollama.requests
    assert [png(5), JPEG + bytes(2 * 1024 * 1024)] == sent_images(asked)
    assert "disk full at 03:00" in asked.last_user
    assert "[core was left out: only text and pictures" in asked.last_user


async def test_a_picture_needs_no_words(tmp_path: Path, discord: DiscordServer) -> None:
    """A mention and a picture are a question."""
    model = ScriptedModel(says("A graph."))
    async with in_discord(tmp_path, discord, model):
        await discord.says(ME, attachments=[discord.upload("graph.png", "image/png", png())])
        await seen(discord, "A graph.")

    assert (png(),) == model.asked[0].messages[-1].images


@pytest.mark.parametrize(
    ("name", "data", "more", "why"),
    [
        ("big.png", png(), {"size": LARGEST + 1}, "big.png is larger than 10 MiB"),
        ("fake.png", b"MZ", {}, "fake.png is no PNG, JPEG, WebP or GIF picture"),
        ("lying.png", png(0, LARGEST), {"size": 9}, "Discord did not give me lying.png"),
        ("far.png", png(), {"url": "http://localhost:1/far.png"}, "Discord did not give me far"),
    ],
)
async def test_refused_in_one_line(
    tmp_path: Path, discord: DiscordServer, name: str, data: bytes, more: dict[str, int], why: str
) -> None:
    """As a reply; no run starts, and what is too large or elsewhere is not even fetched."""
    file = discord.upload(name, "image/png", data, **more)
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        await discord.says(f"{ME} look", attachments=[file])
        told = await seen(discord, why)
        runs = await bench.store.read("SELECT id FROM runs")

    assert "\n" not in told["content"]
    assert not runs
    assert (name in ("fake.png", "lying.png")) == bool(discord.asked_for)
