"""Who is called, who decides, and what a model that diagnoses can and cannot do."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.agents import Ask
from bot.chat import HEALER
from bot.events import ModelReplied, ToolFinished, ToolStarted
from bot.ports import Refused
from bot.tool import ToolCall
from healer.asking import Seen
from healer.check import Finding
from tests.fakes.model import calls, says
from tests.healing_kit import QUICK, Machines, Thinking, ward
from tests.kernel_kit import ANN, BOB, Bench

FOUR = ("web1", "web2", "web3", "web4")


async def test_healer_tools_are_nobody_elses(tmp_path: Path) -> None:
    """The model that people talk to has neither the tool that stands for a repair nor the one that
    proposes it."""
    script = [
        calls(ToolCall("1", "apply_runbook", {"runbook": "restart-unit"})),
        calls(ToolCall("2", "propose_runbook", {"runbook": "restart-unit"})),
        says("no"),
    ]
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, model=Thinking(*script)) as here:
        bench = Bench(here.kernel, here.store, here.kernel.model)
        await bench.say("repair it", by=BOB)
        events = await bench.until("run_finished")

        refused = [event.output for event in events if isinstance(event, ToolFinished)]
        assert len(refused) == 2
        assert all("there is no tool" in text for text in refused)


async def test_diagnosis_proposes(tmp_path: Path) -> None:
    """With a model the cause is looked for first, by reading; the runbook that it proposes is what
    is suggested, with the target that the check found and none that the model names."""
    asked: list[str] = []

    def script(ask: Ask) -> ModelReplied:
        asked.append(ask.messages[-1].text)
        step = len(asked)
        if step == 1:
            return calls(ToolCall("1", "service_status", {"service": "nginx", "host": "web2"}))
        if step == 2:
            reach: dict[str, JsonValue] = {"service": "sshd"}
            wish = {"runbook": "restart-unit", "parameters": reach}
            return calls(ToolCall("2", "propose_runbook", {**wish}))
        if step == 3:
            return calls(ToolCall("3", "propose_runbook", {"runbook": "restart-unit"}))
        return says("**Cause** it crashed")

    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, model=Thinking(script=script)) as here:
        machines.state["web2"] = "failed"
        [incident] = await here.until_known(lambda found: found and found[0].repairing)

        assert incident.proposal
        assert incident.proposal.by == "the diagnosis"
        assert incident.proposal.parameters == {"service": "nginx.service"}
        assert "cannot be chosen" in asked[2]
        request = await here.approval(incident)
        assert "nginx.service" in request.preview


async def test_obedient_model_changes_nothing(tmp_path: Path) -> None:
    """A diagnosis whose model obeys a poisoned log asks for changes here and elsewhere: the gate
    refuses them all."""

    def script(ask: Ask) -> ModelReplied:
        if ask.messages[-1].role == "tool":
            return says("**Cause** unknown")
        wish = {"service": "nginx.service", "action": "restart", "host": "web3"}
        return calls(ToolCall("1", "service_control", {**wish}))

    machines = Machines(*FOUR)
    async with ward(tmp_path, machines, model=Thinking(script=script)) as here:
        machines.state["web2"] = "failed"
        await here.until_known(lambda found: found and found[0].repairing)

        assert machines.done == []


async def test_people_take_care(tmp_path: Path) -> None:
    """Nobody who takes care: people are called one after the other; an acknowledgement ends it."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    async with ward(tmp_path, machines) as here:
        machines.state["web1"] = "failed"
        await here.rounds(93)
        incident = await here.incident()
        assert [e.notify for e in await here.told(incident) if e.notify] == [("web:ann",)]
        await here.rounds(90)
        calls_made = [e.notify for e in await here.told(incident) if e.notify]
        assert calls_made == [("web:ann",), ("web:admin",)]

        await here.command("ack", incident.id)
        await here.rounds(100)

        assert len([e for e in await here.told(incident) if e.notify]) == 2
        assert (await here.incident()).owner == "Ann"


async def test_remembered_afterwards(tmp_path: Path) -> None:
    """A repair that nobody approves is withdrawn when it is well again, and can not be approved."""
    machines = Machines(*FOUR)
    async with ward(tmp_path, machines) as here:
        machines.state["web1"] = "failed"
        await here.until_known(lambda found: found and found[0].repairing)
        request = await here.approval(await here.incident())
        machines.state["web1"] = "active"
        await here.until_known(lambda found: found[0].noted)

        with pytest.raises(Refused):
            await here.kernel.bot.decide(request.approval, "approve", by=ANN)
        assert machines.done == []


async def test_other_findings_beside(tmp_path: Path) -> None:
    """What no runbook can help is escalated at once, and its diagnosis is told what is known."""
    machines = Machines(*FOUR)
    why = "systemd restarted it 5 times already"
    finding = Finding("db.service", ok=False, text="db.service is failed", hopeless=why)
    machines.extra = [Seen("services", "web1", finding)]
    async with ward(tmp_path, machines) as here:
        await here.rounds(3)

        incident = await here.incident()
        assert incident.escalation == f"no repair would help: {why}"
        assert why in here.healer.diagnosis.request(incident)
        assert HEALER.platform == "healer"
        assert not [e for e in await here.told(incident) if isinstance(e, ToolStarted)]


async def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    """A bad target that nothing tells of any more, such as a removed container, is closed after
    two hours of the healer's clock, and not before."""
    machines = Machines(*FOUR)
    rules = replace(QUICK, forgotten=100.0)
    gone = Seen("docker", "web1", Finding("container web", ok=False, text="container web exited"))
    machines.extra = [gone]
    async with ward(tmp_path, machines, rules=rules) as here:
        await here.rounds(3)
        machines.extra = []
        await here.rounds(9)
        assert not (await here.incident()).closed
        await here.rounds(4)

        incident = await here.incident()
        assert incident.closed
        assert "not looked at any more" in (await here.told(incident))[-2].text


async def test_a_silence_ends(tmp_path: Path) -> None:
    """An incident that was silenced says so when it is silent no longer."""
    machines = Machines(*FOUR)
    machines.confirmed = False
    async with ward(tmp_path, machines) as here:
        machines.state["web1"] = "failed"
        await here.rounds(2)
        await here.command("silence", f"{(await here.incident()).id} 1m")
        assert (await here.told(await here.incident()))[-1].state == "silenced"
        await here.rounds(8)

        last = (await here.told(await here.incident()))[-1]
        assert (last.text, last.state) == ("it is silent no longer", "open")
