"""Which of a reply's calls may begin now, which need a person, and which are refused."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import time

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from bot.access import Access
from bot.approvals import Approvals, digest, shape
from bot.events import ApprovalRequested, Event, Outcome, ToolFinished, ToolStarted
from bot.gate import Mode, Situation, gate
from bot.ids import typeable_id
from bot.ledger import CallState
from bot.redact import SHOWN, Redactor
from bot.resources import Host, Hosts
from bot.run import Run
from bot.tool import Level, Risk, Tool, ToolCall, ToolContext, ToolError, Trust, Verdict

_MEANS_MORE = re.compile(r"[\s;&|<>`$()]")
"""What a secret has no need of, and a shell understands."""
NOT_TRIED = "not tried: an earlier call did not succeed"
ContextOf = Callable[[Run, ToolCall, Tool], ToolContext]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that was judged: what the gate made of it, and all it takes to run it."""

    call: ToolCall
    tool: Tool
    args: BaseModel
    ctx: ToolContext
    verdict: Verdict
    host: Host
    approval: str = ""
    """The approval that lets it run."""

    @property
    def started(self) -> ToolStarted:
        """What is committed before it begins."""
        host = self.host.name if "host" in type(self.args).model_fields else ""
        return ToolStarted(self.call, self.verdict, self.approval, host)

    @property
    def reads(self) -> bool:
        return self.verdict.risk is Risk.READ


@dataclass(slots=True)
class Batch:
    """What happens next with the calls of a reply."""

    events: list[Event] = field(default_factory=list[Event])
    """To be committed before anything begins."""
    begin: list[Prepared] = field(default_factory=list[Prepared])
    """To run at once: all READ calls before the first change, or that change."""
    ask: Prepared | None = None
    """Needs a person, now that nothing before it is left."""

    def refuse(self, call: ToolCall, text: str, outcome: Outcome = "denied") -> None:
        self.events.append(ToolFinished(call.id, outcome, text, Trust.SYSTEM))


