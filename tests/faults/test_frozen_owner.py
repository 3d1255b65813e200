"""A process that stops for longer than its lease: its run goes on elsewhere, and when it wakes up
it can neither write nor act."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import audit
from bot.events import Event, RunFinished, ToolFinished
from bot.tool import Risk, Tool, ToolCall, Trust, tool
from tests.faults.replicas import Replica, replicas
from tests.kernel_kit import ANN, kinds

RESTART = ToolCall("1.1", "restart", {"unit": "nginx"})
LOOK = ToolCall("1.1", "look")


class Machine:
    """What is done to it, however many bots do it."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    def tools(self) -> list[Tool]:
        @tool(risk=Risk.CHANGE, trust=Trust.SYSTEM)
        async def restart(unit: str) -> str:
            """Restart a unit."""
            return await self._do(f"restart {unit}")

        @tool(risk=Risk.READ, trust=Trust.SYSTEM)
        async def look() -> str:
            """Look at it."""
            return await self._do("look")

        return [restart, look]

    async def _do(self, what: str) -> str:
        self.did.append(what)
        self.begun.set()
        await self.go.wait()
        return "done"


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def test_frozen_while_a_change_runs(tmp_path: Path, machine: Machine) -> None:
    """After one lease the other replica reports the outcome as unknown and asks; what the frozen
    one brings back is written nowhere, and the change was made once."""
    async with replicas(tmp_path, machine.tools(), RESTART) as (frozen, other):
        await frozen.say("restart nginx")
        await machine.begun.wait()
        frozen.freezer.freeze()
        other.freezer.thaw()
        doubt = await other.approval()
        await _wake(frozen, machine)
        await other.kernel.bot.decide(doubt.approval, "leave", by=ANN)
        events = await other.until("run_finished")
        sound = not (await audit.verify(other.store)).problems

    assert doubt.may_have_run
    assert ["unknown"] == _outcomes(events)
    assert ["restart nginx"] == machine.did
    assert sound


async def test_frozen_right_after_the_start_was_written(tmp_path: Path, machine: Machine) -> None:
    """The start of a change is in the log and its lease ran out before it began: it does not
    begin any more. The other replica cannot know that and asks."""
    async with replicas(tmp_path, machine.tools(), RESTART) as (frozen, other):
        frozen.freezer.after = "tool_started"
        await frozen.say("restart nginx")
        await frozen.freezer.frozen.wait()
        other.freezer.thaw()
        doubt = await other.approval()
        await _wake(frozen, machine)
        await other.kernel.bot.decide(doubt.approval, "leave", by=ANN)
        events = await other.until("run_finished")

    assert ["unknown"] == _outcomes(events)
    assert [] == machine.did


async def test_frozen_right_before_the_start_is_written(tmp_path: Path, machine: Machine) -> None:
    """The other replica knows that nothing began, and does it; the frozen one may not any more."""
    machine.go.set()
    async with replicas(tmp_path, machine.tools(), RESTART) as (frozen, other):
        frozen.freezer.before = "tool_started"
        await frozen.say("restart nginx")
        await frozen.freezer.frozen.wait()
        other.freezer.thaw()
        events = await other.until("run_finished")
        await _wake(frozen, machine)
        after = await other.until("run_finished")
        sound = not (await audit.verify(other.store)).problems

    assert ["ok"] == _outcomes(events)
    assert kinds(events) == kinds(after)
    assert ["restart nginx"] == machine.did
    assert sound


async def test_the_new_owner_has_written_nothing_yet(tmp_path: Path, machine: Machine) -> None:
    """Not what comes first in the log decides, but who was given the run: the old owner may not
    write into the place that is still free."""
    machine.go.set()
    async with replicas(tmp_path, machine.tools(), RESTART) as (frozen, other):
        frozen.freezer.before = "tool_started"
        await frozen.say("restart nginx")
        await frozen.freezer.frozen.wait()
        other.freezer.thaw()
        other.freezer.after = other.kernel.runtime.owner  # freeze once it has claimed the run
        await other.freezer.frozen.wait()
        await _wake(frozen, machine)
        did = list(machine.did)
        other.freezer.thaw()
        events = await other.until("run_finished")

    assert [] == did
    assert ["ok"] == _outcomes(events)
    assert ["restart nginx"] == machine.did


async def test_frozen_while_it_reads(tmp_path: Path, machine: Machine) -> None:
    """Reading again does no harm: the other replica repeats it, and one answer is given."""
    async with replicas(tmp_path, machine.tools(), LOOK) as (frozen, other):
        await frozen.say("look")
        await machine.begun.wait()
        frozen.freezer.freeze()
        machine.go.set()
        other.freezer.thaw()
        events = await other.until("run_finished")
        await _wake(frozen, machine)
        after = await other.until("run_finished")

    assert ["ok"] == _outcomes(events)
    assert 1 == kinds(events).count("tool_started")
    assert RunFinished("So it is.") == events[-1]
    assert kinds(events) == kinds(after)
    assert ["look", "look"] == machine.did


async def _wake(frozen: Replica, machine: Machine) -> None:
    """Let it go on with what it was about to do, until it has seen that it may not."""
    machine.go.set()
    frozen.freezer.thaw()
    await frozen.gave_up()


def _outcomes(events: Sequence[Event]) -> list[str]:
    return [event.outcome for event in events if isinstance(event, ToolFinished)]
