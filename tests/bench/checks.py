"""What watching costs the bot: many checks on many hosts over SSH, for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.resources import Hosts
from healer import known
from healer.asking import Seen
from healer.check import Check
from healer.watch import Watch
from tests.bench.hosts import inventory
from tests.bench.machine import Yardstick, forget_peak, resident, settle
from tests.lab.sshd import sshd

Figures = dict[str, float]
_EVERY = 30.0
"""Seconds between two looks of each check."""
_CHECKS = ("disk", "host", "load", "services")
_TICK = 1.0


async def measure(directory: Path, options: Mapping[str, float]) -> Figures:
    """All four checks of scripts on *count* hosts for so many *seconds* of their periods.

    Every host is a connection of its own to a real sshd of this machine, which runs the scripts:
    ``core`` is what the bot's process alone used, in percent of a processor; where there is no
    systemd, a quarter of the checks has nothing to tell."""
    checks = {
        name: replace(check, every=_EVERY)
        for name, check in known.builtin().items()
        if name in _CHECKS
    }
    with sshd(f"SetEnv HOME={directory}") as server:
        async with inventory(server, directory, [server.port] * int(options["count"])) as ctx:

            async def well() -> Mapping[str, str]:
                return {}

            before, yard = resident(), Yardstick()
            await _watch(ctx.hosts, checks, well, spread=0).look(time.time())  # all connect
            watch = _watch(ctx.hosts, checks, well, spread=_EVERY)
            settle()
            forget_peak()
            yard.take()
            used, began = time.process_time(), time.monotonic()
            seen = await _watched(watch, options["seconds"])
            took = time.monotonic() - began
            used = time.process_time() - used
            yard.take()
    assert not watch.troubles(), watch.troubles()
    return {
        "core": 100 * used / took,
        "told": len({(each.check, each.host) for each in seen}),
        "peak_mb": resident(peak=True) / 1024,
        "grown_mb": resident() / 1024 - before / 1024,
        **yard.figures(),
    }


def _watch(
    hosts: Hosts,
    checks: Mapping[str, Check],
    troubles: Callable[[], Awaitable[Mapping[str, str]]],
    *,
    spread: float,
) -> Watch:
    return Watch(hosts, lambda: checks, lambda check, _: check.limits(), troubles, spread=spread)


async def _watched(watch: Watch, seconds: float) -> list[Seen]:
    """What a watch sees that looks each second, as the healer's does."""
    seen: list[Seen] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        seen += await watch.look(time.time())
        await asyncio.sleep(max(0.0, _TICK - (time.monotonic() - began)))
    return seen