class Judges:
    def __init__(
        self,
        tools: Callable[[], Mapping[str, Tool]],
        hosts: Hosts,
        access: Access,
        approvals: Approvals,
        redactor: Redactor,
        *,
        mode: Mode,
    ) -> None:
        self._redactor = redactor
        self._tools = tools
        self._hosts = hosts
        self._access = access
        self._approvals = approvals
        self._mode: Mode = mode

    async def prepare(self, run: Run, calls: Sequence[ToolCall], context: ContextOf) -> Batch:
        """Judge open calls in order, as far as they may begin now.

        A state-changing call is a barrier: it waits for the reads before it, and what comes after
        waits for it. If it is refused, so is the rest of the reply; so is a change that follows a
        call which made no sense."""
        batch = Batch()
        malformed = False
        for index, call in enumerate(calls):
            state = run.ledger.calls.get(call.id, CallState(call))
            try:
                going_on = await self._place(run, batch, state, context, malformed=malformed)
            except ToolError as error:
                batch.refuse(call, str(error), "error")
                malformed = going_on = True
            if not going_on:
                ended = batch.events and isinstance(batch.events[-1], ToolFinished)
                for other in calls[index + 1 :] if ended else ():
                    batch.refuse(other, NOT_TRIED)
                break
        return batch

    async def _place(
        self, run: Run, batch: Batch, state: CallState, context: ContextOf, *, malformed: bool
    ) -> bool:
        """Put one call where it belongs; whether the ones after it may be looked at."""
        if state.stage == "refused":
            batch.refuse(state.call, state.refusal)
            return False
        prepared = await self._judge(run, state, context)
        verdict = prepared.verdict
        if verdict.level is Level.DENY:
            batch.refuse(state.call, _denial(verdict))
            return prepared.reads
        if malformed and not prepared.reads:
            batch.refuse(state.call, NOT_TRIED)
            return False
        if verdict.level is Level.ALLOW and (prepared.reads or not batch.begin):
            batch.begin.append(prepared)
            if state.stage != "started":
                batch.events.append(prepared.started)
        elif not batch.begin:
            batch.ask = prepared
        return prepared.reads and verdict.level is Level.ALLOW and not prepared.approval

    async def _judge(self, run: Run, state: CallState, context: ContextOf) -> Prepared:
        """Raises ToolError, for the model, when the call makes no sense."""
        call = state.call
        tool, args = self.parse(call.name, call.args)
        host = self._hosts.get(getattr(args, "host", None))
        ctx = context(run, call, tool)
        judged = await tool.judge(args, ctx)
        request = state.request if state.stage == "approved" else None
        approved = request is not None and request.digest == self.digest(
            run.id, run.user.key, tool, call, host, judged
        )
        if judged.risk is not Risk.READ:
            run.role = await self._access.role(run.user)
        situation = Situation(
            mode=self._mode,
            role=run.role,
            tainted=run.ledger.tainted,
            granted=await self._granted(run, call, host, judged),
            fan_out=call.fan_out,
            stale=run.ledger.stale,
            approved=approved,
            blocked_host=run.ledger.looking or host.name in run.ledger.doubtful_hosts,
        )
        approval = request.approval if request and approved else ""
        return Prepared(call, tool, args, ctx, gate(judged, situation), host, approval)

    async def _granted(self, run: Run, call: ToolCall, host: Host, judged: Verdict) -> bool:
        return judged.risk is Risk.CHANGE and await self._approvals.granted(
            str(run.thread), shape(host.name, call, judged)
        )

    def host_of(self, call: ToolCall) -> str:
        """The name of the host a call is for, whether or not there is such a host."""
        return str(call.args.get("host") or self._hosts.default)

    def parse(self, name: str, raw: Mapping[str, JsonValue]) -> tuple[Tool, BaseModel]:
        """Raises ToolError saying what there is, or that a person could not see all of it."""
        for text in _texts(raw):
            self._refuse_hidden(text)
        tools = self._tools()
        if name not in tools:
            raise ToolError(f"there is no tool {name!r}; there are: {', '.join(sorted(tools))}")
        try:
            return tools[name], tools[name].parse(raw)
        except ValidationError as error:
            problems = "; ".join(map(_problem, error.errors()))
            known = ", ".join(tools[name].args.model_fields) or "no arguments"
            raise ToolError(f"bad arguments: {problems}. {name} takes: {known}") from None

    def _refuse_hidden(self, text: str) -> None:
        """A card hides what looks like a secret: nothing else may hide there with it."""
        if SHOWN in text:
            raise ToolError(
                f"{SHOWN}…› stands for text you were not shown: leave what holds it as it is"
            )
        if any(_MEANS_MORE.search(piece) for piece in self._redactor.hidden(text)):
            raise ToolError(
                "an approver could not see all of this call: keep secrets out of its arguments"
            )

    def digest(
        self, run: str, requester: str, tool: Tool, call: ToolCall, host: Host, judged: Verdict
    ) -> str:
        return digest(
            {
                "tool": tool.name,
                "version": tool.version,
                "args": call.args,
                "host": host.name,
                "host_key": host.key,
                "account": host.account,
                "policy": judged.policy,
                "run": run,
                "requester": requester,
            }
        )

    async def request(self, prepared: Prepared, run: Run) -> ApprovalRequested:
        """The question to a person, with what the card shows."""
        return ApprovalRequested(
            approval=typeable_id(),
            call=prepared.call,
            verdict=prepared.verdict,
            host=prepared.host.name,
            account=prepared.host.account,
            digest=self.digest(
                run.id,
                run.user.key,
                prepared.tool,
                prepared.call,
                prepared.host,
                prepared.verdict,
            ),
            expires=time() + self._approvals.ttl,
            tainted_by=tuple(run.ledger.tainted_by.values()),
            preview=await preview(prepared.tool, prepared.args, prepared.ctx),
            undo=prepared.tool.undo(prepared.args) if prepared.tool.undo else "",
        )

    async def judge(self, name: str, args: Mapping[str, JsonValue], ctx: ToolContext) -> Verdict:
        tool, parsed = self.parse(name, args)
        return await tool.judge(parsed, ctx)


async def preview(tool: Tool, args: BaseModel, ctx: ToolContext) -> str:
    """What the call would do; a preview that fails says so, it does not stop the question."""
    if tool.preview is None:
        return ""
    try:
        return await tool.preview(args, ctx)
    except (ToolError, OSError) as error:
        return f"no preview: {error}"


def _texts(value: JsonValue | Mapping[str, JsonValue]) -> Iterator[str]:
    """Every text in a call's arguments, names included."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case Mapping():
            for name, item in value.items():
                yield name
                yield from _texts(item)
        case _:
            return


def _denial(verdict: Verdict) -> str:
    instead = f" Instead: {verdict.alternative}" if verdict.alternative else ""
    return f"{'; '.join(verdict.reasons)}.{instead}"


def _problem(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"]))
    return f"{where}: {problem['msg']}" if where else problem["msg"]
