"""The healer as a whole: a service, and what it does every few seconds on one replica."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import time as wall_clock

import structlog

from bot.memory import Memory
from bot.ports import Bot
from healer.aftermath import note, remember
from healer.diagnosis import Diagnosis
from healer.incidents import Change
from healer.records import Kept, Records, Silence
from healer.repairing import Repairing
from healer.round import Round
from healer.standing import maintained

log = structlog.get_logger()


class Switch:
    """The kill switch: a command for all replicas, and a file for who has only a shell; and the
    maintenance windows, which are one for some hosts."""

    def __init__(
        self, records: Records, flag: Path, *, clock: Callable[[], float] = wall_clock
    ) -> None:
        self._records = records
        self._clock = clock
        self._flag = flag
        self._by = ""
        self._windows: Mapping[str, Silence] = {}

    async def refresh(self) -> None:
        """Also of the maintenance windows."""
        value, by = await self._records.setting("off")
        self._by = f"by {by}" if value else ""
        self._windows = {each.scope: each for each in await self._records.silences(self._clock())}

    async def set(self, by: str, *, on: bool) -> None:
        await self._records.set("off", 0.0 if on else 1.0, by)
        await self.refresh()

    def halted(self, host: str) -> str:
        """Why nothing may be done on *host* now. Asked before each step of a repair."""
        window = maintained(self._windows, host)
        if window and window.until > self._clock():
            return f"{host} is in maintenance, says {window.given}"
        return self.off()

    def off(self) -> str:
        """Why nothing is done anywhere; empty when healing is on."""
        if self._flag.exists():
            return f"healing is switched off: by the file {self._flag.name}"
        return f"healing is switched off {self._by}" if self._by else ""


class Healer:
    """Implements ``bot.ports.Service``; its rounds are a periodic."""

    name = "healer"

    def __init__(
        self,
        round_: Round,
        records: Records,
        repairing: Repairing,
        diagnosis: Diagnosis,
        switch: Switch,
        memory: Memory | None,
    ) -> None:
        self.round = round_
        self.records = records
        self.repairing = repairing
        self.diagnosis = diagnosis
        self.switch = switch
        self._memory = memory
        self._bot: Bot | None = None
        self.serving = asyncio.Event()

    @property
    def bot(self) -> Bot:
        """Only while the process serves."""
        assert self._bot
        return self._bot

    async def serve(self, bot: Bot) -> None:
        self.attend(bot)
        await asyncio.Event().wait()

    def attend(self, bot: Bot) -> None:
        """From now on rounds do something."""
        self._bot = bot
        self.serving.set()

    async def tick(self) -> None:
        """One round. Nothing of it is lost when it is cut off: the next one takes it up."""
        if self._bot is None:
            return
        await self.switch.refresh()
        standing = await self.round.look(self._bot)
        await self.repairing.follow(self._bot, standing)
        for kept in await self.records.unnoted():
            await self._look_back(self._bot, kept)
        await self.diagnosis.begin_due(self._bot, standing)
        if not self.switch.off():
            standing = await self.round.standing()
            await self.repairing.order_due(
                self._bot, standing, lambda incident: self.diagnosis.over(standing, incident)
            )

    async def _look_back(self, bot: Bot, kept: Kept) -> None:
        """It is over: nobody is asked about a repair any more, and what was learnt is kept."""
        incident = kept.incident
        await self.repairing.withdraw(bot, incident)
        repairs = await self.records.repairs_of(incident.id)
        if any(repair.outcome == "open" for repair in repairs):
            return  # what it comes to belongs into the note
        await remember(self._memory, incident, repairs)
        change = Change(replace(incident, noted=True, repairing=False), note(incident, repairs))
        if await self.records.keep(kept, change, incident.closed):
            bot.changed(incident.log)
