"""What the operators add to the bot: files in a directory, live soon after they change.

A file is imported whole or not at all. Of a file that cannot be used the last good version stays.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Generic

import structlog

from bot.blocking import run_blocking
from bot.plugins.files import Look, Plugin, T, Unusable, look, looks
from bot.ports import Bot
from bot.tool import ToolError, as_text

log = structlog.get_logger()
_DIRECTORY = "directory"
"""Stands for a file's name in what is wrong."""


class Plugins(Generic[T]):
    """A service that keeps *all* up to date: what is built in and what the directory has."""

    name = "plugins"
    kind = "plugin"
    """What one file is called."""
    item = "tool"
    """What it brings."""

    def __init__(
        self,
        directory: Path,
        builtin: Mapping[str, T],
        load: Callable[[Path], Plugin[T]],
        *,
        every: float = 1.0,
        settle: float = 0.2,
        patience: float = 5.0,
    ) -> None:
        """Seconds: *every* between two looks, *settle* for who has just written a file and may not
        be done, *patience* for an import before it is called long."""
        self._directory = directory
        self.builtin = builtin
        self._load = load
        self._every = every
        self._settle = settle
        self._patience = patience
        self._looks: dict[str, Look] = {}
        self._imported: dict[str, Plugin[T]] = {}
        """Not live: of these something has a name that is taken."""
        self._live: dict[str, Plugin[T]] = {}
        self._problems: dict[str, str] = {}
        self._news: list[tuple[str, str]] = []
        self.all: Mapping[str, T] = builtin
        """Replaced when something changes, never changed itself."""

    def troubles(self) -> Mapping[str, str]:
        return {f"{self.kind} {file}": problem for file, problem in self._problems.items()}

    async def prepare(self) -> None:
        """Import what is there, before a run needs it; what takes long is left to ``serve``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience), asyncio.TaskGroup() as tasks:
                for file, seen in self._changed().items():
                    tasks.create_task(self._import(file, seen))
        self._admit()

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
            plugin = await run_blocking("plugins", self._loaded, self._directory / file, seen)
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
            taken = self._all_without(file)
            if clash := next((item.name for item in plugin.items if item.name in taken), ""):
                self._refuse(file, f"{file}: another {self.item} is named {clash!r}; rename yours")
                continue
            del self._imported[file]
            self._problems.pop(file, None)
            self._replace(file, plugin)

    def _replace(self, file: str, plugin: Plugin[T]) -> None:
        if before := self._live.get(file):
            before.forget()
        self._live[file] = plugin
        self.all = self._all_without("")
        names = ", ".join(item.name for item in plugin.items)
        self._say("live", f"{file}, version {plugin.version}: {names}")

    def _drop(self, file: str) -> None:
        self._looks.pop(file, None)
        self._imported.pop(file, None)
        self._problems.pop(file, None)
        if before := self._live.pop(file, None):
            before.forget()
            self.all = self._all_without("")
            self._say("removed", file)

    def _all_without(self, file: str) -> dict[str, T]:
        others = (plugin for name, plugin in sorted(self._live.items()) if name != file)
        theirs = {item.name: item for plugin in others for item in plugin.items}
        return {**self.builtin, **theirs}

    def _refuse(self, file: str, problem: str, seen: Look | None = None) -> None:
        """Say what is wrong with it, once, unless it looks otherwise by now than when *seen*."""
        if seen and self._looks.get(file) != seen:
            return
        if file in self._live:
            problem += "; the version before it stays"
        if self._problems.get(file) != problem:
            self._problems[file] = problem
            log.warning("plugin refused", kind=self.kind, problem=problem)
            self._news.append((f"{self.kind} refused", as_text(problem)))

    def _say(self, what: str, text: str) -> None:
        log.info("plugin changed", kind=self.kind, what=what, plugin=text)
        self._news.append((f"{self.kind} {what}", as_text(text)))

    async def _note(self, bot: Bot) -> None:
        while self._news:
            what, text = self._news[0]
            await bot.note(what, by=self.name, text=text)
            del self._news[0]

    def _loaded(self, path: Path, seen: Look) -> Plugin[T] | None:
        """None when it was changed since it was *seen*: the next look will find that."""
        try:
            unchanged = look(path) == seen
        except OSError:
            unchanged = False
        return self._load(path) if unchanged else None
