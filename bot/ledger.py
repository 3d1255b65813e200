"""Where a run stands, read off its log: a fold, so that a restart finds what was there before."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.chat import Role
from bot.events import (
    SIGNALS,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalSuperseded,
    BudgetGranted,
    BudgetReached,
    ContextSummarised,
    Event,
    Influence,
    MessageJoined,
    ModelReplied,
    RunStarted,
    StopRequested,
    ToolFinished,
    ToolStarted,
)
from bot.fan_out import grouped, parts
from bot.recorded import Recorded
from bot.tool import Risk, ToolCall, Trust, Verdict

STALE_AFTER = 900.0
"""Seconds without an event after which old orders are confirmed before they change anything."""
NOT_TRIED = "not tried: an earlier call did not succeed"
Stage = Literal["open", "asked", "approved", "refused", "started", "over"]


@dataclass(frozen=True, slots=True)
class CallState:
    call: ToolCall
    stage: Stage = "open"
    request: ApprovalRequested | None = None
    verdict: Verdict | None = None
    """Under which it started."""
    refusal: str = ""


@dataclass(slots=True)
class Spent:
    """Since a person last wanted something."""

    steps: int = 0
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Of work: models and tools; neither queues nor people nor the bot's absence count."""
    grants: int = 0
    days: int = 0
    """Grants of a day's budget."""


