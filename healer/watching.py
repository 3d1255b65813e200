"""The watch of this bot, put together: its checks, their limits, and what tells of both."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.config import BadSettings, Settings
from bot.ports import Part
from bot.resources import Hosts
from bot.views import Health
from healer import known
from healer.check import Check
from healer.check_cli import cli
from healer.check_files import CheckFiles
from healer.standing import Escalation
from healer.thresholds import Thresholds
from healer.watch import Watch


@dataclass(frozen=True, slots=True)
class Watching:
    watch: Watch
    thresholds: Thresholds
    files: CheckFiles

    def escalation(self) -> Escalation:
        """As the checks file says it now."""
        given = self.thresholds.escalation
        return Escalation(given.contacts, given.repeat * 60.0)


def create(
    settings: Settings, hosts: Hosts, health: Callable[[], Awaitable[Health]]
) -> tuple[Watching, Part]:
    """Raises BadSettings. *health*: of the bot itself."""
    if settings.checks_dir and not settings.checks_dir.is_dir():
        raise BadSettings(f"AI_CHECKS_DIR: {settings.checks_dir} is no directory; make it")
    files = CheckFiles(settings.checks, known.builtin())
    thresholds = Thresholds(hosts, lambda: files.all, settings.checks_file)

    async def own() -> Mapping[str, str]:
        found = await health()
        return {**found.parts, "model": "" if found.model.reachable else found.model.detail}

    watch = Watch(hosts, lambda: files.all, thresholds.of, own)

    def troubles() -> Mapping[str, str]:
        return {**files.troubles(), **thresholds.troubles(), **watch.troubles()}

    def once(checks: Mapping[str, Check]) -> Watch:
        return Watch(hosts, lambda: checks, thresholds.of, own, spread=0)

    part = Part(services=(files,), prepare=files.prepare, troubles=troubles, cli=cli(files, once))
    return Watching(watch, thresholds, files), part
