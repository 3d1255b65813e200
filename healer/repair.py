"""The agent of a repair run: what its log holds, and the runbook, say what comes next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from bot.agents import Action, Call, Fail, Stance, Wait
from bot.events import RunStarted, ToolFinished
from bot.recorded import Recorded
from bot.tool import Tool, ToolCall
from healer.catalogue import Catalogue
from healer.course import End, Kind, Want, course
from healer.dry_run import in_words
from healer.order import NoOrder, Order
from healer.parameter import Unfit
from healer.plan import Answer, Plan, plan

APPROVAL = "apply_runbook"
"""The tool whose call stands for the whole repair: a person approves it."""

PATIENCE = 30 * 86_400.0
"""Seconds the question stays open: as long as the incident, and at night nobody clicks."""
_STANCES: Mapping[Kind, Literal["no", "whole", "step"]] = {
    "look": "no",
    "approval": "whole",
    "step": "step",
}


@dataclass
class Repair:
    """Where a repair stands. Its answers are kept by the ids of their calls."""

    plan: Plan | None
    refusal: str = ""
    """Why there is no plan: it cannot begin, or not go on."""
    ask: bool = True
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])

    def fold(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, ToolFinished):
            event, at = recorded.event, recorded.at / 1e6
            self.answers[event.call_id] = Answer(event.outcome, event.output, at)


class RepairAgent:
    """Carries out one runbook on one host, and nothing else."""

    name = "repair"

    def __init__(
        self,
        catalogue: Catalogue,
        tools: Callable[[], Mapping[str, Tool]],
        halted: Callable[[str], str],
    ) -> None:
        """*tools*: those that runbooks call, and ``apply_runbook``; *halted*: why nothing more may
        be done now (kill switch, maintenance), or nothing."""
        self._catalogue = catalogue
        self._tools = tools
        self._halted = halted

    def tools(self) -> Mapping[str, Tool]:
        return self._tools()

    def stance(self, state: Repair) -> Stance:
        """What is looked at before and after must only read; steps were approved with the whole."""
        runbook: Literal["no", "whole", "step"] = "no"
        if state.plan and isinstance(came_to := _told(state.plan, state), Want):
            runbook = _STANCES[came_to.kind]
        danger = bool(state.plan) and state.plan.runbook.risk == "danger"
        return Stance(healer=True, runbook=runbook, declares_danger=danger, patience=PATIENCE)

    def begin(self, transcript: Sequence[Recorded], run: str) -> Repair:
        ours = [recorded for recorded in transcript if recorded.log == run]
        texts = [each.event.text for each in ours if isinstance(each.event, RunStarted)]
        state = self._ordered(texts[0])
        for recorded in ours:
            state.fold(recorded)
        return state

    def next(self, state: Repair) -> Action:
        if not state.plan:
            return Fail(state.refusal)
        came_to = _told(state.plan, state)
        if not isinstance(came_to, Want):
            return came_to
        if came_to.kind != "look" and (reason := self._halted(state.plan.host)):
            return Fail(f"{_so_far(state)}: {reason}")
        call = Call((_call(state.plan, came_to),))
        return Wait(came_to.after, then=call) if came_to.after else call

    def _ordered(self, text: str) -> Repair:
        try:
            order = Order.parse(text)
        except NoOrder as error:
            return Repair(None, str(error))
        entry = self._catalogue.get(order.runbook)
        if not entry:
            return Repair(None, f"there is no runbook {order.runbook!r} any more")
        if entry.version != order.version:
            return Repair(None, f"the runbook {order.runbook} changed since it was proposed")
        bounds = self._catalogue.bounds
        try:
            made = plan(entry.runbook, entry.version, order.host, order.parameters, bounds)
        except Unfit as error:
            return Repair(None, f"{order.runbook} cannot be carried out: {error}")
        return Repair(made, ask=order.level == "suggest")


def _told(plan: Plan, state: Repair) -> Want | End:
    """The story up to the first call that has no answer, or to its end."""
    story = course(plan, ask=state.ask)
    try:
        want = next(story)
        while answer := state.answers.get(want.id):
            want = story.send(answer)
    except StopIteration as end:
        return end.value
    return want


def _call(plan: Plan, want: Want) -> ToolCall:
    if want.call:
        return ToolCall(want.id, want.call.tool, dict(want.call.args))
    parameters: dict[str, JsonValue] = dict(plan.parameters)
    return ToolCall(
        want.id,
        APPROVAL,
        {
            "runbook": plan.runbook.id,
            "version": plan.version,
            "host": plan.host,
            "parameters": parameters,
            "steps": in_words(plan),
        },
    )


def _so_far(state: Repair) -> str:
    done = sum(name.startswith("step-") and name[5:].isdecimal() for name in state.answers)
    return f"stopped after {done} of its steps" if done else "not repaired"