class Ledger:
    """Fold a thread's earlier runs, then the run's own log, in order."""

    def __init__(self, run: str) -> None:
        self._run = run
        self.seq = -1
        self.started: RunStarted | None = None
        self.calls: dict[str, CallState] = {}
        """Those of the run that are not over, in the order they were asked for."""
        self.doubts: dict[str, ApprovalRequested] = {}
        """Open approvals of calls that may already have run."""
        self.ran: list[ToolCall] = []
        """State-changing calls that ended, whatever their outcome but *unknown*."""
        self.unknown: list[ToolCall] = []
        self.tainted_by: dict[str, Influence] = {}
        """By source, the first one of each."""
        self.replies = 0
        """Of the model."""
        self.spent = Spent()
        self.over_budget: BudgetReached | None = None
        self.stop: StopRequested | None = None
        self.expired: ApprovalExpired | None = None
        """An approval that nobody decided: the run ends."""
        self.looking = False
        """A person wants to know first: nothing is changed meanwhile."""
        self.asked = False
        """An approval was asked for, at any time."""
        self.stale = False
        """The bot was away for long, and nothing has been changed since."""
        self.last_at = 0
        self.briefed: tuple[str, ...] | None = None
        """Ids of the memories that the model was told of; None before its first reply."""

    @property
    def tainted(self) -> bool:
        return bool(self.tainted_by)

    @property
    def doubtful_hosts(self) -> set[str]:
        return {host for doubt in self.doubts.values() for host in doubt.host.split(", ")}

    def fold(self, recorded: Recorded) -> None:
        event = recorded.event
        self._taint(recorded)
        if recorded.log != self._run:
            return
        self.seq = recorded.seq
        self._pass_time(recorded)
        self._spend(event)
        match event:
            case RunStarted():
                self.started = event
            case StopRequested():
                self.stop = event
            case BudgetReached():
                self.over_budget = event
            case BudgetGranted():
                self._granted()
            case ModelReplied():
                self._replied(event)
            case ToolStarted() | ToolFinished():
                self._called(event)
            case _:
                self._asked(event)

    def _spend(self, event: Event) -> None:
        if isinstance(event, MessageJoined):
            self.spent = Spent(days=self.spent.days)  # as if it had begun a run of its own
        elif isinstance(event, ModelReplied | ContextSummarised):
            self.spent.tokens += event.usage.prompt + event.usage.completion

    def _granted(self) -> None:
        """More of what was used up: of the day's tokens, or of the run's own budgets."""
        if self.over_budget and self.over_budget.budget in ("day", "day_all"):
            self.spent.days += 1
        else:
            self.spent.grants += 1
        self.over_budget = None

    def _pass_time(self, recorded: Recorded) -> None:
        """People's events end a wait, the owner's may show that it was away."""
        away = recorded.at - self.last_at > STALE_AFTER * 1_000_000
        if self.last_at and away and not isinstance(recorded.event, SIGNALS):
            self.stale = True
        self.last_at = recorded.at

    def _replied(self, reply: ModelReplied) -> None:
        self.replies += 1
        self.spent.steps += 1
        if self.briefed is None:
            self.briefed = reply.context.memories
        self.spent.calls += len(grouped(reply.tool_calls))
        self.spent.seconds += reply.seconds
        for call in reply.tool_calls:
            self.calls[call.id] = CallState(call)

    def _called(self, event: ToolStarted | ToolFinished) -> None:
        match event:
            case ToolStarted(call=call, verdict=verdict):
                state = self.calls.get(call.id, CallState(call))
                self.calls[call.id] = replace(state, call=call, stage="started", verdict=verdict)
                self.stale = self.stale and verdict.risk is Risk.READ
            case ToolFinished(call_id=call_id, outcome=outcome, seconds=seconds):
                self.spent.seconds += seconds
                state = self.calls.pop(call_id, None)
                if state and state.verdict and state.verdict.risk is not Risk.READ:
                    (self.unknown if outcome == "unknown" else self.ran).append(state.call)
                    if outcome != "ok":
                        self._give_up()

    def _give_up(self) -> None:
        """A change did not succeed: what was to come after it is not tried."""
        for call_id, state in self.calls.items():
            if state.stage == "open":
                self.calls[call_id] = replace(state, stage="refused", refusal=NOT_TRIED)

    def _asked(self, event: Event) -> None:
        self.asked = self.asked or isinstance(event, ApprovalRequested)
        match event:
            case ApprovalRequested(may_have_run=True):
                self.doubts[event.approval] = event
            case ApprovalRequested(call=call):
                self.calls |= {part.id: CallState(part, "asked", event) for part in parts(call)}
            case ApprovalDecided():
                self._decided(event)
            case ApprovalSuperseded(approval=approval, reason=reason):
                self._settled(approval)
                self._set(approval, "refused", reason)
            case ApprovalExpired():
                self._lapsed(event)
            case _:
                pass

    def _decided(self, event: ApprovalDecided) -> None:
        match event.decision:
            case "look":
                self.looking = True
            case "again":
                doubt = self.doubts[event.approval]
                self.calls |= {part.id: CallState(part) for part in parts(doubt.call)}
                self._settled(event.approval)
            case "leave":
                self._settled(event.approval)
            case "deny":
                by = event.by.name or event.by.id
                reason = f"{by} denied it" + (f": {event.reason}" if event.reason else "")
                self._set(event.approval, "refused", reason)
            case "approve" | "trust" | "edit":
                self._set(event.approval, "approved")

    def _lapsed(self, event: ApprovalExpired) -> None:
        self._settled(event.approval)
        for state in self._about(event.approval):
            if state.stage == "approved":
                self.calls[state.call.id] = CallState(state.call)  # not used in time: ask afresh
            else:
                self.expired = event

    def _settled(self, approval: str) -> None:
        self.doubts.pop(approval, None)
        self.looking = self.looking and bool(self.doubts)

    def _set(self, approval: str, stage: Stage, refusal: str = "") -> None:
        for state in self._about(approval):
            self.calls[state.call.id] = replace(state, stage=stage, refusal=refusal)

    def _about(self, approval: str) -> list[CallState]:
        """The calls that an approval is about: one, or one on each of several hosts."""
        states = self.calls.values()
        return [state for state in states if state.request and state.request.approval == approval]

    def _taint(self, recorded: Recorded) -> None:
        source = self._source(recorded.event)
        if source and source not in self.tainted_by:
            self.tainted_by[source] = Influence(recorded.log, recorded.seq, source)

    def _source(self, event: Event) -> str:
        """Whose words an event brings in, when not those of operators or the system."""
        match event:
            case ToolFinished(
                outcome="ok" | "error" | "unknown", trust=Trust.EXTERNAL, call_id=call_id
            ):
                state = self.calls.get(call_id)
                return f"output of {state.call.name}" if state else "output in an earlier run"
            case RunStarted(source=source) if source:
                return source
            case RunStarted() | MessageJoined() as said:
                return _said(said)
            case ModelReplied(context=context) if context.tainted and not self.tainted_by:
                return "an earlier reply"
            case _:
                return ""


def _said(said: RunStarted | MessageJoined) -> str:
    """Nobody can tell who wrote what is to be read on a picture."""
    who = said.user.name or said.user.id
    if not said.role.covers(Role.OPERATOR):
        return f"message of {who}"
    return f"picture from {who}" if said.pictures else ""
