"""Containers of a host's Docker engine."""

import asyncio
from time import monotonic, time
from typing import Annotated

from pydantic import BaseModel, Field

from bot.tool import (
    Level,
    OutcomeUnknown,
    Risk,
    Table,
    ToolContext,
    ToolError,
    ToolResult,
    Verdict,
    tool,
)
from tools.container import Container, line, read_container
from tools.engine import Client, Engine, Name, NoAnswer, NotThere, engine_of
from tools.on_host import OnHost
from tools.units import age

SETTLE = 1.0
"""Seconds for which a container that was restarted must keep running."""
HEALTHY = 90.0
"""Seconds it may take to become healthy."""
GRACE = 60
"""Seconds that it may take to stop at most."""
POLL = 0.25
NAMED = 30
"""Containers that an error names."""
_COLUMNS = ("name", "state", "health", "restarts", "image", "ports", "age")
Filter = Annotated[str, Field(max_length=64, description="only names or images that contain this")]


@tool(risk=Risk.READ, example={})
async def docker_status(ctx: ToolContext, filter: Filter = "", host: OnHost = None) -> ToolResult:  # noqa: A002 - as other tools name it
    """List all Docker containers: state, health, restarts, image, ports, age; also stopped ones."""
    engine = await engine_of(ctx.hosts.get(host))
    ids = await engine.ask(lambda client: [each["Id"] for each in client.containers(all=True)])
    asked = await engine.every({one: f"/containers/{one}/json" for one in ids})
    every = sorted(map(read_container, asked.values()), key=lambda each: each.name)
    wanted = filter.lower()
    found = [each for each in every if wanted in f"{each.name}\n{each.image}".lower()]
    now = time()
    rows = tuple(_row(each, now) for each in found)
    running = sum(each.status == "running" for each in found)
    head = f"{len(found)} of {len(every)} containers, {running} running"
    lines = [head, " | ".join(_COLUMNS), *(" | ".join(row) for row in rows)]
    return ToolResult("\n".join(lines) if rows else head, Table(_COLUMNS, rows))


def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:  # noqa: ARG001 - a judge is handed both
    name = args.model_dump()["container"]
    reason = f"restart the container {name}"
    return Verdict(Level.ASK, Risk.CHANGE, (reason,), shape=f"docker_restart {name}")


async def _preview(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    engine = await engine_of(ctx.hosts.get(given["host"]))
    return described(await inspected(engine, given["container"]))


@tool(
    risk=_judge,
    timeout=GRACE + HEALTHY + 30,
    preview=_preview,
    example={"container": "web"},
)
async def docker_restart(
    ctx: ToolContext,
    container: Name,
    grace: Annotated[
        int, Field(ge=0, le=GRACE, description="seconds it gets to stop by itself")
    ] = 10,
    host: OnHost = None,
) -> ToolResult:
    """Restart a container, wait until it runs and is healthy, and tell its state before and after.

    A stopped container is started."""
    engine = await engine_of(ctx.hosts.get(host))
    before = await inspected(engine, container)
    ctx.progress(f"restarting {before.name}\n")
    await _restart(engine, before, grace)
    after = await _settled(ctx, engine, before.id)
    now = time()
    rows = tuple(zip(_COLUMNS, _row(before, now), _row(after, now), strict=True))
    text = f"restarted\nbefore: {described(before)}\nafter: {described(after)}"
    return ToolResult(text, Table(("", "before", "after"), rows))


async def inspected(engine: Engine, name: str) -> Container:
    """The container of this name or id. Raises ToolError that names those that there are."""

    def question(client: Client) -> Container:
        return read_container(client.inspect_container(name))

    try:
        return await engine.ask(question)
    except NotThere:
        listed = await engine.ask(lambda client: client.containers(all=True))
        names = sorted(line(each["Names"][0].lstrip("/")) for each in listed if each["Names"])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        known = ", ".join(names[:NAMED]) + more or "none"
        raise NotThere(
            f"there is no container {name} on {engine.host}; there are: {known}"
        ) from None


async def _restart(engine: Engine, container: Container, grace: int) -> None:
    doubt = f"{container.name}: the engine was asked to restart it, and may still do so"
    try:
        await engine.ask(
            lambda client: client.restart(container.id, timeout=grace), longer=grace + 10
        )
    except NoAnswer as error:
        raise OutcomeUnknown(f"{doubt}; {error}") from error
    except asyncio.CancelledError:
        raise OutcomeUnknown(doubt) from None


async def _settled(ctx: ToolContext, engine: Engine, one: str) -> Container:
    """Once it runs, is healthy, and has been so for a moment. Raises ToolError otherwise."""
    began = monotonic()
    shown = ""
    while True:
        now = await inspected(engine, one)
        told = now.health or now.status
        if told != shown:
            ctx.progress(f"{now.name} is {told}\n")
            shown = told
        waited = monotonic() - began
        if now.well and waited >= SETTLE:
            return now
        if (now.status == "exited" and waited >= SETTLE) or waited > HEALTHY:
            break
        if now.health == "unhealthy":
            break
        await asyncio.sleep(POLL)
    said = f"; its health check said: {now.probe}" if now.health and now.probe else ""
    raise ToolError(
        f"{now.name} was restarted, but is not well: {described(now)}{said}; see docker_logs"
    )


def _row(container: Container, now: float) -> tuple[str, ...]:
    return (
        container.name,
        container.state(now),
        container.health or "-",
        str(container.restarts),
        container.image,
        ", ".join(container.ports) or "-",
        age(max(now - container.created, 0)),
    )


def described(container: Container) -> str:
    health = f", {container.health}" if container.health else ""
    return (
        f"{container.name} {container.state(time())}{health}, "
        f"{container.restarts} restarts by the engine, image {container.image}"
    )
