"""Editing a call that waits for an approval: judged live, like the model's own."""

from collections.abc import Mapping
from time import monotonic

from pydantic import BaseModel, JsonValue

from bot.access import Access
from bot.approvals import Edited, Row
from bot.chat import ThreadRef, User
from bot.codec import decode
from bot.events import ApprovalRequested, RunStarted
from bot.gate import Mode, Situation, gate
from bot.judging import Judges, preview
from bot.ports import Refused, Store
from bot.resources import Hosts
from bot.tool import Level, Tool, ToolCall, ToolContext, ToolError, Verdict


class Editor:
    def __init__(
        self, store: Store, access: Access, judges: Judges, hosts: Hosts, *, mode: Mode
    ) -> None:
        self._store = store
        self._access = access
        self._judges = judges
        self._hosts = hosts
        self._mode: Mode = mode

    async def judge(
        self, row: Row, request: ApprovalRequested, arguments: Mapping[str, JsonValue]
    ) -> Edited:
        """The edited call, ready to replace the old one. Raises Refused: the old one stays open."""
        if arguments.get("host") != request.call.args.get("host"):
            raise Refused("an edit keeps the host: ask for another host in a new message")
        started, thread = await self._started(row.run)
        try:
            tool, args = self._judges.parse(request.call.name, arguments)
            ctx = self._context(row.run, request.call.id, started.user, thread)
            return await self._judged(row, request, arguments, (tool, args, ctx))
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

    async def _judged(
        self,
        row: Row,
        request: ApprovalRequested,
        arguments: Mapping[str, JsonValue],
        parsed: tuple[Tool, BaseModel, ToolContext],
    ) -> Edited:
        tool, args, ctx = parsed
        judged = await tool.judge(args, ctx)
        verdict = await self._gated(judged, request, ctx)
        call = ToolCall(request.call.id, tool.name, dict(arguments), request.call.fan_out)
        host = self._hosts.get(getattr(args, "host", None))
        digest = self._judges.digest(row.run, row.requester, tool, call, host, judged)
        undo = tool.undo(args) if tool.undo else ""
        return Edited(arguments, verdict, digest, await preview(tool, args, ctx), undo)

    async def _gated(
        self, judged: Verdict, request: ApprovalRequested, ctx: ToolContext
    ) -> Verdict:
        verdict = gate(
            judged,
            Situation(
                mode=self._mode,
                role=await self._access.role(ctx.user),
                tainted=bool(request.tainted_by),
                fan_out=request.call.fan_out,
            ),
        )
        if verdict.level is Level.DENY:
            raise Refused(f"refused, the old call still waits: {'; '.join(verdict.reasons)}")
        return verdict

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
            hosts=self._hosts,
            memory=None,
            progress=lambda _: None,
            deadline=monotonic() + 10,
            idempotency_key="",
        )
