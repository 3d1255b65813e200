"""A part that fails is restarted, said to be ill meanwhile, and harms nobody else."""

import asyncio
from typing import cast

import pytest

from bot.config import BadSettings
from bot.ports import Bot
from bot.supervision import Supervisor

NO_BOT = cast("Bot", None)


class Shaky:
    """Fails a number of times, then runs until it is told to end."""

    name = "shaky"

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.runs = asyncio.Event()

    async def serve(self, bot: Bot) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.runs.set()
        await asyncio.Event().wait()


async def test_a_failing_service_is_started_again() -> None:
    """After its back-off it runs, and nothing is said to be wrong any more."""
    supervisor, shaky = Supervisor(first=0.01), Shaky(OSError("no line"), ValueError("odd"))
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(supervisor.supervise(shaky, NO_BOT))
        await asyncio.wait_for(shaky.runs.wait(), 5)
        assert {"shaky": ""} == supervisor.troubles
        watching.cancel()


async def test_a_service_that_is_down_is_told() -> None:
    """While it waits for its restart, health names it and why."""
    supervisor, shaky = Supervisor(first=60), Shaky(OSError("no line"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await supervisor.supervise(shaky, NO_BOT)

    assert "no line" in supervisor.troubles["shaky"]


async def test_what_no_restart_can_mend_ends_the_process() -> None:
    """A port that is taken is a setting to change, not a reason to try again."""
    with pytest.raises(BadSettings):
        await Supervisor().supervise(Shaky(BadSettings("AI_PORT is taken")), NO_BOT)
