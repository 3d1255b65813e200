"""Many people talk to the bot in Slack at once, and Slack delivers everything more than once."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.bench.machine import quantile
from tests.fakes.model import ScriptedModel
from tests.fakes.slack.server import SlackServer, slack_server
from tests.kernel_kit import Bench
from tests.slack_crowd import Crowd, repeats
from tests.slack_kit import in_slack, people, until

RATE, SECONDS = 200, 1.5


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        server.api.paced = True
        yield server


async def figures(bench: Bench) -> tuple[int, int]:
    """Messages in the inbox, runs."""
    [row] = await bench.store.read(
        "SELECT (SELECT COUNT(*) FROM inbox), (SELECT COUNT(*) FROM runs)"
    )
    return row[0], row[1]


async def test_200_messages_a_second(tmp_path: Path, slack: SlackServer) -> None:
    """In 50 channels, with Slack's posting limits: each is acknowledged, kept once, covered by
    one answer in the order of its thread, and Slack never has to say that it is too much. Then
    Slack delivers all of them three times again, the last time to the bot's next life: nothing
    runs or is posted again."""
    crowd = Crowd(slack)
    async with in_slack(tmp_path, slack, ScriptedModel(script=repeats), sockets=2) as bench:
        await crowd.talk(RATE, SECONDS)
        acks, late = crowd.acks[:], crowd.again
        await until(lambda: {} if crowd.covered() else None, "all answers", seconds=60)
        kept = await figures(bench)
        posts = len(slack.workspace.posts)
        await crowd.repeat(2)
        again = await figures(bench)
    async with in_slack(tmp_path, slack, ScriptedModel(script=repeats), sockets=2) as bench:
        await crowd.repeat()
        await asyncio.sleep(1.5)  # enough for a post that should not be
        after_restart = await figures(bench)

    p50, p99 = (quantile(acks, share) * 1000 for share in (0.5, 0.99))
    print(f"{len(acks)} acks: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {late} late;", end=" ")
    print(f"{kept[1]} runs, {posts} posts")
    assert len(crowd.said) == kept[0]
    assert {1} == set(crowd.answered().values())
    assert all(numbers == sorted(numbers) for numbers in crowd.orders())
    assert len(crowd.said) >= posts >= kept[1]
    assert kept == again == after_restart
    assert posts == len(slack.workspace.posts)
    assert [] == slack.api.refused
