"""Running a command line."""

from time import monotonic
from typing import Annotated

from pydantic import BaseModel, Field

from bot.resources import CommandResult
from bot.tool import OutcomeUnknown, Risk, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.on_host import OnHost

LONGEST = 600
"""Seconds a command may take."""
RESERVE = 3.0
"""Seconds that ending a command takes at most; kept free before the call's own deadline."""
Command = Annotated[
    str, Field(min_length=1, max_length=16_384, description="the command line, for bash")
]
Directory = Annotated[str | None, Field(description="absolute directory to run it in")]
Seconds = Annotated[int, Field(ge=1, le=LONGEST, description="seconds until it is killed")]


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    return await ctx.hosts.get(given["host"]).judge(given["command"], cwd=given["cwd"])


@tool(risk=_judge, timeout=LONGEST + 10, example={"command": "uptime -p"})
async def execute_command(
    ctx: ToolContext,
    command: Command,
    host: OnHost = None,
    cwd: Directory = None,
    timeout: Seconds = 60,  # noqa: ASYNC109 - an argument of the model, who says how long
) -> ToolResult:
    """Run one command line with bash and get its output and exit code.

    Commands that only read run at once, also in pipes and loops. What changes something waits for
    a person to approve it, so prefer a special tool when there is one. Write program names plainly
    and never hide text in variables, base64 or downloads: that is refused."""
    seconds = min(timeout, ctx.deadline - monotonic() - RESERVE)
    if seconds <= 0:
        raise ToolError("there is no time left to run it")
    machine = ctx.hosts.get(host)
    result = await machine.run(command, cwd=cwd, timeout=seconds, on_output=ctx.progress)
    if result.ended == "may still run":
        judged = await machine.judge(command, cwd=cwd)
        if judged.risk is not Risk.READ:
            raise OutcomeUnknown(told(result))
    return ToolResult(told(result))


def told(result: CommandResult) -> str:
    """The output of a command, and how it ended unless it went well."""
    if result.exit_code == 0:
        return result.output or "exit 0, no output"
    ended = result.ended if result.exit_code is None else f"exit {result.exit_code}"
    return f"{ended} after {result.seconds:g} s\n{result.output}".rstrip("\n")
