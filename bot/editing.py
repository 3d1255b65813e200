"""Editing a call that waits for an approval: judged live, like the model's own."""

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic

from pydantic import JsonValue

from bot.access import Access
from bot.approvals import Row
from bot.chat import ThreadRef, User
from bot.codec import decode
from bot.events import ApprovalRequested, RunStarted
from bot.fan_out import parts
from bot.gate import Mode, Situation, gate
from bot.judged import Prepared, Question
from bot.judging import Judges
from bot.ports import Refused, Store
from bot.resources import Resources
from bot.tool import Level, ToolCall, ToolContext, ToolError, Verdict


class Editor:
    def __init__(
        self, store: Store, access: Access, judges: Judges, resources: Resources, *, mode: Mode
    ) -> None:
        self._store = store
        self._access = access
        self._judges = judges
        self._resources = resources
        self._mode: Mode = mode

    async def judge(
        self, row: Row, request: ApprovalRequested, arguments: Mapping[str, JsonValue]
    ) -> ApprovalRequested:
        """The question about the edited call, ready to take the old one's place.

        Raises Refused: the old one stays open."""
        if request.may_have_run:
            raise Refused("this call may already have run: choose again, leave or look")
        if arguments.get("host") != request.call.args.get("host"):
            raise Refused("an edit keeps the host: ask for another host in a new message")
        started, thread = await self._started(row.run)
        call = replace(request.call, args=dict(arguments))
        ctx = self._context(row.run, call.id, started.user, thread)
        try:
            tainted = bool(request.tainted_by)
            prepared = [await self._prepared(part, ctx, tainted=tainted) for part in parts(call)]
            return await Question(prepared).request(request.expires, request.tainted_by)
        except ToolError as error:
            raise Refused(str(error)) from error

    async def opinion(self, tool: str, args: Mapping[str, JsonValue], by: User) -> Verdict:
        """What a tool itself thinks of a call that nobody has asked for. Raises Refused."""
        ctx = self._context("", "", by, ThreadRef(by.platform, "", "", ""))
        try:
            found, parsed = self._judges.parse(tool, args)
            return await found.judge(parsed, ctx)
        except ToolError as error:
            raise Refused(str(error)) from error

    async def _prepared(self, call: ToolCall, ctx: ToolContext, *, tainted: bool) -> Prepared:
        tool, args = self._judges.parse(call.name, call.args)
        host = self._resources.hosts.get(getattr(args, "host", None))
        situation = Situation(
            mode=self._mode,
            role=await self._access.role(ctx.user),
            tainted=tainted,
            fan_out=call.fan_out,
            host_mode=host.mode,
        )
        verdict = gate(await tool.judge(args, ctx), situation)
        if verdict.level is Level.DENY:
            raise Refused(f"refused, the old call still waits: {'; '.join(verdict.reasons)}")
        return Prepared(call, tool, args, ctx, verdict, host)

    async def _started(self, run: str) -> tuple[RunStarted, ThreadRef]:
        [(kind, data, thread)] = await self._store.read(
            "SELECT e.kind, e.data, r.thread FROM events e JOIN runs r ON r.id = e.log_id"
            " WHERE e.log_id = $1 AND e.seq = 0",
            run,
        )
        started = decode(kind, data)
        assert isinstance(started, RunStarted)
        return started, ThreadRef.parse(thread)

    def _context(self, run: str, call: str, user: User, thread: ThreadRef) -> ToolContext:
        return ToolContext(
            run_id=run,
            call_id=call,
            user=user,
            thread=thread,
            hosts=self._resources.hosts,
            memory=self._resources.memory,
            progress=lambda _: None,
            deadline=monotonic() + 10,
            idempotency_key="",
        )
