"""Messages that were written while the bot was away: found again, but never obeyed too late."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from math import inf
from time import monotonic, time
from typing import Any

import structlog

from adapters.live.patience import patiently
from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.inbound import Inbound
from adapters.slack.wire import SlackWire
from bot.ports import Store

log = structlog.get_logger()
_THREADS = (
    "SELECT thread FROM threads WHERE thread LIKE 'slack:%' AND updated > {now} - 86400"
    " ORDER BY updated DESC LIMIT 100"
)
_PAGE, _PAGES = 100, 5
"""Messages of one channel that are looked at: the newest of them."""
OVERLAP = 30.0
"""Seconds that are looked at twice: a socket can be dead for a while before anybody notices."""


class Absence:
    def __init__(self, wire: SlackWire, inbound: Inbound, store: Store, *, age: float) -> None:
        """*age*: seconds after which a message is answered, but no longer acted on."""
        self._wire = wire
        self._inbound = inbound
        self._watermarks = inbound.watermarks
        self._store = store
        self._age = age
        self._marks: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
        self._marked = -inf
        self._looking = False
        self.bell = asyncio.Event()
        """Something may have been missed."""

    async def nothing_missed(self) -> None:
        """How far everything was read; what comes after a gap must not hide what was in it."""
        if self._looking or self.bell.is_set() or monotonic() - self._marked < OVERLAP:
            return
        self._marked = monotonic()
        _, last = self._marks
        marks = await self._watermarks.all()
        self._marks = last, marks
        for channel in self._watermarks.begun.keys() & marks.keys():
            del self._watermarks.begun[channel]

    async def serve(self) -> None:
        while True:
            await self.bell.wait()
            self._looking = True
            self.bell.clear()
            await self._catch_up()
            self._looking = False

    async def _catch_up(self) -> None:
        """Look at each channel since its newest known message, then at the threads of a day."""
        old, newer = self._marks
        marks = {**await self._watermarks.all(), **self._watermarks.begun, **newer, **old}
        with ExitStack() as stack:
            for channel, mark in marks.items():
                stack.enter_context(self._watermarks.reading(channel, mark))
            for channel, mark in marks.items():
                await self._look("conversations.history", channel, mark, {})
            for (thread,) in await self._store.read(_THREADS):
                _, _, channel, root = thread.split(":")
                if channel in marks:
                    await self._look("conversations.replies", channel, marks[channel], {"ts": root})

    async def _look(self, method: str, channel: str, mark: str, more: dict[str, str]) -> None:
        given = {"channel": channel, "oldest": mark, "limit": _PAGE, **more}
        try:
            for event in sorted(await self._pages(method, given), key=lambda e: float(e["ts"])):
                if float(event["ts"]) > float(mark):
                    await self._found({**event, "channel": channel})
        except (Later, Rejected, Uncertain) as error:
            log.warning(
                "messages of an absence were not looked for", channel=channel, why=str(error)
            )

    async def _pages(self, method: str, given: dict[str, Any]) -> Sequence[dict[str, Any]]:
        """However long Slack is busy or away. Raises Rejected."""
        found: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(_PAGES):
            asked = {**given, "cursor": cursor}
            page = await patiently(partial(self._wire.call, method, asked, get=True), inf)
            found += page.get("messages", ())
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                break
        return found

    async def _found(self, event: dict[str, Any]) -> None:
        late = time() - float(event["ts"]) > self._age
        await self._inbound.heard(event, late=late)
