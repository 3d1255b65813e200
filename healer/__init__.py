"""What the parts want done every so often, each tick on one replica; and the repairs there are."""

from collections.abc import Sequence

from bot.config import BadSettings, Settings
from bot.ports import Part, Periodic, Store
from bot.resources import Hosts
from healer.catalogue import Catalogue
from healer.own import bounds
from healer.runbook_cli import Toolset, cli
from healer.scheduler import Scheduler


def create(store: Store, periodics: Sequence[Periodic]) -> Part:
    return Part(services=(Scheduler(store, periodics),))


def runbooks(settings: Settings, hosts: Hosts, toolset: Toolset) -> tuple[Catalogue, Part]:
    """Raises BadSettings. *toolset*: all tools, also those of a directory."""
    if settings.runbooks_dir and not settings.runbooks_dir.is_dir():
        raise BadSettings(f"AI_RUNBOOKS_DIR: {settings.runbooks_dir} is no directory; make it")
    limits = bounds(settings)
    catalogue = Catalogue(settings.runbooks, lambda: limits)
    part = Part(
        services=(catalogue,),
        cli=cli(catalogue, hosts, toolset),
        troubles=catalogue.troubles,
    )
    return catalogue, part
