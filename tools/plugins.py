"""Tools of the operators' own: files in a directory, live soon after they change.

A file is imported whole or not at all. Of a file that cannot be used the last good version stays.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import time

import structlog

from bot.blocking import run_blocking
from bot.ports import Bot
from bot.tool import Tool, ToolError, as_text
from tools.plugin_files import Look, Plugin, Unusable, load, look, looks

log = structlog.get_logger()
_DIRECTORY = "directory"
"""Stands for a file's name in what is wrong."""


class Plugins:
    """A service that keeps *tools* up to date: the built-in ones and those of the directory."""

    name = "plugins"

    def __init__(
        self,
        directory: Path,
        builtin: Mapping[str, Tool],
        *,
        every: float = 1.0,
        settle: float = 0.2,
        patience: float = 5.0,
    ) -> None:
        """Seconds: *every* between two looks, *settle* for who has just written a file and may not
        be done, *patience* for an import before it is called long."""
        self._directory = directory
        self.builtin = builtin
        self._every = every
        self._settle = settle
        self._patience = patience
        self._looks: dict[str, Look] = {}
        self._imported: dict[str, Plugin] = {}
        """Not live: of these a tool has a name that is taken."""
        self._live: dict[str, Plugin] = {}
        self._problems: dict[str, str] = {}
        self._news: list[tuple[str, str]] = []
        self.tools: Mapping[str, Tool] = builtin
        """Replaced when something changes, never changed itself."""

    def troubles(self) -> Mapping[str, str]:
        return {f"plugin {file}": problem for file, problem in self._problems.items()}

    async def prepare(self) -> None:
        """Import what is there, before a run needs it; what takes long is left to ``serve``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience), asyncio.TaskGroup() as tasks:
                for file, seen in self._changed().items():
                    tasks.create_task(self._import(file, seen))
        self._admit()

    async def prepared(self) -> Mapping[str, Tool]:
        """All tools, for a verb of the command line, beside which nothing is served."""
        await self.prepare()
        return self.tools

    async def serve(self, bot: Bot) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                for file, seen in self._changed().items():
                    tasks.create_task(self._renew(file, seen))
                self._admit()
                await self._note(bot)
                await asyncio.sleep(self._every)

    def _changed(self) -> dict[str, Look]:
        """Files that are new or differ since the last call; those that are gone are dropped."""
        try:
            found = looks(self._directory)
        except Unusable as error:
            self._refuse(_DIRECTORY, str(error))
            return {}
        self._problems.pop(_DIRECTORY, None)
        for file in {*self._looks, *self._live, *self._problems} - found.keys():
            self._drop(file)
        changed = {file: seen for file, seen in found.items() if self._looks.get(file) != seen}
        for file in changed:
            self._imported.pop(file, None)
        self._looks |= changed
        return changed

    async def _renew(self, file: str, seen: Look) -> None:
        await self._import(file, seen)
        self._admit()

    async def _import(self, file: str, seen: Look) -> None:
        if abs(time() - seen.changed / 1e9) < self._settle:
            await asyncio.sleep(self._settle)
        slow = f"{file}: its import takes long; it is live when that ends"
        late = asyncio.get_running_loop().call_later(self._patience, self._refuse, file, slow, seen)
        try:
            plugin = await run_blocking("plugins", _load, self._directory / file, seen)
        except (Unusable, ToolError) as error:
            self._refuse(file, str(error), seen)
        except asyncio.CancelledError:
            self._looks.pop(file, None)  # so that the next look finds it again
            raise
        else:
            if plugin and self._looks.get(file) == seen:
                self._imported[file] = plugin
        finally:
            late.cancel()

    def _admit(self) -> None:
        """Make live what was imported, unless one of its names is taken."""
        for file, plugin in sorted(self._imported.items()):
            taken = self._tools_without(file)
            if clash := next((tool.name for tool in plugin.tools if tool.name in taken), ""):
                self._refuse(file, f"{file}: another tool is named {clash!r}; rename yours")
                continue
            del self._imported[file]
            self._problems.pop(file, None)
            self._replace(file, plugin)

    def _replace(self, file: str, plugin: Plugin) -> None:
        if before := self._live.get(file):
            before.forget()
        self._live[file] = plugin
        self.tools = self._tools_without("")
        names = ", ".join(tool.name for tool in plugin.tools)
        self._say("plugin live", f"{file}, version {plugin.version}: {names}")

    def _drop(self, file: str) -> None:
        self._looks.pop(file, None)
        self._imported.pop(file, None)
        self._problems.pop(file, None)
        if before := self._live.pop(file, None):
            before.forget()
            self.tools = self._tools_without("")
            self._say("plugin removed", file)

    def _tools_without(self, file: str) -> dict[str, Tool]:
        others = (plugin for name, plugin in sorted(self._live.items()) if name != file)
        theirs = {tool.name: tool for plugin in others for tool in plugin.tools}
        return {**self.builtin, **theirs}

    def _refuse(self, file: str, problem: str, seen: Look | None = None) -> None:
        """Say what is wrong with it, once, unless it looks otherwise by now than when *seen*."""
        if seen and self._looks.get(file) != seen:
            return
        if file in self._live:
            problem += "; the version before it stays"
        if self._problems.get(file) != problem:
            self._problems[file] = problem
            log.warning("plugin refused", problem=problem)
            self._news.append(("plugin refused", as_text(problem)))

    def _say(self, what: str, text: str) -> None:
        log.info(what, plugin=text)
        self._news.append((what, as_text(text)))

    async def _note(self, bot: Bot) -> None:
        while self._news:
            what, text = self._news[0]
            await bot.note(what, by=self.name, text=text)
            del self._news[0]


def _load(path: Path, seen: Look) -> Plugin | None:
    """None when it was changed since it was *seen*: the next look will find that."""
    try:
        unchanged = look(path) == seen
    except OSError:
        unchanged = False
    return load(path) if unchanged else None
