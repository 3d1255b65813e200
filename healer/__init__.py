"""What the parts want done every so often, each tick on one replica."""

from collections.abc import Sequence

from bot.ports import Part, Periodic, Store
from healer.scheduler import Scheduler


def create(store: Store, periodics: Sequence[Periodic]) -> Part:
    return Part(services=(Scheduler(store, periodics),))
