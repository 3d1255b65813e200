"""Messages that were written while the bot was away: found again, but never obeyed too late."""

from time import time
from typing import Any

import structlog

from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.inbound import Inbound
from adapters.slack.wire import SlackWire
from bot.ports import Store

log = structlog.get_logger()
_THREADS = (
    "SELECT thread FROM threads WHERE thread LIKE 'slack:%' AND updated > {now} - 86400"
    " ORDER BY updated DESC LIMIT 100"
)
_PAGE = 100
"""Messages of one channel that are looked at."""


class Absence:
    def __init__(self, wire: SlackWire, inbound: Inbound, store: Store, *, age: float) -> None:
        """*age*: seconds after which a message is answered, but no longer acted on."""
        self._wire = wire
        self._inbound = inbound
        self._store = store
        self._age = age

    async def catch_up(self) -> None:
        """Look at each channel since its newest known message, then at the threads of a day."""
        marks = await self._inbound.watermarks.all()
        for channel, mark in marks.items():
            await self._look("conversations.history", channel, mark, {})
        for (thread,) in await self._store.read(_THREADS):
            _, _, channel, root = thread.split(":")
            if channel in marks:
                await self._look("conversations.replies", channel, marks[channel], {"ts": root})

    async def _look(self, method: str, channel: str, mark: str, more: dict[str, str]) -> None:
        given = {"channel": channel, "oldest": mark, "limit": _PAGE, **more}
        try:
            page = await self._wire.call(method, given, get=True)
        except (Later, Rejected, Uncertain) as error:
            log.warning(
                "messages of an absence were not looked for", channel=channel, why=str(error)
            )
            return
        for event in sorted(page.get("messages", ()), key=lambda each: float(each["ts"])):
            if float(event["ts"]) > float(mark):
                await self._found({**event, "channel": channel})

    async def _found(self, event: dict[str, Any]) -> None:
        late = time() - float(event["ts"]) > self._age
        await self._inbound.heard(event, late=late)
