"""Tools of plugins: a bug in one harms no run, no other plugin and not the bot."""

from contextlib import suppress
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.plugins.code import theirs
from bot.tool import (
    OutcomeUnknown,
    Risk,
    Tool,
    ToolContext,
    ToolError,
    ToolResult,
    Verdict,
)


def guarded(tool: Tool, path: Path) -> Tool:
    """*tool* of the plugin *path*, with its bugs turned into errors that the model reads."""
    failure = ToolError if tool.read_only else OutcomeUnknown

    @wraps(tool.fn)
    async def fn(**given: Any) -> str | ToolResult:
        with theirs(path, failure):
            return _fits(await tool.fn(**given), str, ToolResult)

    return replace(tool, fn=fn, **_guarded_around(tool, path))


def _fits(result: object, *kinds: type) -> Any:
    """*result* itself; TypeError when it is of none of these kinds."""
    if isinstance(result, kinds):
        return result
    wanted = " or ".join(kind.__name__ for kind in kinds)
    raise TypeError(f"it returned {type(result).__name__}, not {wanted}")


def _guarded_around(tool: Tool, path: Path) -> dict[str, Any]:
    """What goes with a call: its judge, its preview, its undo, each as far as there is one."""

    async def judge(args: BaseModel, ctx: ToolContext) -> Verdict:
        with theirs(path, ToolError):
            return _fits(await tool.judge(args, ctx), Verdict)

    async def preview(args: BaseModel, ctx: ToolContext) -> str:
        assert tool.preview
        with theirs(path, ToolError):
            return _fits(await tool.preview(args, ctx), str)

    def undo(args: BaseModel) -> str:
        assert tool.undo
        with suppress(ToolError), theirs(path, ToolError):
            return _fits(tool.undo(args), str)
        return ""

    return {
        "risk": tool.risk if isinstance(tool.risk, Risk) else judge,
        "preview": tool.preview and preview,
        "undo": tool.undo and undo,
    }
