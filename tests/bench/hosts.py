"""What hosts over SSH take: a command beside the bare channel and ``ssh``, and a sweep of many."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh

from bot.tool import ToolContext
from tests.bench.machine import Yardstick
from tests.bench.slow_link import slow_link
from tests.lab.sshd import Sshd, sshd
from tests.tools_kit import context, settings
from tools import hosts
from tools.commands import execute_command
from tools.hosts.ssh import SshHost
from tools.hosts.wrapper import command_line
from tools.system import system_info

Figures = dict[str, float]
_FAR = 0.05
"""Seconds a word to a far machine and its answer take."""
_SPAWNS = 10
"""One in so many rounds spawns ``ssh``: it takes long."""


async def measure(scenario: str, directory: Path, options: Mapping[str, float]) -> Figures:
    # A plain account: what this one's own start-up files take is not ours.
    with sshd(f"SetEnv HOME={directory}") as server:
        if scenario == "command":
            return await command(server, directory, int(options["times"]))
        return await sweep(server, directory, int(options["count"]))


async def command(server: Sshd, directory: Path, times: int) -> Figures:
    """``true`` by the tool and by other ways, in turn; milliseconds.

    ``bare``: asyncssh's own ``run`` of a bash in a clean environment, as everything that is run on
    a host has; ``plain``: the same without it; ``spawn``: a process of ``ssh`` each time."""
    taken: dict[str, list[float]] = {"tool": [], "bare": [], "plain": [], "spawn": []}
    yard = Yardstick()
    async with inventory(server, directory, [server.port]) as ctx:
        link = over(ctx, "h0").link
        connection = await link.connection()
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "tool": lambda: execute_command(execute_command.parse({"command": "true"}), ctx),
            "bare": lambda: connection.run(command_line("root", "true"), stdin=asyncssh.DEVNULL),
            "plain": lambda: connection.run("true", stdin=asyncssh.DEVNULL),
            "spawn": lambda: _spawned(server),
        }
        for number in range(times):
            yard.take()
            for name, way in ways.items():
                if name != "spawn" or number % _SPAWNS == 0:
                    taken[name].append(await _took(way))
    median = {name: statistics.median(times) for name, times in taken.items()}
    return {
        **{f"{name}_ms": found for name, found in median.items()},
        "over_bare": median["tool"] / median["bare"],
        "over_plain": median["tool"] / median["plain"],
        "under_spawn": median["spawn"] / median["tool"],
        **yard.figures(),
    }


async def sweep(server: Sshd, directory: Path, count: int) -> Figures:
    """``system_info`` of *count* far machines at once, seconds: first with nothing connected yet
    (``cold_s``), then over the warm connections (``warm_s``)."""
    yard = Yardstick()
    async with AsyncExitStack() as links:
        ports = [
            await links.enter_async_context(slow_link(server.port, _FAR)) for _ in range(count)
        ]
        ctx = await links.enter_async_context(inventory(server, directory, ports))
        taken: list[float] = []
        for _ in range(4):
            yard.take()
            taken.append(await _took(lambda: _swept(ctx)))
        yard.take()
    cold, *warm = (each / 1e3 for each in taken)
    return {"cold_s": cold, "warm_s": statistics.median(warm), **yard.figures()}


async def _swept(ctx: ToolContext) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name in ctx.hosts.names():
            if name != "local":
                tasks.create_task(_told_of(name, ctx))


async def _told_of(name: str, ctx: ToolContext) -> None:
    await system_info(system_info.parse({"host": name}), ctx)


async def _spawned(server: Sshd) -> None:
    options = (
        "-F",
        "none",
        "-o",
        "BatchMode=yes",
        "-o",
        f"UserKnownHostsFile={server.known_hosts}",
    )
    process = await asyncio.create_subprocess_exec(
        "ssh", *options, "-i", server.key, "-p", str(server.port), "root@127.0.0.1", "true"
    )
    assert await process.wait() == 0


async def _took(way: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await way()
    return (time.perf_counter() - began) * 1e3


@asynccontextmanager
async def inventory(server: Sshd, directory: Path, ports: list[int]) -> AsyncGenerator[ToolContext]:
    """Hosts ``h0`` … at *ports* of this machine, the first one the default."""
    known, file = directory / "known_hosts", directory / "hosts.toml"
    key = (server.home / "host.pub").read_text()
    known.write_text("".join(f"[127.0.0.1]:{port} {key}" for port in ports))
    file.write_text(
        "".join(
            f'[hosts.h{number}]\naddress = "127.0.0.1"\nport = {port}\nkey = "{server.key}"\n'
            f'known_hosts = "{known}"\n'
            for number, port in enumerate(ports)
        )
    )
    given = settings(directory / "data").model_copy(
        update={"hosts_file": file, "default_host": "h0"}
    )
    listed = hosts.create(given)
    try:
        yield replace(context(directory / "data"), hosts=listed)
    finally:
        await listed.close()


def over(ctx: ToolContext, name: str) -> SshHost:
    host = ctx.hosts.get(name)
    assert isinstance(host, SshHost)
    return host
