"""Which of a reply's calls may begin now, which need a person, and which are refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.events import Event, Outcome, ToolFinished
from bot.judged import Prepared, Question
from bot.judging import ContextOf, Judges
from bot.ledger import CallState
from bot.run import Run
from bot.tool import Level, ToolCall, ToolError, Trust, Verdict

NOT_TRIED = "not tried: an earlier call did not succeed"
_After = Literal["go on", "wait", "give up"]
"""What becomes of the calls after one: they are looked at, they wait for it, they are refused."""


@dataclass(slots=True)
class Batch:
    """What happens next with the calls of a reply."""

    events: list[Event] = field(default_factory=list[Event])
    """To be committed before anything begins."""
    begin: list[Prepared] = field(default_factory=list[Prepared])
    """To run at once: all READ calls before the first change, or that change."""
    ask: Question | None = None
    """Needs a person, now that nothing before it is left."""

    def refuse(self, call: ToolCall, text: str, outcome: Outcome = "denied") -> None:
        self.events.append(ToolFinished(call.id, outcome, text, Trust.SYSTEM))


async def prepare(judges: Judges, run: Run, calls: Sequence[ToolCall], context: ContextOf) -> Batch:
    """Judge open calls in order, as far as they may begin now.

    A state-changing call is a barrier: it waits for the reads before it, and what comes after
    waits for it. If it is refused, so is the rest of the reply; so is a change that follows a
    call which made no sense."""
    sorting = _Sorting(judges, run, context)
    waiting = iter(calls)
    after: _After = "go on"
    while after == "go on" and (call := next(waiting, None)):
        after = await sorting.place(call)
    for call in waiting if after == "give up" else ():
        sorting.batch.refuse(call, NOT_TRIED)
    return sorting.batch


class _Sorting:
    def __init__(self, judges: Judges, run: Run, context: ContextOf) -> None:
        self.batch = Batch()
        self._judges = judges
        self._run = run
        self._context = context
        self._malformed = False

    async def place(self, call: ToolCall) -> _After:
        """Put one call where it belongs."""
        state = self._run.ledger.calls.get(call.id, CallState(call))
        if state.stage == "refused":
            self.batch.refuse(call, state.refusal)
            return "give up"
        try:
            prepared = await self._judges.prepare(self._run, state, self._context)
        except ToolError as error:
            self.batch.refuse(call, str(error), "error")
            self._malformed = True
            return "go on"
        if prepared.verdict.level is Level.DENY:
            self.batch.refuse(call, _denial(prepared.verdict))
            return "go on" if prepared.reads else "give up"
        if self._malformed and not prepared.reads:
            self.batch.refuse(call, NOT_TRIED)
            return "give up"
        return self._admit(state, prepared)

    def _admit(self, state: CallState, prepared: Prepared) -> _After:
        if prepared.verdict.level is Level.ASK:
            if not self.batch.begin:
                self.batch.ask = Question(prepared.call, (prepared,))
            return "wait"
        if prepared.reads or not self.batch.begin:
            self.batch.begin.append(prepared)
            if state.stage != "started":
                self.batch.events.append(prepared.started)
        return "go on" if prepared.reads and not prepared.approval else "wait"


def _denial(verdict: Verdict) -> str:
    instead = f" Instead: {verdict.alternative}" if verdict.alternative else ""
    return f"{'; '.join(verdict.reasons)}.{instead}"
