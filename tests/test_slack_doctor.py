"""What ``doctor slack`` finds."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.slack import create
from adapters.slack.doctor import wanted
from bot.config import BadSettings
from tests.bot_process import bot_says
from tests.fakes.slack import api
from tests.fakes.slack.server import SlackServer, slack_server
from tests.kernel_kit import settings


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        yield server


async def doctor(directory: Path, slack: SlackServer, **given: str) -> tuple[int, str]:
    tokens = {"slack_bot_token": api.BOT_TOKEN, "slack_app_token": api.APP_TOKEN, **given}
    url = f"{slack.url}/api/"
    return await bot_says(directory, "doctor", "slack", slack_api_url=url, **tokens)


async def test_all_is_well(tmp_path: Path, slack: SlackServer) -> None:
    """Good tokens, all scopes, a channel: it says so and ends with 0."""
    status, said = await doctor(tmp_path, slack)

    assert 0 == status
    assert "nothing is wrong" in said


@pytest.mark.parametrize("which", ["bot", "app"])
async def test_a_wrong_token_is_named(tmp_path: Path, slack: SlackServer, which: str) -> None:
    """The setting and what the token should look like, within seconds."""
    status, said = await doctor(tmp_path, slack, **{f"slack_{which}_token": f"xx{which}-no"})

    assert 1 == status
    assert f"AI_SLACK_{which.upper()}_TOKEN" in said


async def test_what_is_missing_is_named(
    tmp_path: Path, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scopes that were not given, and that the bot is in no channel."""
    slack.workspace.joined.clear()
    monkeypatch.setattr(api, "SCOPES", "chat:write,commands")
    status, said = await doctor(tmp_path, slack)

    assert 1 == status
    assert "app_mentions:read" in said
    assert "chat:write" not in said
    assert "/invite" in said


def test_the_manifest_asks_for_what_the_fake_gives() -> None:
    """The fake workspace grants the manifest's scopes, and no others."""
    assert set(api.SCOPES.split(",")) == wanted()


def test_one_token_is_not_enough(tmp_path: Path) -> None:
    """Both tokens or none: the missing one is named."""
    with pytest.raises(BadSettings, match="AI_SLACK_APP_TOKEN"):
        create(settings(tmp_path, slack_bot_token="xoxb-1"), None)  # type: ignore[arg-type]
