"""The runbooks there are: those that come with the bot, and the operators' own from a directory.

A file that cannot be used changes nothing: the last good version of it stays.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.config import BadSettings, Settings
from bot.ports import Bot
from healer.never import Bounds
from healer.own import bounds
from healer.runbook_file import BadRunbook, Entry, load

SHIPPED = Path(__file__).with_name("runbooks")
_Look = tuple[int, int, int]
"""Inode, size and time of change of a file: another one is read again."""
_UNSEEN = (0, 0, 0)


class Catalogue:
    """A service that keeps the entries up to date."""

    name = "runbooks"

    def __init__(
        self, own: Path, bounds: Callable[[], Bounds] = Bounds, *, every: float = 1.0
    ) -> None:
        """*own*: the operators' directory, which need not be there; *every*: seconds between two
        looks at it."""
        self._directories = (SHIPPED, own)
        self._bounds = bounds
        self._every = every
        self._looks: dict[Path, _Look] = {}
        self._good: dict[Path, Entry] = {}
        self._problems: dict[Path, str] = {}
        self._news: list[tuple[str, str]] = []
        self.entries: Mapping[str, Entry] = {}
        """By id. Replaced when something changes, never changed itself."""
        self.refresh()

    @property
    def bounds(self) -> Bounds:
        return self._bounds()

    def get(self, runbook: str) -> Entry | None:
        return self.entries.get(runbook)

    def troubles(self) -> Mapping[str, str]:
        return {f"runbook {file.name}": problem for file, problem in self._problems.items()}

    async def serve(self, bot: Bot) -> None:
        """Look again every so often, and record what changed, until cancelled."""
        self._news.clear()
        while True:
            self.refresh()
            for what, text in self._news:
                await bot.note(what, by="healer", text=text)
            self._news.clear()
            await asyncio.sleep(self._every)

    def refresh(self) -> None:
        """Read what is new or differs since the last time."""
        found = dict(self._found())
        gone = (self._looks.keys() | self._problems.keys()) - found.keys()
        changed = [file for file, look in found.items() if self._looks.get(file) != look]
        self._looks = found
        for file in gone:
            self._problems.pop(file, None)
            if self._good.pop(file, None):
                self._news.append(("runbook removed", file.name))
        for file in changed:
            self._read(file)
        if gone or changed:
            self._admit()

    def _found(self) -> Iterator[tuple[Path, _Look]]:
        for directory in self._directories:
            try:
                files = sorted(directory.iterdir())
            except OSError:  # no directory of the operators' own is none with nothing in it
                continue
            for file in files:
                if file.suffix not in (".yaml", ".yml") or file.name.startswith("."):
                    continue
                try:
                    seen = file.stat()
                except OSError:  # reading it says why
                    yield file, _UNSEEN
                else:
                    yield file, (seen.st_ino, seen.st_size, seen.st_mtime_ns)

    def _read(self, file: Path) -> None:
        try:
            entry = load(file, self.bounds)
        except BadRunbook as error:
            stays = "; the version before it stays" if file in self._good else ""
            self._problems[file] = f"{error}{stays}"
            self._news.append(("runbook refused", self._problems[file]))
            return
        self._problems.pop(file, None)
        self._good[file] = entry
        if file.parent != SHIPPED:
            self._news.append(("runbook live", f"{file.name}: {entry.runbook.id} {entry.version}"))

    def _admit(self) -> None:
        """The good ones by id: of two files with one id, the first is kept, the bot's own first."""
        entries: dict[str, Entry] = {}
        order = {directory: at for at, directory in enumerate(self._directories)}
        for file in sorted(self._good, key=lambda each: (order[each.parent], each.name)):
            entry = self._good[file]
            if other := entries.get(entry.runbook.id):
                self._problems[file] = (
                    f"{file.name}: the id {entry.runbook.id!r} is taken by {other.file.name}"
                )
                continue
            if self._problems.get(file, "").startswith(f"{file.name}: the id"):
                del self._problems[file]
            entries[entry.runbook.id] = entry
        self.entries = entries


def shelved(settings: Settings) -> Catalogue:
    """The bot's own and those of the settings. Raises BadSettings."""
    if settings.runbooks_dir and not settings.runbooks_dir.is_dir():
        raise BadSettings(f"AI_RUNBOOKS_DIR: {settings.runbooks_dir} is no directory; make it")
    limits = bounds(settings)
    return Catalogue(settings.runbooks, lambda: limits)
