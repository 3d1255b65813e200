"""One channel's sender: one message at a time, the urgent ones first, as fast as is allowed."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

import structlog

from adapters.live.allowance import Allowance
from adapters.live.deliveries import Deliveries
from adapters.live.plots.drawing import drawn
from adapters.live.telling import Due, Telling
from adapters.live.wire import Gone, Later, Rejected, Renderer, Stale, Uncertain, Urgency, Wire

log = structlog.get_logger()
_LONGEST = 60.0
"""Seconds between two tries of one message at most."""


@dataclass(frozen=True, slots=True)
class Means:
    """What every channel of a platform sends with."""

    wire: Wire
    render: Renderer
    deliveries: Deliveries
    allowance: Allowance
    done: Callable[[Telling], None]
    """Told when a story is wholly told."""
    clock: Callable[[], float] = monotonic


class Channel:
    """Sends what is due of the stories in one channel until there is nothing more."""

    def __init__(self, name: str, means: Means) -> None:
        self.name = name
        self._means = means
        self._tellings: dict[str, Telling] = {}
        self._bell = asyncio.Event()
        self.trouble = ""

    def tell(self, telling: Telling) -> None:
        """Something of this story changed."""
        self._tellings[telling.log] = telling
        if telling.loaded:
            telling.refresh(self._means.render)
        self._bell.set()

    async def work(self) -> None:
        """Until nothing is left to be sent."""
        while self._tellings:
            self._bell.clear()
            for telling in list(self._tellings.values()):
                await self._load(telling)
            await self._finish()
            at, choice = self._next()
            if choice is not None and at <= self._means.clock():
                await self._send(*choice)
                continue
            if choice is None:
                if all(telling.loaded for telling in self._tellings.values()):
                    self._tellings = {}  # whoever tells more of them adds them again
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(at - self._means.clock()):
                    await self._bell.wait()

    async def _load(self, telling: Telling) -> None:
        if not telling.loaded:
            telling.delivered |= await self._means.deliveries.load(telling.log, telling.place)
            telling.loaded = True
            telling.refresh(self._means.render)

    async def _finish(self) -> None:
        for telling in [each for each in self._tellings.values() if each.whole]:
            seq = telling.story.seq
            await self._means.deliveries.rendered(telling.log, telling.place, seq, whole=True)
            if telling.whole and telling.story.seq == seq:
                del self._tellings[telling.log]
                self._means.done(telling)

    def _next(self) -> tuple[float, tuple[Telling, Due] | None]:
        """The most urgent of those that may go now; otherwise the one that may go first."""
        now = self._means.clock()
        choices = list(self._choices())
        ready = [each for each in choices if each[0] <= now]
        if ready:
            at, _, telling, due = min(ready, key=lambda each: each[1])
            return at, (telling, due)
        if not choices:
            return 0.0, None
        at, _, telling, due = min(choices, key=lambda each: each[0])
        return at, (telling, due)

    def _choices(self) -> Iterator[tuple[float, tuple[int, str], Telling, Due]]:
        """When each may go, and its rank: of two that are as urgent the older run's goes first."""
        for telling in self._tellings.values():
            new = [due for due in telling.due if not due.message]
            # Messages of one story are posted in their order, all as urgent as the most urgent.
            urgency = min((due.post.urgency for due in new), default=Urgency.PROGRESS)
            for due in (*new[:1], *(due for due in telling.due if due.message)):
                at = max(self._allowed(due), telling.after.get(due.post.part, 0.0))
                yield at, (due.post.urgency if due.message else urgency, telling.log), telling, due

    def _allowed(self, due: Due) -> float:
        allowance = self._means.allowance
        if due.message:
            return allowance.edit_at(self.name, due.message, final=due.post.final)
        return allowance.post_at(self.name)

    async def _send(self, telling: Telling, due: Due) -> None:
        part = due.post.part
        try:
            if due.message:
                await self._edit(telling, due)
            else:
                await self._post(telling, due)
        except Later as later:
            self._means.allowance.hold("" if later.everywhere else self.name, later.seconds)
        except Uncertain as error:
            self._again(telling, part, str(error))
        except Rejected as error:
            log.warning("a message was refused", part=part, run=telling.log, reason=str(error))
            await self._settle(telling, due, due.message, failed=not due.message)
        else:
            self.trouble = ""
            telling.tries.pop(part, None)
        telling.refresh(self._means.render)

    async def _post(self, telling: Telling, due: Due) -> None:
        part, post = due.post.part, due.post
        if post.plot is not None:
            post = replace(post, files=(await drawn(post.plot),))
        known = telling.delivered.get(part)
        found = ""
        if known is None:
            known = await self._means.deliveries.intend(telling.log, telling.place, part)
            telling.delivered[part] = known
        else:  # it was tried before, by this process or by one that is gone
            found = await self._means.wire.find(telling.where(part), known.key)
        if found:
            # Whether it looks as it should is not known: an edit makes sure.
            await self._settle(telling, replace(due, digest=""), found)
            return
        message = await self._means.wire.post(telling.where(part), known.key, post)
        self._means.allowance.posted(self.name)
        await self._settle(telling, due, message)

    async def _edit(self, telling: Telling, due: Due) -> None:
        self._means.allowance.edited(due.message)
        try:
            await self._means.wire.edit(telling.where(due.post.part), due.message, due.post)
        except Stale:
            telling.delivered.pop(due.post.part)
            telling.moved.add(due.post.part)
            await self._means.deliveries.forget(telling.log, telling.place, due.post.part)
            return
        except Gone:  # somebody deleted it: that was meant
            pass
        await self._settle(telling, due, due.message)

    async def _settle(
        self, telling: Telling, due: Due, message: str, *, failed: bool = False
    ) -> None:
        part, state = due.post.part, "failed" if failed else "sent"
        await self._means.deliveries.sent(
            telling.log, telling.place, part, message, due.digest, state
        )
        known = telling.delivered[part]
        telling.delivered[part] = replace(known, message=message, digest=due.digest, state=state)

    def _again(self, telling: Telling, part: str, why: str) -> None:
        """Twice as late each time."""
        tries = telling.tries[part] = telling.tries.get(part, 0) + 1
        telling.after[part] = self._means.clock() + min(0.5 * 2 ** (tries - 1), _LONGEST)
        self.trouble = why
        log.warning("a message could not be sent", part=part, run=telling.log, reason=why)
