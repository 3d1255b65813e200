"""One plugin: a file of tools."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from bot.plugins import files
from bot.plugins.files import Plugin, Unusable
from bot.tool import Risk, Tool, Trust
from tools.plugin_code import guarded

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def load(path: Path) -> Plugin[Tool]:
    """Import the file; it takes as long as the file's own code. Raises Unusable."""
    return files.load(path, _found)


def _found(path: Path, module: ModuleType, version: str) -> list[Tool]:
    tools = list(_tools(path, module))
    return [guarded(replace(tool, version=version), path) for tool in tools]


def _tools(path: Path, module: ModuleType) -> Iterator[Tool]:
    """Those that the file itself defines. Raises Unusable."""
    seen: set[str] = set()
    for tool in vars(module).values():
        if not isinstance(tool, Tool) or tool.fn.__module__ != module.__name__:
            continue
        if problem := _misfit(tool, seen):
            line = inspect.unwrap(tool.fn).__code__.co_firstlineno
            raise Unusable(f"{path.name}:{line}: {tool.name!r} {problem}")
        _ = tool.schema  # a type that JSON cannot carry shows only here
        seen.add(tool.name)
        yield tool
    if not seen:
        raise Unusable(f"{path.name}: has no tool; put @tool(risk=…) above an async function")


def _misfit(tool: Tool, seen: set[str]) -> str:
    if not _NAME.fullmatch(tool.name):
        return "is no name for a tool: small letters a-z, digits and _ are"
    if not inspect.iscoroutinefunction(tool.fn):
        return "must be an async function: write async def"
    if tool.name in seen:
        return "is there twice"
    return _misdeclared(tool.risk, tool.trust, tool.timeout)


def _misdeclared(risk: object, trust: object, timeout: object) -> str:
    """Nobody checked the types of what the decorator was given."""
    if not isinstance(risk, Risk) and not callable(risk):
        return "needs a risk, such as Risk.READ, or a function that judges"
    if not isinstance(trust, Trust):
        return "needs a trust, such as Trust.SYSTEM"
    if not isinstance(timeout, int | float) or timeout <= 0:
        return "needs a timeout in seconds"
    return ""
