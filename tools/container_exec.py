"""Running a program in a container."""

import shlex
from asyncio import CancelledError
from time import monotonic
from typing import Annotated, Any

from pydantic import BaseModel, Field

from bot.resources import Host
from bot.tool import OutcomeUnknown, Risk, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.commands import LONGEST, RESERVE, Seconds, told
from tools.container_program import Program
from tools.containers import described, inspected
from tools.engine import Name, engine_of
from tools.on_host import OnHost

Text = Annotated[str, Field(min_length=1, max_length=16_384)]
Words = Annotated[
    list[Annotated[str, Field(max_length=16_384)]], Field(min_length=1, max_length=200)
]
Command = Annotated[
    Text | Words,
    Field(description="one text for the container's sh, or a list of words, run as they are"),
]
User = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9_.][A-Za-z0-9_.-]*(:[A-Za-z0-9_.-]+)?)?$",
        max_length=64,
        description="user in the container, or user:group; leave out for its own",
    ),
]
Directory = Annotated[
    str, Field(pattern=r"^(/.*)?$", max_length=4096, description="absolute path in the container")
]


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    return await _judged(ctx.hosts.get(given["host"]), given)


async def _preview(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    engine = await engine_of(ctx.hosts.get(given["host"]))
    return f"{equivalent(given)}\n{described(await inspected(engine, given['container']))}"


@tool(
    risk=_judge,
    timeout=LONGEST + 10,
    preview=_preview,
    example={"container": "web", "command": "nginx -t"},
)
async def docker_exec(
    ctx: ToolContext,
    container: Name,
    command: Command,
    user: User = "",
    workdir: Directory = "",
    timeout: Seconds = 60,  # noqa: ASYNC109 - an argument of the model, who says how long
    host: OnHost = None,
) -> ToolResult:
    """Run a command inside a running container and get its output and exit code.

    Judged like execute_command: what only reads runs at once, everything else asks a person."""
    seconds = min(timeout, ctx.deadline - monotonic() - RESERVE)
    if seconds <= 0:
        raise ToolError("there is no time left to run it")
    machine = ctx.hosts.get(host)
    engine = await engine_of(machine)
    found = await inspected(engine, container)
    program = Program(engine, found.id, words_of(command), user=user, workdir=workdir)
    try:
        result = await program.run(seconds, ctx.progress)
    except CancelledError:
        if await program.end():
            raise
        raise OutcomeUnknown("stopped, but its end was not seen: it may still run") from None
    if result.ended == "may still run":
        given = {"container": container, "command": command, "user": user, "workdir": workdir}
        if (await _judged(machine, given)).risk is not Risk.READ:
            raise OutcomeUnknown(told(result))
    return ToolResult(told(result))


async def _judged(machine: Host, given: dict[str, Any]) -> Verdict:
    return await machine.judge(equivalent(given))


def words_of(command: str | list[str]) -> list[str]:
    """What the engine is asked to start."""
    return ["sh", "-c", command] if isinstance(command, str) else command


def equivalent(given: dict[str, Any]) -> str:
    """The command line that does the same, for the policy and for people."""
    options = [(flag, given[name]) for flag, name in (("-u", "user"), ("-w", "workdir"))]
    chosen = [word for flag, value in options if value for word in (flag, value)]
    return shlex.join(["docker", "exec", *chosen, given["container"], *words_of(given["command"])])
