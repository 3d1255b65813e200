"""What a tool is handed in tests: this machine, with its own small world of files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from bot.chat import ThreadRef, User
from bot.config import Settings
from bot.resources import Host
from bot.tool import Tool, ToolContext, ToolResult, Verdict
from tools.hosts import create


def settings(data: Path, *roots: str) -> Settings:
    """Settings of a bot that keeps its things in *data*."""
    return Settings(data_dir=data, files_roots=roots, _env_file=None)  # pyright: ignore[reportCallIssue] - pydantic-settings takes it


def context(
    data: Path, *roots: str, progress: Callable[[str], None] = lambda _: None
) -> ToolContext:
    """A call by ann, on the real local host; *roots* as in AI_FILES_ROOTS."""
    return ToolContext(
        run_id="run",
        call_id="call",
        user=User("web", "ann"),
        thread=ThreadRef("web", "", "", "thread"),
        hosts=create(settings(data, *roots)),
        memory=None,
        progress=progress,
        deadline=monotonic() + 60,
        idempotency_key="run:call",
    )


def local(data: Path, *roots: str) -> Host:
    return create(settings(data, *roots)).get(None)


async def call(tool: Tool, ctx: ToolContext, **args: Any) -> ToolResult:
    return await tool(tool.parse(args), ctx)


async def judged(tool: Tool, ctx: ToolContext, **args: Any) -> Verdict:
    return await tool.judge(tool.parse(args), ctx)


async def previewed(tool: Tool, ctx: ToolContext, args: Mapping[str, Any]) -> str:
    assert tool.preview is not None
    return await tool.preview(tool.parse(args), ctx)
