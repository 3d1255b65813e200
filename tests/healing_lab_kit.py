"""The whole healer, as the bot makes it, over one machine of the lab; a test drives its rounds."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import time

import agent
import agent.models
import healer
import tools
import tools.hosts
from bot.app import Kernel
from bot.chat import ThreadRef, incident_thread
from bot.command import Caller
from bot.config import Settings
from bot.events import ApprovalRequested, Event, IncidentChanged
from bot.journal import load
from bot.ports import Model
from bot.redact import Redactor
from bot.resources import Resources
from bot.store.sqlite import SqliteStore
from bot.tool import Tool
from healer.catalogue import Catalogue
from healer.healing import Healer
from healer.incidents import Incident
from healer.levels import Levels
from healer.rules import Rules
from healer.runbook import Runbook
from tests.healing_kit import FAST
from tests.kernel_kit import ANN, add_people, settings
from tests.lab.machines import DOCKER, Machine
from tools.hosts.inventory import Inventory

_QUICK = Rules(repair_span=0.0, grace=0.0, same_target=0.0)
_ROUND = 60.0
"""Seconds that a round takes by the clock of the test: every check is due in each."""
_LOCAL = ("disk", "docker", "host", "load", "services")
_OFF = "enabled = false"
_LIMITS: Mapping[str, str] = {
    "bot": f"clock = {1e9}",  # the clock of the test runs ahead
    "disk": _OFF,
    "docker": _OFF,
    "load": _OFF,
    "services": _OFF,
}


@dataclass
class Watched:
    """A healer at work on ``web1``."""

    healer: Healer
    kernel: Kernel
    store: SqliteStore
    clock: list[float]

    async def rounds(self, count: int) -> None:
        for _ in range(count):
            await self.healer.tick()
            self.clock[0] += _ROUND

    async def until(self, holds: Callable[[Incident], object], *, known: int = 1) -> Incident:
        """Round after round until there were so many incidents and this *holds* of the newest."""
        found: list[Incident] = []
        for _ in range(40):
            await self.rounds(1)
            found = await self.incidents()
            if len(found) == known and holds(found[-1]):
                return found[-1]
            await asyncio.sleep(0.2)
        raise AssertionError(f"it did not come to that: {found}")

    async def incidents(self) -> list[Incident]:
        """Those of the machine, the newest one last: that no model is there is one of the bot."""
        found = await self.healer.records.newest_incidents(100)
        return sorted((each for each in found if each.host), key=lambda each: each.opened)

    async def told(self, incident: Incident) -> list[str]:
        log = await load(self.store, incident.log, incident.thread)
        return [item.event.text for item in log if isinstance(item.event, IncidentChanged)]

    async def run_of(self, incident: Incident) -> list[Event]:
        [repair] = await self.healer.records.repairs_of(incident.id)
        return [
            e.event for e in await load(self.store, repair.run, incident_thread(incident.id, 1))
        ]

    async def approve(self, incident: Incident) -> ApprovalRequested:
        """As ann, once it is asked for."""
        async with asyncio.timeout(20):
            while True:
                asked = [
                    event
                    for event in await self.run_of(incident)
                    if isinstance(event, ApprovalRequested)
                ]
                if asked:
                    break
                await asyncio.sleep(0.05)
        await self.kernel.bot.decide(asked[-1].approval, "approve", by=ANN)
        return asked[-1]

    async def command(self, name: str, text: str = "") -> str:
        caller = Caller(ANN, ThreadRef("web", "", "", "ops"))
        return await self.kernel.bot.command(name, text, caller)

    async def trust(self, runbook: str) -> None:
        """As if it had helped once, and an approver had promoted it."""
        entry = self.healer.repairing.catalogue.get(runbook)
        assert entry
        levels = Levels(self.healer.records)
        await levels.helped(entry)
        await levels.promote(entry, "auto", "Ann")


@asynccontextmanager
async def watched(
    data: Path, machine: Machine, model: Model | None = None, *, given: str = "", **checks: str
) -> AsyncGenerator[Watched]:
    """A bot that heals *machine*, without a *model* unless there is one.

    *checks*: their limits in the checks file, all others are off; *given*: a directory in which
    runbooks may delete."""
    (data / "hosts.toml").write_text(machine.toml(docker=DOCKER))
    (data / "checks.toml").write_text(_checks_file(checks))
    chosen = settings(
        data,
        hosts_file=data / "hosts.toml",
        checks_file=data / "checks.toml",
        runbook_directories=given,
        ollama_url="http://127.0.0.1:1",
    )
    hosts = tools.hosts.create(chosen)
    own, _ = agent.models.create(chosen, pauses=())
    try:
        async with SqliteStore.open(data / "bot.db") as store:
            await add_people(store)
            async with _serving(chosen, store, hosts, model or own) as running:
                yield running
    finally:
        await hosts.close()
        await own.close()


@asynccontextmanager
async def _serving(
    chosen: Settings, store: SqliteStore, hosts: Inventory, model: Model
) -> AsyncGenerator[Watched]:
    toolset, now = tools.load(), [time()]

    async def prepared() -> Mapping[str, Tool]:
        return toolset

    both = healer.Toolset(lambda: toolset, prepared)
    healing = healer.create(chosen, store, hosts, None, both, _QUICK, lambda: now[0])
    _hurry(healing.healer.repairing.catalogue)
    agents = (agent.create(toolset), agent.diagnosis(healing.diagnostics), healing.repair)
    kernel = Kernel(chosen, store, model, agents, Resources(hosts, None), Redactor({}), FAST)
    kernel.add(healing.part)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(kernel.serve(healing.part.services))
        await healing.healer.serving.wait()
        try:
            yield Watched(healing.healer, kernel, store, now)
        finally:
            serving.cancel()


def _hurry(catalogue: Catalogue) -> None:
    """The shipped runbooks word for word, but for how long they wait before they verify."""
    catalogue.entries = {
        name: replace(entry, runbook=_quick(entry.runbook))
        for name, entry in catalogue.entries.items()
    }


def _quick(runbook: Runbook) -> Runbook:
    verification = runbook.verification.model_copy(update={"times": 2, "every": 1})
    return runbook.model_copy(update={"verification": verification})


def _checks_file(wanted: Mapping[str, str]) -> str:
    here = {**_LIMITS, **wanted}
    tables = [f"[checks.{name}]\n{line}\n" for name, line in here.items()]
    local = [f"[hosts.local.checks.{name}]\n{_OFF}\n" for name in _LOCAL]
    return "\n".join([*tables, *local])
