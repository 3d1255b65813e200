"""Judging one call: what its tool thinks of it, and what the gate makes of that."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from bot.access import Access
from bot.approvals import Approvals, shape
from bot.at_once import at_once
from bot.fan_out import spread
from bot.gate import Mode, Situation, gate
from bot.judged import Prepared, fingerprint
from bot.ledger import CallState
from bot.redact import SHOWN, Redactor
from bot.resources import Hosts
from bot.run import Run
from bot.tool import Risk, Tool, ToolCall, ToolContext, ToolError

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

    def expanded(self, run: Run, call: ToolCall) -> tuple[ToolCall, ...]:
        """One call for each host that *call* names; what names them badly stays as it is."""
        try:
            hosts = self._named(call, run.agent.tools())
        except ToolError:
            return (call,)
        if len(hosts) == 1:
            return (replace(call, args={**call.args, "host": hosts[0]}),)
        return spread(call, hosts) or (call,)

    def _named(self, call: ToolCall, tools: Mapping[str, Tool]) -> Sequence[str]:
        """The hosts of a call that may be about several, sorted; none when it is about one at
        most. Raises ToolError."""
        given = call.args.get("host")
        tool = tools.get(call.name)
        if tool is None or "host" not in tool.args.model_fields:
            return ()
        match given:
            case list():
                wanted = [str(each) for each in given]
            case str() if "," in given or given.startswith("group:"):
                wanted = given.split(",")
            case _:
                return ()
        names = {name for each in wanted for name in self._hosts.expand(each.strip())}
        if not names:
            raise ToolError("host names no host: leave it out for the default one")
        return sorted(names)

    async def prepare(
        self, run: Run, states: Sequence[CallState], context: ContextOf
    ) -> list[Prepared | ToolError]:
        """Judge the parts of one call, each on its host. A ToolError tells the model why a part
        makes no sense."""
        judged = await at_once(self._judged(run, state.call, context) for state in states)
        sound = [each for each in judged if isinstance(each, Prepared)]
        request = states[0].request if states[0].stage == "approved" else None
        approved = request is not None and bool(sound) and request.digest == fingerprint(sound)
        approval = request.approval if request and approved else ""
        if any(not each.reads for each in sound):
            run.role = await self._access.role(run.user)
        return [
            await self._ruled(run, each, approval) if isinstance(each, Prepared) else each
            for each in judged
        ]

    async def _judged(self, run: Run, call: ToolCall, context: ContextOf) -> Prepared | ToolError:
        """A call with what its tool thinks of it."""
        try:
            tools = run.agent.tools()
            self._named(call, tools)
            tool, args = self._parse(call.name, call.args, tools)
            host = self._hosts.get(getattr(args, "host", None))
            ctx = context(run, call, tool)
            return Prepared(call, tool, args, ctx, await tool.judge(args, ctx), host)
        except ToolError as error:
            return error

    async def _ruled(self, run: Run, judged: Prepared, approval: str) -> Prepared:
        """The same call with what the gate makes of it."""
        host = judged.host.name
        stance = run.agent.stance(run.state)
        situation = Situation(
            mode=self._mode,
            role=run.role,
            tainted=run.ledger.tainted,
            granted=await self._granted(run, judged),
            fan_out=judged.call.fan_out,
            stale=run.ledger.stale,
            approved=bool(approval),
            host_mode=judged.host.mode,
            blocked_host=run.ledger.looking or host in run.ledger.doubtful_hosts,
            healer=stance.healer,
            runbook=stance.runbook,
            runbook_declares_danger=stance.declares_danger,
        )
        return replace(judged, verdict=gate(judged.verdict, situation), approval=approval)

    async def _granted(self, run: Run, judged: Prepared) -> bool:
        return judged.verdict.risk is Risk.CHANGE and await self._approvals.granted(
            str(run.thread), shape(judged.host.name, judged.call, judged.verdict)
        )

    def place(self, call: ToolCall) -> tuple[str, str]:
        """The host a call is for and the account there, which is empty when the host is gone."""
        name = str(call.args.get("host") or self._hosts.default)
        try:
            return name, self._hosts.get(name).account
        except ToolError:
            return name, ""

    def parse(self, name: str, raw: Mapping[str, JsonValue]) -> tuple[Tool, BaseModel]:
        """A call of a tool that people's agent has. Raises ToolError saying what there is, or that
        a person could not see all of it."""
        return self._parse(name, raw, self._tools())

    def _parse(
        self, name: str, raw: Mapping[str, JsonValue], tools: Mapping[str, Tool]
    ) -> tuple[Tool, BaseModel]:
        for text in _texts(raw):
            self._refuse_hidden(text)
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
