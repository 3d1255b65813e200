"""A runbook with its values put in: every call as it will be made, and how its answer is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from bot.events import Outcome
from healer import never
from healer.never import Bounds
from healer.parameter import Given, Unfit, Value, accept
from healer.runbook import Below, Look, Refusal, Runbook, Step, compiled
from healer.template import fill, fill_pattern, fill_text

_ENDED_BADLY = compiled(r"\A(exit [1-9][0-9]*|killed|may still run) after [0-9.e+-]+ s$")
"""How a command line says that it failed: ``bot.resources.CommandResult``, as tools tell it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call."""

    outcome: Outcome
    output: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer means for the repair."""

    kind: Literal["well", "unmet", "refused", "failed", "unknown"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    say: str
    tool: str
    args: Mapping[str, JsonValue]
    expect: str = ""
    refuse: tuple[Refusal, ...] = ()
    below: Below | None = None
    only_if: "PlannedCall | None" = None

    def read(self, answer: Answer) -> Reading:
        if answer.outcome == "unknown":
            return Reading("unknown", answer.output)
        if answer.outcome != "ok":
            return Reading("failed", _first_line(answer.output) or answer.outcome)
        for refusal in self.refuse:
            pattern = compiled(refusal.when or refusal.unless)
            if bool(pattern.search(answer.output)) == bool(refusal.when):
                return Reading("refused", refusal.reason)
        if self.below:
            return _compared(self.below, answer.output)
        if self.expect:
            met = compiled(self.expect).search(answer.output)
            return Reading("well") if met else Reading("unmet", _short(answer.output))
        if _ENDED_BADLY.search(answer.output):
            return Reading("failed", _first_line(answer.output))
        return Reading("well")


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a repair may do, in its order."""

    runbook: Runbook
    version: str
    host: str
    parameters: Mapping[str, Value]
    preconditions: tuple[PlannedCall, ...]
    enough: PlannedCall | None
    steps: tuple[PlannedCall, ...]
    verification: tuple[PlannedCall, ...]
    undo: tuple[PlannedCall, ...]

    @property
    def target(self) -> str:
        """What is repaired; the host when it is no part of one."""
        name = self.runbook.target
        return str(self.parameters[name]) if name else self.host

    def calls(self) -> Iterator[PlannedCall]:
        for call in (*self.preconditions, *self.steps, *self.undo, *self.verification):
            yield call
            if call.only_if:
                yield call.only_if
        if self.enough:
            yield self.enough


def plan(runbook: Runbook, version: str, host: str, given: Given, bounds: Bounds) -> Plan:
    """Raises Unfit when the values are not allowed, or would touch what no runbook may."""
    if not host.strip() or host.startswith("group:") or "*" in host or host.casefold() == "all":
        raise Unfit(f"{host!r} is not one host")
    values = {**accept(runbook.parameters, given, bounds.directories), "host": host}
    made = Plan(
        runbook=runbook,
        version=version,
        host=host,
        parameters={name: value for name, value in values.items() if name != "host"},
        preconditions=tuple(_planned(each, values) for each in runbook.preconditions),
        enough=_planned(runbook.enough, values) if runbook.enough else None,
        steps=tuple(_planned(each, values) for each in runbook.steps),
        verification=tuple(_planned(each, values) for each in runbook.verification.calls),
        undo=tuple(_planned(each, values) for each in runbook.undo),
    )
    for call in made.calls():
        for reason in never.reasons(call.tool, call.args, bounds, directories(runbook)):
            raise Unfit(reason)
    return made


def directories(runbook: Runbook) -> Sequence[str]:
    """Those that the runbook itself lists for deleting in."""
    listed = (each for each in runbook.parameters.values() if each.type == "directory")
    return [str(choice) for parameter in listed for choice in parameter.choices]


def _planned(use: Look | Step, values: Given) -> PlannedCall:
    filled = {name: fill(value, values, name) for name, value in use.arguments.items()}
    return PlannedCall(
        say=fill_text(use.say, values),
        tool=use.tool,
        args={**filled, "host": values["host"]},
        expect=fill_pattern(use.expect, values),
        refuse=_refusals(use.refuse, values),
        below=_below(use.below, values) if isinstance(use, Look) and use.below else None,
        only_if=_planned(use.only_if, values) if isinstance(use, Step) and use.only_if else None,
    )


def _below(below: Below, values: Given) -> Below:
    value = int(fill_text(str(below.value), values))
    return Below(pattern=fill_pattern(below.pattern, values), value=value)


def _refusals(refusals: Sequence[Refusal], values: Given) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(
            when=fill_pattern(each.when, values),
            unless=fill_pattern(each.unless, values),
            reason=fill_text(each.reason, values),
        )
        for each in refusals
    )


def _compared(below: Below, output: str) -> Reading:
    found = compiled(below.pattern).search(output)
    try:
        number = float(found[1]) if found else None
    except ValueError:
        number = None
    if number is None:
        return Reading("failed", f"no number to be found in: {_first_line(output)}")
    return Reading("well" if number < int(below.value) else "unmet", f"{number:g}")


def _first_line(text: str) -> str:
    """What people are told of an output; of a failed command, also what it printed first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ": ".join(lines[:2] if _ENDED_BADLY.search(text) else lines[:1])[:300]


def _short(text: str) -> str:
    """An output of one line, which says it all; others would need to be read."""
    return text.strip() if text.strip().count("\n") == 0 and len(text) < 200 else ""
