"""Watches and repairs. For now: whatever the parts want done every so often."""

from collections.abc import Sequence

from bot.ports import Part, Periodic, Store
from healer.scheduler import Scheduler


def create(store: Store, periodics: Sequence[Periodic]) -> Part:
    return Part(services=(Scheduler(store, periodics),))
