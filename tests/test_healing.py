"""The healer on a fleet whose health the test decides: when it repairs, and when it does not."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.at_once import at_once
from bot.events import RunFailed, RunFinished
from bot.ports import Refused
from healer.asking import Seen
from healer.check import Finding
from tests.healing_kit import QUICK, RUNBOOK, Machines, trust_the_runbook, ward
from tests.kernel_kit import ANN

FOUR = ("web1", "web2", "web3", "web4")


async def test_suggested_approved_repaired(tmp_path: Path) -> None:
    """A service that fails becomes an incident in two rounds; its repair is suggested, an approver
    approves it as a whole, it is verified, and the incident closes."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        await here.rounds(1)
        machines.state["web2"] = "failed"
        await here.rounds(2)
        incident = await here.incident()
        assert (incident.host, incident.target) == ("web2", "nginx.service")
        await here.until_known(lambda found: found[0].repairing)
        request = await here.approval(incident)
        assert request.host == "web2"
        assert "restart nginx.service" in request.preview
        assert machines.done == []

        await here.kernel.bot.decide(request.approval, "approve", by=ANN)
        await here.until_known(lambda found: found[0].noted)

        assert machines.done == [("web2", "restart")]
        end = (await here.run_of(incident))[-1]
        assert isinstance(end, RunFinished)
        assert end.text.startswith("repaired: restart nginx.service")
        told = [event.text for event in await here.told(incident)]
        assert told[0] == "opened: nginx.service is failed on web2"
        assert any(text.startswith("resolved after") for text in told)
        assert "restart-unit helped" in told[-1]


async def test_carried_out_by_itself_once_promoted(tmp_path: Path) -> None:
    """A runbook that helped and was promoted is carried out without anybody being asked; one that
    did not help yet cannot be promoted."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        with pytest.raises(Refused, match="has not helped yet"):
            await here.command("level", "restart-unit auto")
        await trust_the_runbook(here)
        machines.state["web2"] = "failed"

        await here.until_known(lambda found: found and found[0].noted)

        assert machines.done == [("web2", "restart")]
        events = await here.run_of(await here.incident())
        assert not [event for event in events if event.kind == "approval_requested"]


async def test_changed_file_loses_its_level(tmp_path: Path) -> None:
    """A promotion is of one version of the file: after an edit it is suggested again."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        (tmp_path / "runbooks" / "restart-unit.yaml").write_text(RUNBOOK + "notes: edited\n")
        here.healer.repairing.catalogue.refresh()
        machines.state["web2"] = "failed"

        await here.until_known(lambda found: found and found[0].repairing)
        await here.approval(await here.incident())

        assert machines.done == []


async def test_does_not_help_undone_and_demoted(tmp_path: Path) -> None:
    """A repair after which it is no better is undone, the runbook is only suggested from then on,
    people are called, and nothing else is tried by itself in this incident."""
    machines = Machines(*FOUR)
    machines.restarted = lambda _: "failed"
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        machines.state["web2"] = "failed"

        [incident] = await here.until_known(lambda found: found and found[0].escalation)
        await here.rounds(10)

        assert machines.done == [("web2", "restart"), ("web2", "stop")]
        end = (await here.run_of(incident))[-1]
        assert isinstance(end, RunFailed)
        assert "undone: stop nginx.service" in end.reason
        assert "suggest" in await here.command("runbooks")
        assert "the repair failed" in (await here.incident()).escalation


async def test_common_cause(tmp_path: Path) -> None:
    """30 of 50 hosts go bad at once: no repair, one incident for all of them, one call."""
    names = [f"web{n}" for n in range(50)]
    machines = Machines(*names)
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        await here.rounds(1)
        for name in names[:30]:
            machines.state[name] = "failed"
        await here.rounds(8)

        found = await here.incidents()
        told = [each for each in found if not each.quiet]
        calls_made = [e.notify for each in found for e in await here.told(each) if e.notify]
        assert machines.done == []
        assert [each.check for each in told] == ["common cause"]
        assert len(found) == 31
        assert len(calls_made) == 1


async def test_flapping(tmp_path: Path) -> None:
    """What comes and goes is not repaired: people are called."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, rules=replace(QUICK, repair_bad=2)) as here:
        await trust_the_runbook(here)
        for state in ("failed", "failed", "active", "failed", "active", "failed", "failed"):
            machines.state["web1"] = state
            machines.confirmed = False  # until it flaps, nothing confirms it
            await here.rounds(1)
        machines.confirmed = True
        await here.rounds(6)

        incident = await here.incident()
        assert incident.flapping
        assert "flaps" in incident.escalation
        assert machines.done == []


async def test_slow_starter_restarted_once(tmp_path: Path) -> None:
    """A service that takes long to come up after its restart is not restarted again meanwhile."""
    machines = Machines(*FOUR)
    machines.restarted = lambda _: "failed"
    runbook = RUNBOOK.replace("times: 2", "times: 5").replace("undo:", "x-undo:").split("x-undo")[0]
    async with ward(tmp_path, machines, runbook=runbook) as here:
        await trust_the_runbook(here)
        machines.state["web1"] = "failed"
        await here.until_known(lambda _: machines.done)
        await here.rounds(10)  # a hundred seconds
        machines.state["web1"] = "active"
        await here.until_known(lambda found: found[0].noted)

        assert machines.done == [("web1", "restart")]
        assert isinstance((await here.run_of(await here.incident()))[-1], RunFinished)


async def test_no_second_reading_no_repair(tmp_path: Path) -> None:
    """A finding that nothing else confirms opens an incident, and repairs nothing."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        machines.state["web1"] = "failed"
        await here.rounds(8)

        assert machines.done == []
        why = await here.command("why", (await here.incident()).id)
        assert "no second, independent reading says so" in why


