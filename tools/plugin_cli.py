"""``python -m bot tools``: which tools there are, and whether a file would do as a plugin."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bot.blocking import run_blocking
from bot.plugins.files import Unusable
from bot.tool import Risk, Tool
from tools.plugin_files import load
from tools.plugins import Plugins

_USAGE = "usage: tools list | tools check FILE …\n"


def cli(plugins: Plugins) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """Status 0 when all is well, 1 when a plugin is not, 2 when it was asked wrongly."""

    async def tools(words: Sequence[str]) -> int:
        match list(words):
            case ["list"]:
                return await _list(plugins)
            case ["check", *files] if files:
                return max([await _check(plugins, Path(file)) for file in files])
            case _:
                sys.stderr.write(_USAGE)
                return 2

    return {"tools": tools}


async def _list(plugins: Plugins) -> int:
    await plugins.prepare()
    for name in sorted(plugins.tools):
        sys.stdout.write(_line(plugins.tools[name]))
    troubles = plugins.troubles().values()
    sys.stderr.writelines(f"{problem}\n" for problem in troubles)
    return 1 if troubles else 0


async def _check(plugins: Plugins, file: Path) -> int:
    """What would happen if the file were put into the directory of plugins."""
    try:
        plugin = await run_blocking("plugins", load, file)
    except Unusable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    taken = [tool.name for tool in plugin.items if tool.name in plugins.builtin]
    sys.stdout.writelines(map(_line, plugin.items))
    sys.stderr.writelines(f"{file.name}: a built-in tool is named {name!r}\n" for name in taken)
    return 1 if taken else 0


def _line(tool: Tool) -> str:
    risk = tool.risk if isinstance(tool.risk, Risk) else "judged"
    return f"{tool.name}  {risk}  {tool.description.splitlines()[0]}\n"
