"""A reply's calls, from asking a person to the last result: what may begin, in which order."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from time import time

from bot.approvals import Approvals
from bot.at_once import at_once
from bot.batching import Batch, prepare
from bot.events import ApprovalRequested, Event, ModelReplied, ToolFinished
from bot.execution import Executor
from bot.fan_out import gather, grouped
from bot.ids import typeable_id
from bot.judged import Prepared, Question
from bot.judging import Judges
from bot.ledger import NOT_TRIED
from bot.run import Run, Turn, insist
from bot.spending import Budget
from bot.tool import Risk, ToolCall, Trust
from bot.verdict import together

UNKNOWN = "The bot was cut off while this ran: it may or may not have had its effect."


class Calls:
    def __init__(
        self, judges: Judges, executor: Executor, approvals: Approvals, budget: Budget
    ) -> None:
        self._judges = judges
        self._executor = executor
        self._approvals = approvals
        self._budget = budget

    def expanded(self, run: Run, reply: ModelReplied) -> ModelReplied:
        """The reply with one call for each host where it has one for several."""
        calls = chain.from_iterable(self._judges.expanded(run, call) for call in reply.tool_calls)
        return replace(reply, tool_calls=tuple(calls))

    async def judged(self, run: Run, reply: ModelReplied) -> Batch:
        """What of a reply's calls begins in the same commit as the reply."""
        room = self._budget.calls_left(run.ledger.spent)
        wanted = grouped(reply.tool_calls)
        calls = list(chain.from_iterable(wanted[:room]))
        batch = await prepare(self._judges, run, calls, self._executor.context)
        for call in chain.from_iterable(wanted[room:]):
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
        patience = run.agent.stance(run.state).patience or self._approvals.ttl
        expires = time() + patience
        request = await asked.request(expires, tuple(run.ledger.tainted_by.values()))

        async def open_it(turn: Turn) -> None:
            if not await self._approvals.request(turn, request, run.user):
                text = "too many approvals are open already"
                turn.add(*_given_up(run, [part.call for part in asked.parts], text))

        await run.turn(open_it)

    async def _use(self, run: Run, batch: Batch) -> float:
        """Start an approved call: its approval is spent in the same commit."""
        approval = batch.begin[0].approval

        async def spend(turn: Turn) -> bool:
            used = await self._approvals.use(turn, approval)
            if used:
                turn.add(*batch.events)
            return used

        if await run.turn(spend):
            await self.begin(run, batch.begin)
            return 0
        # Approved and not used in time: the beat expires it, and then it is asked for afresh.
        return time() + 1

    async def begin(self, run: Run, begin: Sequence[Prepared]) -> None:
        if begin:
            await at_once(self._run_call(run, prepared) for prepared in begin)

    async def _run_call(self, run: Run, prepared: Prepared) -> None:
        if not prepared.reads:
            run.still_mine()
        finished = await self._executor.execute(prepared)
        if finished.outcome == "unknown" and not prepared.reads:
            await self._doubt(run, [prepared.call], [finished])
        else:
            await run.append(finished)

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
        await self._doubt(run, cut, ended)

    async def _doubt(self, run: Run, calls: Sequence[ToolCall], ended: Sequence[Event]) -> None:
        """Record unknown outcomes, and ask a person what to make of each."""
        requests = [self._doubtful(run, parts) for parts in grouped(calls)]

        async def record(turn: Turn) -> None:
            turn.add(*ended)
            for request in requests:
                await self._approvals.request(turn, request, run.user)

        await insist(lambda: run.turn(record))

    def _doubtful(self, run: Run, calls: Sequence[ToolCall]) -> ApprovalRequested:
        verdicts = [state.verdict for c in calls if (state := run.ledger.calls[c.id]).verdict]
        places = [self._judges.place(call) for call in calls]
        return ApprovalRequested(
            approval=typeable_id(),
            call=gather(calls),
            verdict=replace(together(verdicts), reasons=("it may already have run",)),
            host=", ".join(host for host, _ in places),
            account=", ".join(account for _, account in places),
            digest="",
            expires=time() + self._approvals.ttl,
            tainted_by=tuple(run.ledger.tainted_by.values()),
            may_have_run=True,
        )


def _given_up(run: Run, calls: Sequence[ToolCall], why: str) -> list[Event]:
    """How *calls* end that cannot even be asked about, and with them the rest of the reply."""
    given_up = {call.id for call in calls}
    return [
        ToolFinished(call, "denied", why if call in given_up else NOT_TRIED)
        for call in run.ledger.calls
    ]