async def test_budgets(tmp_path: Path) -> None:
    """The same target is repaired again only after a pause, and after three times a person is
    needed; jumps of the wall clock, forward or back, change nothing about it."""
    machines = Machines(*FOUR)
    rules = replace(QUICK, same_target=100.0, flaps=99)
    async with ward(tmp_path, machines, rules=rules) as here:
        await trust_the_runbook(here)
        for number in range(1, 4):
            machines.state["web1"] = "failed"
            await here.until_known(lambda _, n=number: len(machines.done) == n)
            await here.until_known(lambda found: all(each.noted for each in found))
            here.clock[0] += (-1) ** number * 7 * 86_400  # a week, forward and back
        machines.state["web1"] = "failed"
        await here.rounds(40)

        assert machines.done == [("web1", "restart")] * 3
        opened = [each for each in await here.incidents() if not each.closed]
        assert "needs a human" in await here.command("why", opened[0].id)


@pytest.mark.parametrize("how", ["command", "file", "maintenance"])
async def test_switched_off(tmp_path: Path, how: str) -> None:
    """The kill switch, by a command or a file, and a maintenance window keep everything as it is;
    incidents are seen all the same."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        match how:
            case "command":
                await here.healer.switch.set("Ann", on=False)
            case "file":
                (tmp_path / "healer.off").touch()
            case _:
                await here.command("maintenance", "web1 2h a new disk")
        machines.state["web1"] = "failed"
        await here.rounds(8)

        assert (await here.incident()).host == "web1"
        assert machines.done == []
        with pytest.raises(Refused, match=r"switched off|maintenance"):
            await here.command("repair", (await here.incident()).id)
        if how == "maintenance":
            await here.command("maintenance", "web1 off")
        else:
            (tmp_path / "healer.off").unlink(missing_ok=True)
            await here.healer.switch.set("Ann", on=True)
        await here.until_known(lambda _: machines.done)


async def test_killed_after_the_repair_began(tmp_path: Path) -> None:
    """A bot that dies right after a repair began counts it; the next life does not repeat it."""
    machines = Machines(*FOUR)
    clock = [1_800_000_000.0]
    async with ward(tmp_path, machines, clock=clock) as here:
        await trust_the_runbook(here)
        machines.state["web1"] = "failed"
        await here.until_known(lambda _: machines.done)
        machines.state["web1"] = "failed"

    async with ward(tmp_path, machines, clock=clock) as here:
        await here.rounds(10)

        assert [host for host, action in machines.done if action == "restart"] == ["web1"]
        repairs = await here.healer.records.repairs_of((await here.incident()).id)
        assert len(repairs) == 1


async def test_two_replicas_one_repair(tmp_path: Path) -> None:
    """Two healers whose rounds fall together on one store open one incident and order one
    repair."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        other = here.another()
        machines.state["web1"] = "failed"
        for _ in range(40):
            await at_once((here.healer.tick(), other.tick()))
            here.clock[0] += 10
            await asyncio.sleep(0.1)

        assert machines.done == [("web1", "restart")]
        [incident] = await here.incidents()
        assert len(await here.healer.records.repairs_of(incident.id)) == 1


@pytest.mark.parametrize(
    ("part", "repaired"), [("model", True), ("runbook x.yaml", True), ("runs", False)]
)
async def test_the_bot_is_not_well_itself(tmp_path: Path, part: str, repaired: bool) -> None:  # noqa: FBT001 - a test's parameter
    """A bot that cannot carry out runs repairs nothing; its other parts are not needed for it."""
    machines = Machines(*FOUR)
    machines.extra = [Seen("bot", "", Finding(part, ok=False, text=f"{part}: away"))]
    async with ward(tmp_path, machines) as here:
        await trust_the_runbook(here)
        machines.state["web1"] = "failed"
        await here.rounds(8)

        assert bool(machines.done) == repaired


async def test_maintenance_stops_what_is_under_way(tmp_path: Path) -> None:
    """A window that opens between a repair's card and its approval keeps the steps from running."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        machines.state["web1"] = "failed"
        await here.until_known(lambda found: found and found[0].repairing)
        request = await here.approval(await here.incident())
        await here.command("maintenance", "web1 2h")
        await here.kernel.bot.decide(request.approval, "approve", by=ANN)
        await here.until_known(lambda found: not found[0].repairing)

        assert machines.done == []
        end = (await here.run_of(await here.incident()))[-1]
        assert isinstance(end, RunFailed)
        assert "web1 is in maintenance" in end.reason
