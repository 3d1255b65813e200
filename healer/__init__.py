"""Self-healing: machines are watched, troubles become incidents, and runbooks repair them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import time

from bot.agents import Agent
from bot.config import Settings
from bot.memory import Memory
from bot.ports import Part, Periodic, Store
from bot.resources import Hosts
from bot.tool import Tool
from healer.catalogue import shelved
from healer.commands import commands
from healer.diagnosis import SHELL, Diagnosis, proposing
from healer.healing import Healer, Switch
from healer.intake import Intake, taking
from healer.records import Records
from healer.repair import APPROVAL, RepairAgent
from healer.repairing import Repairing
from healer.round import Round
from healer.rules import USUAL, Rules
from healer.runbook_cli import cli
from healer.scheduler import Scheduler
from healer.watching import create as watch_over
from healer.whole import applying

Tools = Callable[[], Mapping[str, Tool]]
FLAG = "healer.off"
"""A file of this name in the data directory switches healing off."""


@dataclass(frozen=True, slots=True)
class Toolset:
    """Those of the agent that people talk to."""

    now: Tools
    all: Callable[[], Awaitable[Mapping[str, Tool]]]
    """Also those of a directory that was not read yet."""


@dataclass(frozen=True, slots=True)
class Healing:
    """What the healer adds to the process, and what it needs of the others."""

    healer: Healer
    repair: Agent
    """Carries out runbooks."""
    diagnostics: Tools
    """What the agent that diagnoses may call."""
    part: Part


def create(
    settings: Settings,
    store: Store,
    hosts: Hosts,
    memory: Memory | None,
    toolset: Toolset,
    rules: Rules = USUAL,
    clock: Callable[[], float] = time,
) -> Healing:
    """Raises BadSettings. *clock*: that of the people, in seconds since the epoch."""
    records, catalogue = Records(store), shelved(settings)
    repairing = Repairing(records, store, catalogue, hosts)
    eyes, watching = watch_over(settings, hosts, lambda: healer.bot.read.health())
    switch = Switch(records, settings.data_dir / FLAG)
    healer = Healer(
        Round(records, eyes.watch, hosts, eyes.escalation, rules, switch.off, clock=clock),
        records, repairing, Diagnosis(records, catalogue), switch, memory,
    )  # fmt: skip
    approval, proposal = applying(catalogue), proposing(healer.diagnosis)
    tools = toolset.now
    repair = RepairAgent(catalogue, lambda: {**tools(), APPROVAL: approval}, halted=switch.halted)
    part = replace(
        watching,
        services=(*watching.services, healer, catalogue),
        commands=(*commands(healer, catalogue, hosts), *taking(Intake(healer, hosts))),
        periodics=(Periodic("healer", timedelta(seconds=rules.period), healer.tick),),
        cli={**watching.cli, **cli(catalogue, hosts, toolset.all)},
        troubles=lambda: {**watching.troubles(), **catalogue.troubles()},
    )
    return Healing(healer, repair, lambda: _reading(tools(), proposal), part)


def scheduler(store: Store, periodics: Sequence[Periodic]) -> Part:
    """Runs what the parts want done every so often."""
    return Part(services=(Scheduler(store, periodics),))


def _reading(tools: Mapping[str, Tool], proposal: Tool) -> Mapping[str, Tool]:
    kept = {name: each for name, each in tools.items() if each.read_only or name == SHELL}
    return {**kept, proposal.name: proposal}
