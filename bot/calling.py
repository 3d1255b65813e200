"""A reply's calls, from asking a person to the last result: what may begin, in which order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import time

from bot.approvals import Approvals
from bot.batching import NOT_TRIED, Batch, prepare
from bot.events import ApprovalRequested, Event, ModelReplied, ToolFinished
from bot.execution import Executor
from bot.ids import typeable_id
from bot.judged import Prepared, Question
from bot.judging import Judges
from bot.ledger import CallState
from bot.run import Run, Turn, insist
from bot.spending import Budget
from bot.tool import Risk, ToolCall, Trust

UNKNOWN = "The bot was cut off while this ran: it may or may not have had its effect."


class Calls:
    def __init__(
        self, judges: Judges, executor: Executor, approvals: Approvals, budget: Budget
    ) -> None:
        self._judges = judges
        self._executor = executor
        self._approvals = approvals
        self._budget = budget

    async def judged(self, run: Run, reply: ModelReplied) -> Batch:
        """What of a reply's calls begins in the same commit as the reply."""
        room = self._budget.calls_left(run.ledger.spent)
        calls, beyond = reply.tool_calls[:room], reply.tool_calls[room:]
        batch = await prepare(self._judges, run, calls, self._executor.context)
        for call in beyond:
            batch.refuse(call, f"the run's budget of {self._budget.calls} calls is used up")
        return batch

    async def go_on(self, run: Run, calls: Sequence[ToolCall]) -> float | None:
        """Do what can be done now; epoch seconds to wait until, 0 for no wait, None for a person.

        Raises Overtaken."""
        if any(state.stage == "asked" for state in run.ledger.calls.values()):
            return None
        batch = await prepare(self._judges, run, calls, self._executor.context)
        if batch.ask and not batch.events:
            await self._request(run, batch.ask)
            return 0
        if batch.begin and batch.begin[0].approval:
            return await self._use(run, batch)
        if batch.events:
            await run.append(*batch.events)
        await self.begin(run, batch.begin)
        return 0

    async def _request(self, run: Run, asked: Question) -> None:
        expires = time() + self._approvals.ttl
        request = await asked.request(expires, tuple(run.ledger.tainted_by.values()))

        async def open_it(turn: Turn) -> None:
            if not await self._approvals.request(turn, request, run.user):
                text = "too many approvals are open already"
                turn.add(ToolFinished(asked.call.id, "denied", text), *_not_tried(run, asked.call))

        await run.turn(open_it)

    async def _use(self, run: Run, batch: Batch) -> float:
        """Start an approved call: its approval is spent in the same commit."""
        [prepared] = batch.begin

        async def spend(turn: Turn) -> bool:
            used = await self._approvals.use(turn, prepared.approval)
            if used:
                turn.add(*batch.events)
            return used

        if await run.turn(spend):
            await self.begin(run, batch.begin)
            return 0
        # Approved and not used in time: the beat expires it, and then it is asked for afresh.
        return time() + 1

    async def begin(self, run: Run, begin: Sequence[Prepared]) -> None:
        if len(begin) == 1:
            await self._run_call(run, begin[0])
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                for prepared in begin:
                    tasks.create_task(self._run_call(run, prepared))
        except ExceptionGroup as group:
            raise group.exceptions[0] from group  # the first failure cancelled the others

    async def _run_call(self, run: Run, prepared: Prepared) -> None:
        if not prepared.reads:
            run.still_mine()
        finished = await self._executor.execute(prepared)
        failed = finished.outcome != "ok" and not prepared.reads
        rest = _not_tried(run, prepared.call) if failed else []
        if finished.outcome == "unknown" and not prepared.reads:
            await self._doubt(run, [prepared.call], [finished, *rest])
        else:
            await run.append(finished, *rest)

    async def recover(self, run: Run) -> None:
        """What a crash cut off: READ calls are repeated, of others nobody knows the outcome."""
        cut = [
            state.call
            for state in run.ledger.calls.values()
            if state.stage == "started" and state.verdict and state.verdict.risk is not Risk.READ
        ]
        if not cut:
            return
        ended = [ToolFinished(call.id, "unknown", UNKNOWN, Trust.SYSTEM) for call in cut]
        await self._doubt(run, cut, [*ended, *_not_tried(run, *cut)])

    async def _doubt(self, run: Run, calls: Sequence[ToolCall], ended: Sequence[Event]) -> None:
        """Record unknown outcomes, and ask a person what to make of each."""
        requests = [self._doubtful(run, run.ledger.calls[call.id]) for call in calls]

        async def record(turn: Turn) -> None:
            turn.add(*ended)
            for request in requests:
                await self._approvals.request(turn, request, run.user)

        await insist(lambda: run.turn(record))

    def _doubtful(self, run: Run, state: CallState) -> ApprovalRequested:
        assert state.verdict
        return ApprovalRequested(
            approval=typeable_id(),
            call=state.call,
            verdict=replace(state.verdict, reasons=("it may already have run",)),
            host=self._judges.host_of(state.call),
            account=state.request.account if state.request else "",
            digest="",
            expires=time() + self._approvals.ttl,
            tainted_by=tuple(run.ledger.tainted_by.values()),
            may_have_run=True,
        )


def _not_tried(run: Run, *but: ToolCall) -> list[Event]:
    """How the reply's other calls end when these did not succeed."""
    ended = {call.id for call in but}
    return [
        ToolFinished(call, "denied", NOT_TRIED) for call in run.ledger.calls if call not in ended
    ]
