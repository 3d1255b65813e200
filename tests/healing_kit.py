"""A fleet whose health a test decides, healed by the real healer on a real kernel."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import agent
from bot.app import Kernel, Pace
from bot.chat import ThreadRef, User, incident_thread
from bot.command import Caller
from bot.config import Settings
from bot.events import ApprovalRequested, Event, IncidentChanged
from bot.journal import load
from bot.memory import Memory
from bot.ports import Part, Service, Store
from bot.redact import Redactor
from bot.resources import Resources
from bot.store.sqlite import SqliteStore
from bot.tool import Level, Risk, Tool, ToolContext, ToolError, Trust, Verdict, tool
from bot.views import ModelInfo, ModelStatus
from healer.asking import Seen
from healer.catalogue import Catalogue
from healer.check import Finding, Point, Remedy
from healer.commands import commands
from healer.diagnosis import Diagnosis, proposing
from healer.healing import Healer, Switch
from healer.incidents import Incident
from healer.intake import Intake, taking
from healer.levels import Levels
from healer.records import Records
from healer.repair import APPROVAL, RepairAgent
from healer.repairing import Repairing
from healer.round import Round
from healer.rules import Rules
from healer.standing import Escalation
from healer.whole import applying
from tests.fakes.model import ScriptedModel
from tests.fleet import Fleet
from tests.kernel_kit import ANN, add_people, settings

FAST = Pace(lease=0.9, feed_poll=0.5)
QUICK = Rules(repair_span=20.0, grace=0.0, digest=0.0)
"""A round is ten seconds of the healer's clock, so that a repair may come in the third."""
State = Literal["active", "failed"]
RUNBOOK = """\
id: restart-unit
title: Restart a unit
fixes: [services]
risk: change
target: service
parameters:
  service: {description: a unit, pattern: '[a-z0-9.-]+', from_finding: true}
preconditions:
  - say: ${service} is down
    tool: service_status
    arguments: {service: '${service}'}
    expect: '^state: failed'
steps:
  - say: restart ${service}
    tool: service_control
    arguments: {service: '${service}', action: restart}
verification:
  times: 2
  every: 1
  calls:
    - say: ${service} runs
      tool: service_status
      arguments: {service: '${service}'}
      expect: '^state: active'
undo:
  - say: stop ${service}
    tool: service_control
    arguments: {service: '${service}', action: stop}
"""


class Thinking(ScriptedModel):
    """A scripted model that is there for whoever diagnoses."""

    async def status(self) -> ModelStatus:
        return ModelStatus(reachable=True, installed=(ModelInfo("scripted"),), auto="scripted")


class Machines(Fleet):
    """Hosts with a service each, and what was done to them."""

    def __init__(self, *names: str, service: str = "nginx.service") -> None:
        super().__init__(*names)
        self.service = service
        self.state: dict[str, State] = dict.fromkeys(names, "active")
        self.done: list[tuple[str, str]] = []
        """(host, action) of every change."""
        self.restarted: Callable[[str], State] = lambda _: "active"
        """What a restart leads to."""
        self.extra: list[Seen] = []
        self.confirmed = True

    async def look(self, now: float) -> Sequence[Seen]:
        return [*map(self._seen, self.names()), *self.extra]

    def recall(self, check: str, host: str, target: str, points: Sequence[Point]) -> None:
        """Its checks need no history."""

    def _seen(self, host: str) -> Seen:
        ok = self.state[host] == "active"
        remedy = None if ok else Remedy("restart-unit", {"service": self.service})
        text = f"{self.service} is {self.state[host]}"
        finding = Finding(self.service, ok, text, confirmed=self.confirmed, remedy=remedy)
        return Seen("services", host, finding)

    def tools(self) -> dict[str, Tool]:
        machines = self

        def judge(_args: object, _ctx: ToolContext) -> Verdict:
            return Verdict(Level.ASK, Risk.CHANGE, ("it changes a service",), Trust.SYSTEM)

        @tool(risk=Risk.READ, trust=Trust.SYSTEM)
        async def service_status(service: str, host: str) -> str:
            """State of a service."""
            return f"unit: {service}\nstate: {machines.state[host]} (so it is)"

        @tool(risk=judge, trust=Trust.SYSTEM)
        async def service_control(service: str, action: str, host: str) -> str:
            """Change a service."""
            if service != machines.service:
                raise ToolError(f"there is no {service}")
            machines.done.append((host, action))
            if action == "restart":
                machines.state[host] = machines.restarted(host)
            return f"{action} done"

        return {each.name: each for each in (service_status, service_control)}


