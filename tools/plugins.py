"""Tools of the operators' own: files in a directory, live soon after they change."""

from collections.abc import Mapping
from pathlib import Path

from bot.plugins import live
from bot.tool import Tool
from tools.plugin_files import load


class Plugins(live.Plugins[Tool]):
    """A service that keeps *tools* up to date: the built-in ones and those of the directory."""

    def __init__(
        self,
        directory: Path,
        builtin: Mapping[str, Tool],
        *,
        every: float = 1.0,
        settle: float = 0.2,
        patience: float = 5.0,
    ) -> None:
        """Seconds, as of ``live.Plugins``."""
        super().__init__(directory, builtin, load, every=every, settle=settle, patience=patience)

    @property
    def tools(self) -> Mapping[str, Tool]:
        """Replaced when something changes, never changed itself."""
        return self.all

    async def prepared(self) -> Mapping[str, Tool]:
        """All tools, for a verb of the command line, beside which nothing is served."""
        await self.prepare()
        return self.tools
