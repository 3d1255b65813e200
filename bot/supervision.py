"""Services that fail are restarted with a back-off, and ``/health`` says so meanwhile."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.config import BadSettings
from bot.ports import Bot, Service

log = structlog.get_logger()
_SOUND_AFTER = 60.0
"""Seconds a service must last for its back-off to begin afresh."""


class Supervisor:
    def __init__(self, *, first: float = 1.0, longest: float = 60.0) -> None:
        """*first*, *longest*: seconds before a restart, doubling in between."""
        self._first = first
        self._longest = longest
        self._troubles: dict[str, str] = {}

    @property
    def troubles(self) -> Mapping[str, str]:
        """Service → what is wrong with it; empty when it runs."""
        return dict(self._troubles)

    async def supervise(self, service: Service, bot: Bot) -> None:
        """Run the service for ever. Only BadSettings, which no restart can mend, is raised."""
        clock = asyncio.get_running_loop().time
        pause = self._first
        while True:
            self._troubles[service.name] = ""
            began = clock()
            try:
                await service.serve(bot)
                trouble = "ended by itself"
            except BadSettings:
                raise
            except Exception as error:
                # One part's failure must not take the others down.
                log.exception("service failed", service=service.name)
                trouble = repr(error)
            pause = self._first if clock() - began > _SOUND_AFTER else pause
            self._troubles[service.name] = f"{trouble}; restarting in {pause:g} s"
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._longest)
