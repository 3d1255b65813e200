"""Two processes with one database: one of them is the bot in Discord."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.service import DiscordService
from adapters.live.lease import Lease, LeaseLost
from bot.store.sqlite import SqliteStore
from tests.discord_kit import ME, in_discord, people, said, seen, until
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import BOT, GUILD, TOKEN
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import Bench, process, settings

LAPSE = 1.0


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


@asynccontextmanager
async def serving(bench: Bench, server: DiscordServer, directory: Path) -> AsyncGenerator[Any]:
    """One more process that wants to be the bot in this Discord."""
    chosen = settings(
        directory, discord_token=TOKEN, discord_api_url=server.url,
        discord_gateway_url=server.gateway.url, discord_home_guild=GUILD,
    )  # fmt: skip
    # What a kernel finds at its start is of an earlier life, and taken over.
    await until(lambda: bench.kernel.runtime._tasks, "the kernel")
    service = DiscordService(chosen, bench.store, calm=0.1, lease=5.0)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(service.serve(bench.kernel.bot))
        yield service, task
        task.cancel()


async def test_one_process_is_in_discord(tmp_path: Path, discord: DiscordServer) -> None:
    """The second one stands by, which is no trouble; each message is answered once, also while
    the second one waits and when it has taken the first one's place."""
    model = ScriptedModel(says("One."), says("Two."))
    async with (
        process(tmp_path, model) as bench,
        serving(bench, discord, tmp_path) as (first, ending),
    ):
        await until(lambda: first.connected or None, "the first one")
        async with serving(bench, discord, tmp_path) as (second, _):
            await until(lambda: second.standing_by or None, "the second one")
            await discord.says(f"{ME} hello")
            await seen(discord, "One.")
            assert {"discord": ""} == second.troubles()
            assert 1 == discord.gateway.identified
            ending.cancel()
            await until(lambda: second.connected or None, "the successor")
            await discord.says(f"{ME} hello?")
            await seen(discord, "Two.")

    assert ["One.", "Two."] == [m["content"] for m in said(discord) if m["content"][-1:] == "."]


async def test_a_silent_process_is_followed(tmp_path: Path) -> None:
    """One that died without a word is waited for until its lease has lapsed, not longer."""
    async with SqliteStore.open(tmp_path / "bot.db") as store, asyncio.timeout(30):
        await store.write("INSERT INTO locks VALUES ('a', 'dead', {now} + 0.5, 0)")
        async with Lease(store, "a", seconds=LAPSE).held():
            [(left,)] = await store.read("SELECT until - {now} FROM locks")

    assert left > 0.5 * LAPSE


async def test_a_process_that_starts_again_need_not_wait(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """Under the lock of the database's file nobody else can be alive: what a crash left behind
    is nobody's."""
    async with SqliteStore.open(tmp_path / "bot.db") as store:
        dead = "INSERT INTO locks VALUES ($1, 'dead', {now} + 3600, 0)"
        await store.write(dead, f"discord:{BOT}")
    async with in_discord(tmp_path, discord, ScriptedModel(says("Here."))):
        await discord.says(f"{ME} hello")
        await seen(discord, "Here.")


async def test_a_lease_is_handed_over(tmp_path: Path) -> None:
    """Whoever leaves gives it back, so that the next one need not wait until it lapses."""
    async with SqliteStore.open(tmp_path / "bot.db") as store, asyncio.timeout(30):
        for seconds in (600.0, LAPSE):
            async with Lease(store, "a", seconds=seconds).held():
                [(owners,)] = await store.read("SELECT COUNT(*) FROM locks WHERE until > {now}")
                assert 1 == owners


async def test_who_loses_a_lease_stops(tmp_path: Path) -> None:
    """Another process has taken it, or the database is too slow to tell: both end its use."""
    async with SqliteStore.open(tmp_path / "bot.db") as store, asyncio.timeout(30):
        lease = Lease(store, "a", seconds=LAPSE)
        async with lease.held():
            await store.write("UPDATE locks SET owner = 'another', until = {now} + 60")
            with pytest.raises(LeaseLost):
                await lease.keep()

        slow = Lease(store, "b", seconds=LAPSE)
        async with slow.held(), store.transaction() as query:
            await query("UPDATE locks SET due = 0")
            with pytest.raises(LeaseLost):
                await slow.keep()
