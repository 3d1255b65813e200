"""The bot in Slack as a process of its own: ``slack_bot API_URL DIRECTORY``, until it is ended.

The kernel and the adapter are real; the model answers with what it was asked after half a second.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

from adapters.slack.service import SlackService
from bot import garbage
from bot.events import ModelReplied
from bot.ports import Ask, Delta
from tests.fakes.model import ScriptedModel
from tests.fakes.slack.api import APP_TOKEN, BOT_TOKEN
from tests.kernel_kit import process
from tests.slack_crowd import repeats

THOUGHT = 0.5
"""Seconds for an answer."""


class Slow(ScriptedModel):
    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        await asyncio.sleep(THOUGHT)
        yield repeats(ask)


async def serve(url: str, directory: Path) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    roles = directory / "roles.toml"
    roles.write_text('approver = ["slack:U2"]\noperator = ["slack:U1"]\n')
    async with process(
        directory,
        Slow(),
        services=lambda settings, store: [SlackService(settings, store)],
        roles_file=roles,
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=url,
    ):
        garbage.calm()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