@dataclass
class Ward:
    """A healer at work."""

    healer: Healer
    kernel: Kernel
    store: SqliteStore
    machines: Machines
    clock: list[float] = field(default_factory=lambda: [1_800_000_000.0])

    async def rounds(self, count: int) -> None:
        for _ in range(count):
            await self.healer.tick()
            self.clock[0] += self.healer.round.rules.period

    def another(self) -> Healer:
        """A healer of another replica, on the same store and with the same bot."""
        mine, records = self.healer, Records(self.store)
        other = Healer(
            mine.round,
            records,
            Repairing(records, self.store, mine.repairing.catalogue, self.machines),
            Diagnosis(records, mine.repairing.catalogue),
            mine.switch,
            None,
        )
        other.attend(mine.bot)
        return other

    async def until_known(
        self, holds: Callable[[Sequence[Incident]], object]
    ) -> Sequence[Incident]:
        """Round after round until this *holds* of all incidents, the open ones first."""
        found: Sequence[Incident] = ()
        for _ in range(60):
            await self.rounds(1)
            found = await self.incidents()
            if holds(found):
                return found
            await asyncio.sleep(0.2)
        raise AssertionError(f"it did not come to that: {found}")

    async def incidents(self) -> Sequence[Incident]:
        return await self.healer.records.newest_incidents(10_000)

    async def incident(self) -> Incident:
        [found] = await self.incidents()
        return found

    async def told(self, incident: Incident) -> list[IncidentChanged]:
        log = await load(self.store, incident.log, incident.thread)
        return [item.event for item in log if isinstance(item.event, IncidentChanged)]

    async def run_of(self, incident: Incident, repair: int = 1) -> list[Event]:
        repairs = await self.healer.records.repairs_of(incident.id)
        run = repairs[repair - 1].run
        return [e.event for e in await load(self.store, run, incident_thread(incident.id, repair))]

    async def approval(self, incident: Incident, repair: int = 1) -> ApprovalRequested:
        """Once it is asked for."""
        async with asyncio.timeout(20):
            while True:
                events = await self.run_of(incident, repair)
                found = [e for e in events if isinstance(e, ApprovalRequested)]
                if found:
                    return found[-1]
                await asyncio.sleep(0.05)

    async def command(self, name: str, text: str = "", by: User = ANN) -> str:
        thread = ThreadRef("web", "", "", "ops")
        return await self.kernel.bot.command(name, text, Caller(by, thread))


async def trust_the_runbook(here: Ward) -> None:
    """As if it had helped once, and an approver had promoted it."""
    entry = here.healer.repairing.catalogue.get("restart-unit")
    assert entry
    levels = Levels(here.healer.records)
    await levels.helped(entry)
    await levels.promote(entry, "auto", "Ann")


@asynccontextmanager
async def ward(
    directory: Path,
    machines: Machines,
    *,
    rules: Rules = QUICK,
    model: ScriptedModel | None = None,
    memory: Memory | None = None,
    contacts: tuple[str, ...] = ("web:ann", "web:admin"),
    clock: list[float] | None = None,
    runbook: str = RUNBOOK,
    services: Callable[[Settings, Store], Sequence[Service]] = lambda _settings, _store: (),
    **given: object,
) -> AsyncGenerator[Ward]:
    """One life of a bot that heals *machines*; rounds come when the test wants them."""
    chosen = settings(directory, **given)
    own = directory / "runbooks"
    own.mkdir(exist_ok=True)
    (own / "restart-unit.yaml").write_text(runbook)
    now = clock or [1_800_000_000.0]
    async with SqliteStore.open(directory / "bot.db") as store:
        await add_people(store)
        records, catalogue = Records(store), Catalogue(own)
        switch = Switch(records, directory / "healer.off", clock=lambda: now[0])
        eyes = Round(
            records, machines, machines, lambda: Escalation(contacts), rules, switch.off,
            clock=lambda: now[0],
        )  # fmt: skip
        repairing = Repairing(records, store, catalogue, machines)
        healer = Healer(eyes, records, repairing, Diagnosis(records, catalogue), switch, memory)
        kernel = _kernel(chosen, store, healer, catalogue, machines, model)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(kernel.serve((healer, *services(chosen, store))))
            await healer.serving.wait()
            try:
                yield Ward(healer, kernel, store, machines, now)
            finally:
                serving.cancel()


def _kernel(
    chosen: Settings,
    store: SqliteStore,
    healer: Healer,
    catalogue: Catalogue,
    machines: Machines,
    model: ScriptedModel | None,
) -> Kernel:
    tools = machines.tools()
    approval, proposal = applying(catalogue), proposing(healer.diagnosis)
    looking = {"service_status": tools["service_status"], proposal.name: proposal}
    agents = (
        agent.create(tools),
        agent.diagnosis(lambda: looking),
        RepairAgent(catalogue, lambda: {**tools, APPROVAL: approval}, healer.switch.halted),
    )
    kernel = Kernel(
        chosen, store, model or ScriptedModel(), agents, Resources(machines), Redactor({}), FAST
    )
    kernel.add(
        Part(
            commands=(
                *commands(healer, catalogue, machines),
                *taking(Intake(healer, machines)),
            )
        )
    )
    return kernel
