"""Files that come with a message in Slack."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.pictures import LARGEST
from tests.fakes.model import ScriptedModel, says
from tests.fakes.ollama import FakeOllama
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import shown
from tests.picture_kit import JPEG, models, png, sent_images
from tests.slack_kit import ME, in_slack, people, seen, until


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def whispered(slack: SlackServer) -> str:
    """What one person alone was told."""
    told = slack.workspace.ephemeral
    return shown(await until(lambda: next(iter(told), None), "a whisper"))


async def test_pictures_and_texts_reach_a_model(tmp_path: Path, slack: SlackServer) -> None:
    """A text file is read, pictures are shown to a model that sees, the rest is told."""
    files = [
        slack.upload("log.txt", "text/plain", b"disk full at 03:00"),
        slack.upload("graph.png", "image/png", png(5)),
        slack.upload("photo.jpg", "image/jpeg", JPEG + bytes(2 * 1024 * 1024)),
        slack.upload("report.pdf", "application/pdf", b"%PDF-1.7"),
    ]
    async with (
        FakeOllama() as ollama,
        models(ollama, tmp_path) as model,
        in_slack(tmp_path, slack, model),
    ):
        await slack.says(f"{ME} look", files=files, subtype="file_share")
        await seen(slack, "said llama3.2-vision:11b")

    [asked] = ollama.requests
    assert [png(5), JPEG + bytes(2 * 1024 * 1024)] == sent_images(asked)
    assert "disk full at 03:00" in asked.last_user
    assert "[report.pdf was left out: only text and pictures" in asked.last_user
    assert asked.last_user.endswith("[picture: graph.png]\n[picture: photo.jpg]")


async def test_a_picture_needs_no_words(tmp_path: Path, slack: SlackServer) -> None:
    """In a direct message it is a question of its own."""
    model = ScriptedModel(says("A graph."))
    file = slack.upload("graph.png", "image/png", png())
    async with in_slack(tmp_path, slack, model):
        await slack.says("", channel="D1", files=[file], subtype="file_share")
        await seen(slack, "A graph.", channel="D1")

    assert (png(),) == model.asked[0].messages[-1].images


@pytest.mark.parametrize(
    ("name", "data", "more", "why"),
    [
        ("big.png", png(), {"size": LARGEST + 1}, "big.png is larger than 10 MiB"),
        ("fake.png", b"MZ", {}, "fake.png is no PNG, JPEG, WebP or GIF picture"),
        ("lying.png", png(0, LARGEST), {"size": 9}, "Slack did not give me lying.png"),
    ],
)
async def test_refused_in_one_line(
    tmp_path: Path, slack: SlackServer, name: str, data: bytes, more: dict[str, int], why: str
) -> None:
    """Said to who sent it, once; no run starts, and what is too large is not even fetched."""
    file = slack.upload(name, "image/png", data, **more)
    async with in_slack(tmp_path, slack, ScriptedModel()) as bench:
        await slack.says(f"{ME} look", files=[file], subtype="file_share")
        told = await whispered(slack)
        runs = await bench.store.read("SELECT id FROM runs")

    assert told.startswith(why)
    assert "\n" not in told
    assert 1 == len(slack.workspace.ephemeral)
    assert not runs
    assert ("big.png" != name) == bool(slack.asked_for)


async def test_the_token_goes_to_slack_alone(tmp_path: Path, slack: SlackServer) -> None:
    """The address of an external file is its owner's choice: it is not asked for."""
    async with slack_server() as elsewhere:
        file = elsewhere.upload("graph.png", "image/png", png(), is_external=True)
        async with in_slack(tmp_path, slack, ScriptedModel()):
            await slack.says(f"{ME} look", files=[file], subtype="file_share")
            told = await whispered(slack)

    assert "Slack did not give me graph.png; send it again" == told
    assert [] == elsewhere.asked_for


async def test_the_page_that_asks_for_a_login_is_no_file(
    tmp_path: Path, slack: SlackServer
) -> None:
    """Without the scope Slack answers with HTML, as if all were well."""
    file = slack.upload("log.txt", "text/plain", b"disk full")
    slack.closed = True
    model = ScriptedModel(says("I see."))
    async with in_slack(tmp_path, slack, model):
        await slack.says(f"{ME} look", files=[file], subtype="file_share")
        await seen(slack, "I see.")

    said = model.asked[0].messages[-1].text
    assert "[log.txt was left out: Slack did not give it]" in said
