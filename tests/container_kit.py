"""Containers to act on: this machine with the lab's Docker engine, and a bot that has both."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import tools.hosts
from bot.ids import new_id
from bot.resources import Hosts
from bot.tool import ToolContext
from tests.driving_kit import Driver, driving
from tests.kernel_kit import settings
from tests.lab.engine import Engine
from tests.tools_kit import context
from tools.hosts.local import LocalHost

CHATTY = "trap 'exit 0' TERM; echo ready; echo trouble >&2; while :; do sleep 0.1; done"
"""A program that says a line on each stream and ends when it is told to."""


def with_engine(hosts: Hosts, socket: Path | str) -> Hosts:
    """The same hosts, this machine's Docker engine being the one at *socket*."""
    cast("LocalHost", hosts.get("local")).docker = str(socket)
    return hosts


def at_engine(
    data: Path, socket: Path | str, *, progress: Callable[[str], None] = lambda _: None
) -> ToolContext:
    """A call by ann, on this machine with that engine."""
    ctx = context(data, progress=progress)
    with_engine(ctx.hosts, socket)
    return ctx


@asynccontextmanager
async def driving_engine(data: Path, socket: Path | str, **given: Any) -> AsyncGenerator[Driver]:
    """A running bot with all tools whose host has that engine."""
    hosts = with_engine(tools.hosts.create(settings(data, **given)), socket)
    async with driving(data, hosts=hosts, **given) as driver:
        yield driver


@contextmanager
def container(engine: Engine, *options: str, program: str = CHATTY) -> Generator[str]:
    """The name of a running container, which is gone afterwards. *options*: of ``docker run``."""
    name = f"test-{new_id()[-8:].lower()}"
    image = engine.busybox()
    engine.docker("run", "--detach", "--name", name, *options, image, "sh", "-c", program)
    try:
        yield name
    finally:
        engine.docker("rm", "--force", "--volumes", name)
