"""The bot itself: what adapters and the healer may ask of it, and nothing else."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

import structlog
from pydantic import JsonValue

from bot.access import Access, authorize
from bot.approvals import Approvals, Row
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller
from bot.commands import Dispatcher
from bot.editing import Editor
from bot.events import (
    ApprovalRequested,
    BudgetGranted,
    Decision,
    MessageJoined,
    Noted,
    RunStarted,
    RunStopped,
    StopRequested,
)
from bot.feed import Feed
from bot.journal import ProcessLog, sign
from bot.ports import (
    Conflict,
    Forbidden,
    Gap,
    NotFound,
    Query,
    Receipt,
    Refused,
    Settled,
    Store,
)
from bot.reading import Reader
from bot.receiving import Receiver
from bot.recorded import Live, Recorded
from bot.redact import Redactor
from bot.runtime import Runtime
from bot.tool import Verdict

log = structlog.get_logger()
_OVER = ("done", "failed", "stopped")
_REMEMBER_VISIBLE = 60.0
_REMEMBER_HIDDEN = 2.0
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """What a ChatBot is made of."""

    store: Store
    feed: Feed
    access: Access
    approvals: Approvals
    editor: Editor
    receiver: Receiver
    runtime: Runtime
    dispatcher: Dispatcher
    redactor: Redactor
    process: ProcessLog


class ChatBot:
    """Implements ``bot.ports.Bot``."""

    def __init__(self, parts: Parts, reader: Reader) -> None:
        self._parts = parts
        self._process = parts.process
        self.read = reader

    async def receive(self, message: IncomingMessage) -> Receipt:
        receipt = await self._parts.receiver.receive(message)
        if receipt.outcome != "duplicate":
            self._parts.runtime.changed(receipt.run)
        return receipt

    async def decide(
        self,
        approval: str,
        decision: Decision,
        *,
        by: User,
        arguments: Mapping[str, JsonValue] | None = None,
        reason: str = "",
    ) -> Settled:
        row, request = await self._may_decide(approval, by)
        if decision == "edit":
            return await self._edit(row, request, arguments, by)
        reason = self._parts.redactor(reason)
        state = await self._parts.approvals.decide(row, request, decision, by, reason)
        return Settled(row.id, state, row.run, f"{row.id} {_DONE[decision]}")

    async def stop(self, run: str, *, by: User) -> None:
        view = await self.read.run(run, by=by)
        role = await self._parts.access.role(by)
        if by.key != view.requester and not role.covers(Role.APPROVER):
            raise Forbidden("only who asked, or an approver, may stop a run")
        await self._parts.store.atomically(lambda query: _stop(query, run, by))
        self._parts.runtime.changed(run)

    async def grant(self, run: str, *, by: User) -> None:
        """Let a run that used up a budget go on with the same again."""
        authorize(await self._parts.access.role(by), Role.ADMIN, "Granting more budget")
        await self._parts.store.atomically(lambda query: _grant(query, run, by))
        self._parts.runtime.changed(run)

    async def command(self, name: str, args: Mapping[str, JsonValue] | str, call: Caller) -> str:
        return await self._parts.dispatcher.run(name, args, call)

    def changed(self, log: str) -> None:
        self._parts.runtime.changed(log)

    async def events(
        self, *, after: str = "", thread: ThreadRef | None = None, by: User | None = None
    ) -> AsyncGenerator[Recorded | Live | Gap]:
        if thread and by:
            await self.read.check(thread, by=by)
        eyes = _Eyes(self.read, by) if by else None
        async with aclosing(self._parts.feed.follow(after, thread)) as items:
            async for item in items:
                if eyes is None or await eyes.see(item):
                    yield item

    async def judge(self, tool: str, args: Mapping[str, JsonValue], *, by: User) -> Verdict:
        authorize(await self._parts.access.role(by), Role.VIEWER, "Judging a call")
        return await self._parts.editor.opinion(tool, args, by)

    async def note(self, what: str, *, by: str, text: str = "") -> None:
        await self._process.note(Noted(what, by, self._parts.redactor(text)))

    async def _may_decide(self, approval: str, by: User) -> tuple[Row, ApprovalRequested]:
        role = await self._parts.access.role(by)
        row, request = await self._parts.approvals.get(approval)
        if not role.covers(Role.APPROVER):
            await self.note("refused", by=by.key, text=f"decide {row.id} as {role}")
            await self.read.approval(approval, by=by)  # NotFound for those who may not see it
            authorize(role, Role.APPROVER, "Deciding an approval")
        return row, request

    async def _edit(
        self,
        row: Row,
        request: ApprovalRequested,
        arguments: Mapping[str, JsonValue] | None,
        by: User,
    ) -> Settled:
        if arguments is None:
            raise Refused("an edit needs the new arguments")
        edited = await self._parts.editor.judge(row, request, arguments)
        fresh = await self._parts.approvals.edit(row, edited, by)
        (now, _) = await self._parts.approvals.get(fresh.approval)
        text = "edited; it needs one more click" if now.status == "pending" else "edited, approved"
        return Settled(now.id, now.status, row.run, f"{now.id} {text}")


async def _stop(query: Query, run: str, by: User) -> None:
    status = await _unfinished(query, run)
    await sign(query, run, StopRequested(by))
    if status == "queued":
        await sign(query, run, RunStopped(by.name or by.id))
        await query("UPDATE runs SET status = 'stopped' WHERE id = $1", run)


async def _grant(query: Query, run: str, by: User) -> None:
    await _unfinished(query, run)
    await sign(query, run, BudgetGranted(by))


async def _unfinished(query: Query, run: str) -> str:
    """Its status, with its row locked. Raises NotFound, and Conflict when it is over."""
    rows = await query("SELECT status FROM runs WHERE id = $1 {lock}", run)
    if not rows:
        raise NotFound(f"there is no run {run!r}")
    if rows[0][0] in _OVER:
        raise Conflict(f"the run is already {rows[0][0]}")
    return rows[0][0]


_DONE: Mapping[Decision, str] = {
    "approve": "approved",
    "deny": "denied",
    "trust": "approved, and trusted here for an hour",
    "again": "will be asked for again",
    "leave": "left alone",
    "look": "stays open while the model looks",
}


class _Eyes:
    """What one person may see of everything, remembered for a while."""

    def __init__(self, reader: Reader, user: User) -> None:
        self._reader = reader
        self._user = user
        self._known: dict[ThreadRef | None, tuple[float, bool]] = {}

    async def see(self, item: Recorded | Live | Gap) -> bool:
        if isinstance(item, Gap):
            return True
        if isinstance(item, Recorded) and isinstance(item.event, RunStarted | MessageJoined):
            self._known.pop(item.thread, None)  # who takes part may have changed
        until, visible = self._known.get(item.thread, (0.0, False))
        if monotonic() >= until:
            visible = await self._look(item.thread)
            remember = _REMEMBER_VISIBLE if visible else _REMEMBER_HIDDEN
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[item.thread] = monotonic() + remember, visible
        return visible

    async def _look(self, thread: ThreadRef | None) -> bool:
        if thread is None:
            return (await self._reader.role(self._user)).covers(Role.ADMIN)
        return await self._reader.sees(thread, by=self._user)
