"""“is thinking…” under a thread while a run works: a courtesy, given up as soon as it costs."""

import asyncio
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import dataclass
from math import inf
from time import monotonic

import structlog

from adapters.live.wire import Gone, Later, Rejected, Uncertain
from adapters.slack.wire import SlackWire
from bot.chat import ThreadRef
from bot.events import (
    ENDS,
    ApprovalDecided,
    ApprovalRequested,
    BudgetReached,
    Event,
    MessageJoined,
    RunStarted,
    ToolFinished,
)
from bot.ports import Bot
from bot.recorded import Recorded

log = structlog.get_logger()
_WORKS = (RunStarted, MessageJoined, ToolFinished, ApprovalDecided)
"""What is followed by more thinking."""
_RESTS = (*ENDS, ApprovalRequested, BudgetReached)
_NEVER = {
    "access_denied", "method_not_supported_for_channel_type", "missing_scope", "not_allowed",
    "not_allowed_token_type", "not_authorized", "unknown_method",
}  # fmt: skip
"""Refusals that stay: this workspace does not let the app."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Slack takes the status away when something is posted, and by itself after two minutes."""

    apart: float = 10.0
    """Seconds between two in one thread."""
    again: float = 90.0
    """Seconds after which it is said anew."""
    a_minute: int = 30
    """In the whole workspace; the rest is left out."""


USUAL = Pace()


@dataclass(slots=True)
class _Thread:
    stirred: bool = True
    """Something happened since it was last said."""
    said: float = -inf


class Thinking:
    def __init__(self, wire: SlackWire, pace: Pace = USUAL) -> None:
        self._wire = wire
        self._pace = pace
        self._threads: dict[ThreadRef, _Thread] = {}
        self._said: deque[float] = deque(maxlen=pace.a_minute)
        self._quiet = -inf
        """Until when nothing is said, because Slack is busy or away."""
        self._bell = asyncio.Event()

    async def serve(self, bot: Bot) -> None:
        """Until cancelled, or until Slack says that it is not for this app."""
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(bot), name="slack thinking")
            while await self.said():
                self._bell.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(self._pace.apart, self._pace.again)):
                        await self._bell.wait()
            following.cancel()

    async def _follow(self, bot: Bot) -> None:
        async with aclosing(bot.events(after="now")) as items:
            async for item in items:
                if isinstance(item, Recorded) and item.thread and item.thread.platform == "slack":
                    self.note(item.thread, item.event)

    def note(self, thread: ThreadRef, event: Event) -> None:
        """What happened in a thread, and means that something is or is not thought about."""
        if isinstance(event, _RESTS):
            self._threads.pop(thread, None)
        elif isinstance(event, _WORKS) and thread.thread:
            self._threads.setdefault(thread, _Thread()).stirred = True
            self._bell.set()

    async def said(self) -> bool:
        """Say it where it is due and may be; whether that is of any use."""
        for thread, state in list(self._threads.items()):
            if not self._due(state):
                continue
            state.stirred, state.said = False, monotonic()
            self._said.append(state.said)
            try:
                await self._say(thread)
            except Rejected as error:
                if str(error) in _NEVER:
                    log.info("Slack shows no status for this app", reason=str(error))
                    return False
        return True

    def _due(self, state: _Thread) -> bool:
        now = monotonic()
        full = len(self._said) == self._said.maxlen and now - self._said[0] < 60
        silent = now - state.said
        wanted = silent > self._pace.again or (state.stirred and silent > self._pace.apart)
        return wanted and not full and now > self._quiet

    async def _say(self, thread: ThreadRef) -> None:
        given = {
            "channel_id": thread.channel, "thread_ts": thread.thread, "status": "is thinking…",
        }  # fmt: skip
        try:
            await self._wire.call("assistant.threads.setStatus", given)
        except Later as later:
            self._quiet = monotonic() + later.seconds
        except (Gone, Uncertain):
            self._quiet = monotonic() + self._pace.apart
