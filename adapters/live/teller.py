"""Tells the stories of one platform's runs: follows what happens, and keeps messages up to date."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from adapters.live.allowance import USUAL, Allowance, Limits
from adapters.live.channel import Channel, Means
from adapters.live.deliveries import Deliveries
from adapters.live.ops import OpsChannel
from adapters.live.story import Story
from adapters.live.telling import Telling
from adapters.live.wire import Renderer, Wire
from bot.chat import ThreadRef
from bot.events import IncidentChanged
from bot.ports import Bot, Store
from bot.recorded import Recorded

_SOON = 0.5
"""Seconds until it is looked again whether an incident's first message is there."""
SWEEP = 30.0
"""Seconds between two looks for stories that nobody tells."""


class Teller:
    """Serve it as long as the platform can be reached; what it did not tell, the next one tells."""

    def __init__(
        self,
        platform: str,
        wire: Wire,
        render: Renderer,
        store: Store,
        *,
        limits: Limits = USUAL,
        channel_of: Callable[[ThreadRef], str] = lambda thread: thread.channel,
        ops: OpsChannel | None = None,
    ) -> None:
        self._platform = platform
        self._ops = ops
        self._channel_of = channel_of
        self._deliveries = Deliveries(store)
        self._means = Means(
            wire, render, self._deliveries, Allowance(limits), lambda told: self._forget(told)
        )
        self._tellings: dict[str, Telling] = {}
        self._channels: dict[str, Channel] = {}
        self._working: set[str] = set()
        self._nudge = asyncio.Event()

    @property
    def trouble(self) -> str:
        return next((c.trouble for c in self._channels.values() if c.trouble), "")

    async def serve(self, bot: Bot) -> None:
        """Until cancelled; what an earlier one knew may be out of date."""
        self._tellings, self._channels = {}, {}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_around(bot, tasks))
            async with aclosing(bot.events(after="now")) as items:
                async for item in items:
                    if not isinstance(item, Recorded) or item.thread is None:
                        continue
                    if item.thread.platform == self._platform:
                        await self._take(bot, item, item.thread, tasks)
                    elif self._ops and self._ops.concerns(item.thread):
                        await self._take_incident(bot, item, item.thread, tasks)

    async def _take_incident(
        self, bot: Bot, item: Recorded, thread: ThreadRef, tasks: asyncio.TaskGroup
    ) -> None:
        """Something of an incident; what cannot be placed yet is found by the next look around."""
        first = isinstance(item.event, IncidentChanged)
        if isinstance(item.event, IncidentChanged) and item.event.quiet:
            return
        if item.log not in self._tellings and not await self._begin(item.log, thread, first=first):
            self._nudge.set()
            return
        await self._take(bot, item, thread, tasks)

    async def _begin(self, log: str, thread: ThreadRef, *, first: bool) -> Telling | None:
        """The telling of something that belongs to an incident; None while it has no place."""
        place = await self._ops.place(thread, first=first) if self._ops else None
        if place is None:
            return None
        made = Telling(log, place, Story(log), source=thread)
        self._tellings[log] = made
        return made

    async def _take(
        self, bot: Bot, item: Recorded, thread: ThreadRef, tasks: asyncio.TaskGroup
    ) -> None:
        telling = self._tellings.get(item.log)
        if telling is None:
            telling = self._tellings[item.log] = Telling(item.log, thread, Story(item.log))
        if item.seq > telling.story.seq + 1:
            await self._catch_up(bot, telling)
        if telling.story.fold(item) or not telling.loaded:
            self._tell(telling, tasks)

    async def _look_around(self, bot: Bot, tasks: asyncio.TaskGroup) -> None:
        """What an earlier life left undone; again and again, so that nothing is overlooked."""
        while True:
            for log, thread in (await self._deliveries.undone(self._platform)).items():
                if log not in self._tellings:
                    telling = Telling(log, ThreadRef.parse(thread), Story(log))
                    self._tellings[log] = telling
                    await self._catch_up(bot, telling)
                    self._tell(telling, tasks)
            waiting = await self._look_at_incidents(bot, tasks) if self._ops else False
            with suppress(TimeoutError):
                async with asyncio.timeout(_SOON if waiting else SWEEP):
                    await self._nudge.wait()
            if self._nudge.is_set():
                self._nudge.clear()
                await asyncio.sleep(_SOON)

    async def _look_at_incidents(self, bot: Bot, tasks: asyncio.TaskGroup) -> bool:
        """Those that nobody tells; whether one of them has no place yet."""
        waiting = False
        for log, thread, agent in await self._deliveries.untold():
            if log in self._tellings:
                continue
            first = agent == "incident"
            telling = await self._begin(log, ThreadRef.parse(thread), first=first)
            if telling is None:
                waiting = True
                continue
            await self._catch_up(bot, telling)
            self._tell(telling, tasks)
        return waiting

    async def _catch_up(self, bot: Bot, telling: Telling) -> None:
        """Fold what is there of a log already."""
        head = await self._deliveries.head(telling.log)
        async with aclosing(bot.events(thread=telling.source or telling.thread)) as items:
            while telling.story.seq < head:
                item = await anext(items)
                if isinstance(item, Recorded) and item.log == telling.log:
                    telling.story.fold(item)

    def _tell(self, telling: Telling, tasks: asyncio.TaskGroup) -> None:
        name = self._channel_of(telling.thread)
        channel = self._channels.setdefault(name, Channel(name, self._means))
        channel.tell(telling)
        if name not in self._working:
            self._working.add(name)
            tasks.create_task(self._work(channel), name=f"{self._platform} {name}")

    async def _work(self, channel: Channel) -> None:
        try:
            await channel.work()
        finally:
            self._working.discard(channel.name)

    def _forget(self, told: Telling) -> None:
        with suppress(KeyError):
            del self._tellings[told.log]
