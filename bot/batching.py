"""Which of a reply's calls may begin now, which need a person, and which are refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Literal

from bot.events import Event, Outcome, ToolFinished
from bot.judged import Prepared, Question
from bot.judging import ContextOf, Judges
from bot.ledger import NOT_TRIED, CallState, Stage
from bot.run import Run
from bot.tool import Level, ToolCall, ToolError, Trust, Verdict

NOT_ALONE = "not done: it cannot be done on all of the hosts"
_After = Literal["go on", "wait", "give up"]
"""What becomes of the calls after one: they are looked at, they wait for it, they are refused."""


@dataclass(slots=True)
class Batch:
    """What happens next with the calls of a reply."""

    events: list[Event] = field(default_factory=list[Event])
    """To be committed before anything begins."""
    begin: list[Prepared] = field(default_factory=list[Prepared])
    """To run at once: all READ calls before the first change, or that change on all its hosts."""
    ask: Question | None = None
    """Needs a person, now that nothing before it is left."""

    def refuse(self, call: ToolCall, text: str, outcome: Outcome = "denied") -> None:
        self.events.append(ToolFinished(call.id, outcome, text, Trust.SYSTEM))


async def prepare(judges: Judges, run: Run, calls: Sequence[ToolCall], context: ContextOf) -> Batch:
    """Judge open calls in order, as far as they may begin now.

    A state-changing call is a barrier: it waits for the reads before it, and what comes after
    waits for it. If it is refused, so is the rest of the reply; so is a change that follows a
    call which made no sense. What was one call on several hosts is one call here: a change begins
    on all of them or on none."""
    sorting = _Sorting(judges, run, context)
    waiting = iter(_units(run, calls))
    after: _After = "go on"
    while after == "go on" and (unit := next(waiting, None)):
        after = await sorting.place(unit)
    for state in chain.from_iterable(waiting) if after == "give up" else ():
        sorting.batch.refuse(state.call, NOT_TRIED)
    return sorting.batch


def _units(run: Run, calls: Sequence[ToolCall]) -> list[list[CallState]]:
    """Calls as they are decided: those together that were one, as far as they fared alike."""
    states = [run.ledger.calls.get(call.id, CallState(call)) for call in calls]

    def unit(state: CallState) -> tuple[str, str, str]:
        approval = state.request.approval if state.request else ""
        return state.call.group or state.call.id, state.stage, approval

    return [list(alike) for _, alike in groupby(states, key=unit)]


class _Sorting:
    def __init__(self, judges: Judges, run: Run, context: ContextOf) -> None:
        self.batch = Batch()
        self._judges = judges
        self._run = run
        self._context = context
        self._malformed = False

    async def place(self, unit: Sequence[CallState]) -> _After:
        """Put one call where it belongs, on all of its hosts."""
        if unit[0].stage == "refused":
            for state in unit:
                self.batch.refuse(state.call, state.refusal)
            return "give up"
        parts = await self._judges.prepare(self._run, unit, self._context)
        admitted = [part for part in parts if isinstance(part, Prepared) and not part.denied]
        for state, part in zip(unit, parts, strict=True):
            self._refuse(state.call, part)
        if all(part.reads for part in parts if isinstance(part, Prepared)):
            return self._admit(admitted, unit[0].stage) if admitted else "go on"
        if len(admitted) == len(unit) and not self._malformed:
            return self._admit(admitted, unit[0].stage)
        for part in admitted:
            self.batch.refuse(part.call, NOT_TRIED if len(admitted) == len(unit) else NOT_ALONE)
        return "give up"

    def _refuse(self, call: ToolCall, part: Prepared | ToolError) -> None:
        if isinstance(part, ToolError):
            self.batch.refuse(call, str(part), "error")
            self._malformed = True
        elif part.denied:
            self.batch.refuse(call, _denial(part.verdict))

    def _admit(self, parts: Sequence[Prepared], stage: Stage) -> _After:
        if any(part.verdict.level is Level.ASK for part in parts):
            if not self.batch.begin:
                self.batch.ask = Question(parts)
            return "wait"
        reads = all(part.reads for part in parts)
        if reads or not self.batch.begin:
            self.batch.begin += parts
            if stage != "started":
                self.batch.events += [part.started for part in parts]
        return "go on" if reads and not parts[0].approval else "wait"


def _denial(verdict: Verdict) -> str:
    instead = f" Instead: {verdict.alternative}" if verdict.alternative else ""
    return f"{'; '.join(verdict.reasons)}.{instead}"
