"""Self-healing: machines are watched, troubles become incidents, and runbooks repair them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.agents import Agent
from bot.config import BadSettings, Settings
from bot.memory import Memory
from bot.ports import Part, Periodic, Store
from bot.resources import Hosts
from bot.tool import Tool
from healer.catalogue import Catalogue
from healer.check import Check, Limits
from healer.commands import commands
from healer.diagnosis import SHELL, Diagnosis, proposing
from healer.healing import Healer, Switch
from healer.intake import Intake, taking
from healer.known import builtin
from healer.own import bounds
from healer.records import Records
from healer.repair import APPROVAL, RepairAgent
from healer.repairing import Repairing
from healer.round import Round
from healer.rules import USUAL, Rules
from healer.runbook_cli import cli
from healer.scheduler import Scheduler
from healer.standing import Escalation
from healer.watch import Watch
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
) -> Healing:
    """Raises BadSettings."""
    records = Records(store)
    catalogue = _catalogue(settings)
    tools = toolset.now
    repairing = Repairing(records, store, catalogue, hosts)
    healer = _healer(records, hosts, memory, repairing, settings, rules)
    approval, proposal = applying(catalogue), proposing(healer.diagnosis)
    repair = RepairAgent(
        catalogue, lambda: {**tools(), APPROVAL: approval}, halted=healer.switch.off
    )
    part = Part(
        services=(healer, catalogue),
        commands=(*commands(healer, catalogue, hosts), *taking(Intake(healer, hosts))),
        periodics=(Periodic("healer", timedelta(seconds=rules.period), healer.tick),),
        cli=cli(catalogue, hosts, toolset.all),
        troubles=catalogue.troubles,
    )
    return Healing(healer, repair, lambda: _reading(tools(), proposal), part)


def _catalogue(settings: Settings) -> Catalogue:
    if settings.runbooks_dir and not settings.runbooks_dir.is_dir():
        raise BadSettings(f"AI_RUNBOOKS_DIR: {settings.runbooks_dir} is no directory; make it")
    limits = bounds(settings)
    return Catalogue(settings.runbooks, lambda: limits)


def scheduler(store: Store, periodics: Sequence[Periodic]) -> Part:
    """Runs what the parts want done every so often."""
    return Part(services=(Scheduler(store, periodics),))


def _reading(tools: Mapping[str, Tool], proposal: Tool) -> Mapping[str, Tool]:
    kept = {name: each for name, each in tools.items() if each.read_only or name == SHELL}
    return {**kept, proposal.name: proposal}


def _healer(
    records: Records,
    hosts: Hosts,
    memory: Memory | None,
    repairing: Repairing,
    settings: Settings,
    rules: Rules,
) -> Healer:
    known = builtin()

    def limits(check: Check, host: str) -> Limits:  # noqa: ARG001 - the same everywhere
        return check.limits()

    async def troubles() -> Mapping[str, str]:
        health = await healer.bot.read.health()
        model = "" if health.model.reachable else f"not reachable: {health.model.detail}"
        return {**health.parts, "model": model}

    watch = Watch(hosts, lambda: known, limits, troubles)
    switch = Switch(records, settings.data_dir / FLAG)
    healer = Healer(
        Round(records, watch, hosts, Escalation, rules, switch.off),
        records,
        repairing,
        Diagnosis(records, repairing.catalogue),
        switch,
        memory,
    )
    return healer
