"""A bot that lives in a fake Discord, and people in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from adapters.discord.service import DiscordService
from bot.config import Settings
from bot.ports import Model, Part, Store
from bot.tool import Tool
from tests.fakes.discord.server import DiscordServer
from tests.fakes.discord.shapes import BOT, GUILD, TOKEN, Shape
from tests.fakes.discord.world import buttons, shown
from tests.kernel_kit import Bench, process

Found = TypeVar("Found")
ME = f"<@{BOT}>"
OPERATOR, APPROVER, VIEWER, OUTSIDER = "1", "2", "3", "4"
OPS_ROLE, DECIDING_ROLE = "5000", "6000"
ROLES = f"""
approver = ["discord:{APPROVER}", "discord-role:{GUILD}/{DECIDING_ROLE}"]
operator = ["discord-role:{GUILD}/{OPS_ROLE}"]
"""


def people(server: DiscordServer) -> None:
    server.world.person(OPERATOR, "olga", OPS_ROLE)
    server.world.person(APPROVER, "anna")
    server.world.person(VIEWER, "vic")
    server.world.person(OUTSIDER, "otto", guild="")


@asynccontextmanager
async def in_discord(
    directory: Path,
    server: DiscordServer,
    model: Model,
    tools: Mapping[str, Tool] | Sequence[Tool] = (),
    *,
    wait: bool = True,
    stale: float = 60.0,
    **given: Any,
) -> AsyncGenerator[Bench]:
    """One life of the bot; it is connected when this begins."""
    roles = directory / "roles.toml"
    roles.write_text(ROLES)
    chosen: dict[str, Any] = {
        "roles_file": roles,
        "discord_token": TOKEN,
        "discord_api_url": server.url,
        "discord_gateway_url": server.gateway.url,
        "discord_home_guild": GUILD,
        **given,
    }
    services: list[DiscordService] = []

    def made(settings: Settings, store: Store) -> list[DiscordService]:
        services.append(DiscordService(settings, store, stale=stale, calm=0.1))
        return services

    async with process(
        directory,
        model,
        tools,
        services=made,
        **chosen,
    ) as bench:
        bench.kernel.add(Part(troubles=lambda: services[0].troubles() if services else {}))
        if wait:
            await until(lambda: services[0].connected or None, "a connection")
        yield bench


async def until(found: Callable[[], Found | None], what: str, *, seconds: float = 10) -> Found:
    """Look again and again: nobody tells a test what Discord shows."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if (message := found()) is not None:
                    return message
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not seen in {seconds} s: {what}") from None


async def health(bench: Bench, text: str, *, seconds: float = 10) -> str:
    """What is wrong with Discord, once it holds *text*; empty: once nothing is."""
    async with asyncio.timeout(seconds):
        while True:
            trouble = (await bench.kernel.health()).parts.get("discord", "")
            if text in trouble and bool(text) == bool(trouble):
                return trouble
            await asyncio.sleep(0.05)


async def told(bench: Bench, runs: int) -> None:
    """Until so many runs are told to their end."""
    async with asyncio.timeout(20):
        while True:
            [(whole,)] = await bench.store.read("SELECT COUNT(*) FROM rendered WHERE whole = 1")
            if whole == runs:
                return
            await asyncio.sleep(0.02)


def said(server: DiscordServer) -> list[Shape]:
    """The bot's messages, oldest first."""
    mine = (m for m in server.world.messages.values() if m["author"]["id"] == BOT)
    return sorted(mine, key=lambda message: int(message["id"]))


async def seen(server: DiscordServer, text: str, *, seconds: float = 10) -> Shape:
    """The first message of the bot's that shows *text*."""

    def look() -> Shape | None:
        return next((m for m in said(server) if text in shown(m)), None)

    try:
        return await until(look, text, seconds=seconds)
    except AssertionError:
        there = "\n---\n".join(map(shown, said(server)))
        raise AssertionError(
            f"{text!r} was not said; there is:\n{there}\nrefused: {server.api.refused}"
        ) from None


async def card(server: DiscordServer) -> Shape:
    """The newest message with something to decide."""

    def look() -> Shape | None:
        mine = reversed(said(server))
        return next((m for m in mine if {"deny", "again", "sure_again"} & buttons(m).keys()), None)

    return await until(look, "a card")
