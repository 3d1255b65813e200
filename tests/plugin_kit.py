"""A directory of plugins, and files for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

from tests.small_tools import Lab
from tools.plugins import Plugins

HEAD = "from collections.abc import Callable\nfrom bot.tool import Risk, ToolError, Trust, tool\n"
GREET = HEAD + dedent('''
    @tool(risk=Risk.READ, trust=Trust.SYSTEM)
    async def greet(name: str = "you") -> str:
        """Greet somebody."""
        return f"hello {name}"
    ''')
BUILT_IN = {tool.name: tool for tool in Lab().tools()}


def plugin(body: str) -> str:
    """A file of the imports that most need, and *body*."""
    return HEAD + dedent(body)


class Shelf:
    """Plugins on a directory that a test writes to; ``look`` is one look at it, to its end."""

    def __init__(self, directory: Path, *, settle: float = 0.0, patience: float = 30.0) -> None:
        self.directory = directory
        self.plugins = Plugins(directory, BUILT_IN, every=0.01, settle=settle, patience=patience)

    def put(self, name: str, text: str | bytes) -> Path:
        path = self.directory / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    async def look(self) -> None:
        await self.plugins.prepare()

    @property
    def own(self) -> list[str]:
        """Names of the tools that are not built in."""
        return [name for name in self.plugins.tools if name not in self.plugins.builtin]

    @property
    def problems(self) -> list[str]:
        return list(self.plugins.troubles().values())


async def shelved(directory: Path, **files: str | bytes) -> Shelf:
    """With these files (``weather=…`` is weather.py), which were looked at once."""
    shelf = Shelf(directory)
    for name, text in files.items():
        shelf.put(f"{name}.py", text)
    await shelf.look()
    return shelf


async def until(holds: Callable[[], object]) -> None:
    """Wait for what a service does in its own time."""
    while not holds():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
