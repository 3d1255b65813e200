"""One claimed run, from where it stands to where it ends or waits: the agent decides, this does."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import monotonic, time

import structlog

from bot.agents import Ask, Call, Fail, Finish, Wait
from bot.approvals import supersede
from bot.briefing import Briefer
from bot.calling import Calls
from bot.events import (
    ContextSummarised,
    Event,
    ModelReplied,
    Outcome,
    RunFailed,
    RunFinished,
    RunStopped,
    ToolFinished,
)
from bot.feed import Feed
from bot.ledger import CallState
from bot.ports import Delta, Model, ModelError
from bot.redact import Redactor
from bot.run import Overtaken, Run, Turn, insist
from bot.spending import Budgets
from bot.streaming import Deltas
from bot.tool import Risk, ToolCall, Trust

log = structlog.get_logger()


class Driver:
    def __init__(
        self,
        model: Model,
        calls: Calls,
        feed: Feed,
        briefer: Briefer,
        redactor: Redactor,
        *,
        budgets: Budgets,
        wake: Callable[[], None],
    ) -> None:
        """*wake*: a run became ready."""
        self._model = model
        self._calls = calls
        self._feed = feed
        self._briefer = briefer
        self._redact = redactor
        self._budgets = budgets
        self._wake = wake

    async def drive(self, run: Run) -> None:
        """Until the run is over or parked. Raises Lost, StoreError, and bugs."""
        await self._calls.recover(run)
        going_on = True
        while going_on:
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError  # a tool may have answered it with its outcome
            try:
                going_on = await self._step(run)
            except Overtaken:
                continue

    async def stop(self, run: Run) -> None:
        """End a run that was cancelled because somebody asked to stop it."""
        await insist(lambda: self._finish(run, *_stopped(run, self._redact)))

    async def fail(self, run: Run, reason: str) -> None:
        """End a run that cannot go on, saying of each open call what is known of it."""
        await insist(lambda: self._finish(run, *_cut_off(run), RunFailed(reason)))

    async def _step(self, run: Run) -> bool:
        """One action of the agent; whether there may be another one now."""
        if ended := await self._forced_end(run):
            await self._finish(run, *ended)
            return False
        action = run.agent.next(run.state)
        match action:
            case Ask():
                return await self._ask(run, action)
            case Call():
                return await self._call(run, action)
            case Wait(until=until, then=then):
                if then is None or time() < until:
                    return await self._park(run, until)
                return await self._call(run, then)
            case Finish(text=text):
                await self._finish(run, RunFinished(text))
            case Fail(reason=reason):
                await self._finish(run, RunFailed(reason))
        return False

    async def _call(self, run: Run, call: Call) -> bool:
        wait = await self._calls.go_on(run, call.calls)
        return wait == 0 or await self._park(run, wait)

    async def _forced_end(self, run: Run) -> Sequence[Event]:
        """The events that end the run whatever its agent thinks; none when it may go on."""
        ledger = run.ledger
        if ledger.stop:
            return _stopped(run, self._redact)
        if ledger.expired:
            minutes = round(self._budgets.run.patience / 60, 1)
            refused = [ToolFinished(call, "denied", "nobody decided") for call in ledger.calls]
            return [*refused, RunFailed(f"not done: nobody decided within {minutes:g} min")]
        if ledger.over_budget and time() > ledger.last_at / 1e6 + self._budgets.run.patience:
            reached = ledger.over_budget
            return [RunFailed(f"nobody granted more: {reached.text}")]
        return ()

    async def _ask(self, run: Run, ask: Ask) -> bool:
        if run.ledger.over_budget:
            return await self._park(run, run.ledger.last_at / 1e6 + self._budgets.run.patience)
        if reached := await self._budgets.reached(run):
            await run.append(reached)
            return True
        if ask.purpose == "summary":
            await run.append(await self._summary(run, ask))
            return True
        try:
            reply = await self._reply(run, await self._briefer.brief(run, ask))
        except ModelError as error:
            await self._finish(run, RunFailed(str(error)))
            return False
        reply = self._calls.expanded(run, reply)
        batch = await self._calls.judged(run, reply)
        try:
            await run.append(reply, *batch.events)
        except Overtaken:
            await run.append(reply, *(e for e in batch.events if isinstance(e, ToolFinished)))
            return True
        await self._calls.begin(run, batch.begin)
        return True

    async def _summary(self, run: Run, ask: Ask) -> ContextSummarised:
        """Of the older part of the conversation. Without one the run goes on all the same."""
        reply = ModelReplied()
        asked = replace(await self._briefer.brief(run, ask), thread=str(run.thread))
        try:
            async with aclosing(self._model.reply(asked)) as pieces:
                async for piece in pieces:
                    reply = piece if isinstance(piece, ModelReplied) else reply
        except ModelError as error:
            log.warning("no summary", run=run.id, reason=str(error))
        text = self._redact(reply.text) or "(It could not be summed up, and is left out.)"
        return ContextSummarised(text, ask.upto, reply.usage, reply.model)

    async def _reply(self, run: Run, ask: Ask) -> ModelReplied:
        last, tainted = run.ledger.seq, run.ledger.tainted
        memories = run.told.ids if run.told else ()
        began = monotonic()
        reply = ModelReplied()
        show = Deltas(run, self._feed, self._redact)
        async with aclosing(self._model.reply(replace(ask, thread=str(run.thread)))) as pieces:
            async for piece in pieces:
                if isinstance(piece, Delta):
                    show.add(piece)
                else:
                    reply = piece
        show.end()
        return replace(
            reply,
            text=self._redact(reply.text),
            thinking=self._redact(reply.thinking),
            notice=self._redact(reply.notice),
            context=replace(reply.context, last=last, tainted=tainted, memories=memories),
            seconds=reply.seconds or round(monotonic() - began, 3),
        )

    async def _park(self, run: Run, until: float | None) -> bool:
        if await run.park(until):
            self._wake()
        return False

    async def _finish(self, run: Run, *events: Event) -> None:
        """End the run, close its approvals, and let the thread's next run begin."""

        async def end(turn: Turn) -> bool:
            if run.ledger.asked:
                turn.add(*await supersede(turn.query, run.id, "the run ended", doubts=True))
            turn.add(*events)
            return await _hand_over(turn, _status(events[-1]))

        if await run.turn(end):
            self._wake()
        self._briefer.ended(run)


