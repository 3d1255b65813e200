"""Judging one call: what its tool thinks of it, and what the gate makes of that."""

import re
from collections.abc import Callable, Iterator, Mapping

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from bot.access import Access
from bot.approvals import Approvals, shape
from bot.gate import Mode, Situation, gate
from bot.judged import Prepared, fingerprint
from bot.ledger import CallState
from bot.redact import SHOWN, Redactor
from bot.resources import Host, Hosts
from bot.run import Run
from bot.tool import Risk, Tool, ToolCall, ToolContext, ToolError, Verdict

_MEANS_MORE = re.compile(r"[\s;&|<>`$()]")
"""What a secret has no need of, and a shell understands."""
ContextOf = Callable[[Run, ToolCall, Tool], ToolContext]


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

    async def prepare(self, run: Run, state: CallState, context: ContextOf) -> Prepared:
        """Judge one call. Raises ToolError, for the model, when it makes no sense."""
        call = state.call
        tool, args = self.parse(call.name, call.args)
        host = self._hosts.get(getattr(args, "host", None))
        ctx = context(run, call, tool)
        judged = await tool.judge(args, ctx)
        request = state.request if state.stage == "approved" else None
        approved = request is not None and request.digest == fingerprint(
            tool, call, ctx, judged, (host,)
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


def _problem(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"]))
    return f"{where}: {problem['msg']}" if where else problem["msg"]
