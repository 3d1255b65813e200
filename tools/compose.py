"""Projects of Docker Compose: services that belong together, as one directory describes them."""

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bot.resources import CommandResult, Host
from bot.tool import (
    OutcomeUnknown,
    Risk,
    Table,
    ToolContext,
    ToolError,
    ToolResult,
    Verdict,
    tool,
)
from tools.compose_file import mighty, without_environment
from tools.container import Container, read_container
from tools.containers import described
from tools.engine import Engine, engine_of
from tools.hosts.output import visible
from tools.on_host import OnHost
from tools.places import NotHere, host_errors, readable

Verb = Literal[
    "ps", "config", "logs", "images", "top", "pull", "up", "start", "stop", "restart", "down"
]
Service = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.-]*$", max_length=128)]
READS = ("ps", "config", "logs", "images", "top")
WHOLE = ("config", "down")
"""They take no services: they are about the whole project."""
OPPOSITE = {"start": "stop", "stop": "start", "down": "up"}
READING = 60.0
CHANGING = 570.0
"""Seconds: images are large, and networks slow."""
LARGEST = 1024 * 1024
"""Bytes of a project's description."""
PREVIEWED = 100
"""Lines of the project's description on the approval card."""
FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""As Compose looks for them; it would go on in the directories above, where nobody let it."""
_FIND = (
    "if docker compose version >/dev/null 2>&1; then echo docker compose; "
    "elif command -v docker-compose >/dev/null; then echo docker-compose; fi"
)
_LABEL = "com.docker.compose.project.working_dir"


@dataclass(frozen=True, slots=True)
class Project:
    host: Host
    engine: Engine
    path: str
    """Its directory on the host, real."""

    async def run(self, words: str, seconds: float, **options: Any) -> CommandResult:
        """Run Compose with *words*, whichever version the host has. Raises ToolError."""
        program = (await self.host.run(_FIND, timeout=READING)).output.strip()
        if program not in ("docker compose", "docker-compose"):
            raise ToolError(
                f"{self.host.name} has no Docker Compose: install the package "
                "docker-compose-plugin of Docker's own, or docker-compose of Debian's"
            )
        engine = shlex.quote(f"unix://{self.engine.there}")
        command = f"DOCKER_HOST={engine} {program} {words}"
        return await self.host.run(command, cwd=self.path, timeout=seconds, **options)

    async def config(self) -> str:
        """Its description with everything filled in. Raises ToolError that says what is wrong."""
        result = await self.run("config", READING, keep=LARGEST)
        if result.exit_code != 0:
            raise ToolError(f"{self.path}: {result.output.strip()}")
        return result.output

    async def shown(self) -> str:
        """The same for people and models: nothing of environments, nor of what ``.env`` holds."""
        plain = await self.run("config --no-interpolate", READING, keep=LARGEST)
        if plain.exit_code == 0:
            return without_environment(plain.output)
        # Version 1 takes variables for numbers then, such as those of ports.
        names = (await self.run("config --services", READING)).output.split()
        return f"services: {', '.join(names)} (no more can be shown without secrets of .env)"

    async def containers(self) -> list[Container]:
        """Those that Compose made for it, by name."""
        listed = await self.engine.ask(lambda client: client.containers(all=True))
        own = [each["Id"] for each in listed if each["Labels"].get(_LABEL) == self.path]
        found = await self.engine.every({one: f"/containers/{one}/json" for one in own})
        return sorted(map(read_container, found.values()), key=lambda each: each.name)


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    try:
        project = await _project(ctx, given)
    except NotHere as refused:
        return refused.verdict
    # Less is shown of a project than Compose itself would, as if only its names were asked for.
    words = "config --services" if given["verb"] == "config" else words_of(given)
    judged = await project.host.judge(f"docker compose {words}", cwd=project.path)
    if given["verb"] != "up":
        return judged
    config = await project.config()
    judged = replace(judged, basis=hashlib.sha256(config.encode()).hexdigest())
    if powers := mighty(config):
        judged = replace(judged, risk=Risk.DANGER, reasons=(*judged.reasons, *powers))
    return judged


async def _preview(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    project = await _project(ctx, given)
    there = await project.containers()
    lines = [f"docker compose {words_of(given)}", f"in {project.path}", *map(described, there)]
    lines += [] if there else ["no container of it exists"]
    if given["verb"] == "up":
        config = (await project.shown()).splitlines()
        lines += ["", *config[:PREVIEWED]]
        lines += [f"… and {len(config) - PREVIEWED} more lines"] if config[PREVIEWED:] else []
    return "\n".join(map(visible, lines))


def _undo(args: BaseModel) -> str:
    given = args.model_dump()
    opposite = OPPOSITE.get(given["verb"], "")
    return f"docker_compose {opposite} {given['project']}" if opposite else ""


@tool(
    risk=_judge,
    timeout=CHANGING + READING + 20,
    preview=_preview,
    undo=_undo,
    example={"project": "/srv/app", "verb": "ps"},
)
async def docker_compose(
    ctx: ToolContext,
    project: Annotated[
        str, Field(max_length=4096, description="absolute directory that holds compose.yaml")
    ],
    verb: Annotated[
        Verb, Field(description="ps: what runs; up: create and start; down: stop and remove")
    ],
    services: Annotated[
        list[Service] | None, Field(max_length=50, description="only these; leave out for all")
    ] = None,
    lines: Annotated[int, Field(ge=1, le=1000, description="how many log lines, newest")] = 100,
    host: OnHost = None,
) -> ToolResult:
    """Look at a Docker Compose project (ps, config, logs, images, top) or change it (pull, up,
    start, stop, restart, down)."""
    given = {
        "project": project, "verb": verb, "services": services, "lines": lines, "host": host,
    }  # fmt: skip
    found = await _project(ctx, given)
    if verb == "config":
        await found.config()
        return ToolResult(await found.shown())
    await found.engine.ask(lambda _: None)  # says better than Compose does why nobody answers
    words = words_of(given)
    reads = verb in READS
    result = await found.run(words, READING if reads else CHANGING, on_output=ctx.progress)
    output = _ended(words, result, reads=reads)
    if reads and verb != "ps":
        return ToolResult(output or "nothing to tell")
    there = await found.containers()
    now = "\n".join(map(described, there)) or "no container of it exists"
    return ToolResult(now if reads else f"{output}\n{verb} done:\n{now}".strip(), _table(there))


def words_of(given: dict[str, Any]) -> str:
    """What follows ``docker compose``. Raises ToolError when the verb takes no services."""
    verb: str = given["verb"]
    services: list[str] = given["services"] or []
    if services and verb in WHOLE:
        raise ToolError(f"{verb} is about the whole project: leave services out")
    options = {"up": ["-d"], "ps": ["-a"], "logs": ["--no-color", f"--tail={given['lines']}"]}
    return shlex.join([verb, *options.get(verb, []), *services])


async def _project(ctx: ToolContext, given: dict[str, Any]) -> Project:
    """Raises NotHere, or ToolError when there is nothing that describes one.

    It needs no right to write there: the directory stays as it is."""
    place = await readable(ctx, given["host"], given["project"])
    with host_errors():
        names = {each.path.rpartition("/")[2] for each in await place.host.files.list(place.path)}
    if names.isdisjoint(FILES):
        raise ToolError(f"{place.path} holds none of {', '.join(FILES)}")
    return Project(place.host, await engine_of(place.host), place.path)


def _ended(words: str, result: CommandResult, *, reads: bool) -> str:
    """Its output. Raises ToolError unless it went well."""
    output = result.output.strip()
    if result.ended != "exited":
        error = ToolError if reads else OutcomeUnknown
        raise error(f"docker compose {words}: {result.ended} after {result.seconds:g} s\n{output}")
    if result.exit_code != 0:
        raise ToolError(f"docker compose {words} failed, exit {result.exit_code}\n{output}")
    return output


def _table(containers: Sequence[Container]) -> Table:
    now = time()
    rows = ((each.name, each.state(now), each.health or "-", each.image) for each in containers)
    return Table(("name", "state", "health", "image"), tuple(rows))