def _status(end: Event) -> str:
    match end:
        case RunFinished():
            return "done"
        case RunStopped():
            return "stopped"
        case _:
            return "failed"


async def _hand_over(turn: Turn, status: str) -> bool:
    """Let go of a run that is over; whether the thread's next one became ready."""
    await turn.query("UPDATE runs SET status = $2, owner = NULL WHERE id = $1", turn.run.id, status)
    promoted = await turn.query(
        "UPDATE runs SET status = 'ready' WHERE id = (SELECT id FROM runs"
        " WHERE thread = $1 AND status = 'queued' ORDER BY id LIMIT 1) RETURNING id",
        str(turn.run.thread),
    )
    return bool(promoted)


def _cut_off(run: Run) -> list[Event]:
    """How the open calls of a run end that cannot go on."""
    ended: list[Event] = []
    for state in run.ledger.calls.values():
        doubtful = state.stage == "started" and not _reads(state)
        outcome: Outcome = "unknown" if doubtful else "stopped"
        text = "the run failed while this ran" if state.stage == "started" else "not begun"
        ended.append(ToolFinished(state.call.id, outcome, text, Trust.SYSTEM))
    return ended


def _stopped(run: Run, redact: Redactor) -> list[Event]:
    """How a stopped run ends: what is still open was killed or never began."""
    ledger = run.ledger
    assert ledger.stop
    events: list[Event] = []
    ran = [_describe(call, redact) for call in ledger.ran]
    for state in ledger.calls.values():
        began = state.stage == "started"
        events.append(ToolFinished(state.call.id, "stopped", "killed" if began else "not begun"))
        if began and not _reads(state):
            ran.append(f"{_describe(state.call, redact)} (killed)")
    unknown = tuple(_describe(call, redact) for call in ledger.unknown)
    by = ledger.stop.by
    return [*events, RunStopped(by.name or by.id, tuple(ran), unknown)]


def _reads(state: CallState) -> bool:
    return state.verdict is not None and state.verdict.risk is Risk.READ


def _describe(call: ToolCall, redact: Redactor) -> str:
    """A call in a few words."""
    given = redact(", ".join(f"{name}={value}" for name, value in call.args.items()))
    return f"{call.name}({given[:120]})"
