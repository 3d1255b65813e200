"""The channel of the operators: incidents live on the page, and are told and answered there."""

from dataclasses import replace

from adapters.live.deliveries import Deliveries
from bot.chat import ThreadRef, incident_of
from bot.config import Settings
from bot.ports import Store


class OpsChannel:
    """*root*: the channel, without a thread; None where incidents are told elsewhere."""

    def __init__(self, store: Store, root: ThreadRef | None) -> None:
        self._deliveries = Deliveries(store)
        self.root = root

    def concerns(self, thread: ThreadRef) -> bool:
        return self.root is not None and bool(incident_of(thread))

    async def place(self, thread: ThreadRef, *, first: bool) -> ThreadRef | None:
        """Where something of an incident is told: its *first* message in the channel, everything
        else in that one's thread; None while there is none."""
        if self.root is None or first:
            return self.root
        message = await self._deliveries.incident_message(incident_of(thread), str(self.root))
        return replace(self.root, thread=message) if message else None

    async def meant(self, thread: ThreadRef) -> ThreadRef:
        """The thread of the incident that is talked about in *thread*; otherwise that itself."""
        if self.root is None or not thread.thread or replace(thread, thread="") != self.root:
            return thread
        found = await self._deliveries.incident_at(str(self.root), thread.thread)
        return ThreadRef.parse(found) if found else thread


def channel_on(settings: Settings, platform: str) -> str:
    """Id of the operators' channel on a platform; empty when it is not there."""
    kind, _, name = settings.ops_channel.partition(":")
    return name if kind == platform else ""
