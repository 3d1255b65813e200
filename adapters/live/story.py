"""A run as chat surfaces tell it: a fold over its events, the same after a restart.

The page has a fold of its own, in the language of browsers; both read the same events."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.live.incidents import picture
from adapters.live.views import Budget, CallView, Card, CardState, Ending, Step
from bot.chat import User
from bot.events import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalSuperseded,
    BudgetGranted,
    BudgetReached,
    Event,
    IncidentChanged,
    MessageJoined,
    ModelReplied,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    StopRequested,
    ToolFinished,
    ToolStarted,
)
from bot.plot import Plot
from bot.recorded import Recorded
from bot.tool import ToolCall

_DECIDED: dict[str, CardState] = {
    "approve": "approved", "trust": "approved", "again": "approved", "deny": "denied",
    "leave": "left",
}  # fmt: skip
NOBODY = User("", "")


@dataclass(slots=True)
class Story:
    """Fold events in log order; each at most once."""

    run: str
    seq: int = -1
    requester: User = NOBODY
    asked: str = ""
    model: str = ""
    plan: tuple[str, ...] = ()
    planned: int = 0
    """The number of the step that the plan came with."""
    steps: list[Step] = field(default_factory=list[Step])
    answers: list[str] = field(default_factory=list[str])
    """Those after which the run went on, because somebody had said more meanwhile."""
    cards: dict[str, Card] = field(default_factory=dict[str, Card])
    budgets: list[Budget] = field(default_factory=list[Budget])
    plots: dict[str, Plot] = field(default_factory=dict[str, Plot])
    """By call, in the order in which they came."""
    stopping: bool = False
    ending: Ending | None = None
    begun: int = 0
    """Microseconds since the epoch."""
    incident: IncidentChanged | None = None
    """As it stands, when the story is an incident's."""
    lines: list[tuple[int, IncidentChanged]] = field(
        default_factory=list[tuple[int, IncidentChanged]]
    )
    """What happened to the incident, with its seq."""
    kept: dict[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    """What a platform made of answers, by their names: they change no more, however often the
    story is told."""
    _said: str = ""  # an answer that may be the last one, which the run's end tells
    _heard: int = -1  # the last message that joined

    def fold(self, recorded: Recorded) -> bool:
        """Whether it was news."""
        if recorded.seq <= self.seq:
            return False
        self.seq = recorded.seq
        self._take(recorded.event, recorded.at)
        return True

    @property
    def ticked(self) -> int:
        """How many points of the plan are done."""
        worked = sum(
            bool(step.calls) and step.over and all(each.state == "ok" for each in step.calls)
            for step in self.steps[self.planned :]
        )
        done = self.ending is not None and self.ending.how == "done"
        return min(worked + done, len(self.plan))

    def _take(self, event: Event, at: int) -> None:
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event, at)

    def started(self, event: RunStarted, at: int) -> None:
        self.requester, self.asked, self.begun = event.user, event.text, at

    def replied(self, event: ModelReplied, at: int) -> None:
        self._went_on()
        self.model = event.model or self.model
        if not event.tool_calls:
            self._said = event.text.strip()
            if event.context.last < self._heard:
                self._went_on()
        if event.plan:
            self.plan, self.planned = event.plan, len(self.steps)
        if not event.tool_calls and not event.notice:
            return
        thought = event.notice
        if event.tool_calls:  # otherwise it is the answer, which is told as such
            said = event.text.strip() or event.thinking.strip()
            thought = "\n".join(filter(None, (event.notice, said)))
        calls = tuple(map(CallView, event.tool_calls))
        self.steps.append(Step(len(self.steps), at, thought, calls))

    def changed(self, event: IncidentChanged, at: int) -> None:  # noqa: ARG002 - a handler gets both
        self.incident = event
        self.lines.append((self.seq, event))
        plot = picture(event)
        if plot is not None and "signal" not in self.plots:
            self.plots["signal"] = plot
        if event.state == "resolved":
            self.ending = Ending("done", event.text)

    def joined(self, event: MessageJoined, at: int) -> None:  # noqa: ARG002 - a handler gets both
        self._heard = self.seq
        self._went_on()

    def _went_on(self) -> None:
        """What was said was an answer, but not the end."""
        if self._said:
            self.answers.append(self._said)
        self._said = ""

    def _call(self, call: ToolCall, at: int, **changes: Any) -> None:
        """Change the view of a call; one that the kernel made of another joins the last step."""
        if not self.steps:
            self.steps.append(Step(0, at, "", ()))
        holder = next((s for s in reversed(self.steps) if _has(s, call.id)), self.steps[-1])
        calls = [each for each in holder.calls if each.call.id != call.id]
        old = next((each for each in holder.calls if each.call.id == call.id), CallView(call))
        made = replace(old, call=call, **changes)
        place = holder.calls.index(old) if old in holder.calls else len(calls)
        calls.insert(place, made)
        # What it was expanded from is told by its parts.
        calls = [each for each in calls if not _expanded(each, calls)]
        self.steps[holder.number] = replace(holder, calls=tuple(calls))

    def tool_started(self, event: ToolStarted, at: int) -> None:
        self._call(event.call, at, state="running", host=event.host)

    def finished(self, event: ToolFinished, at: int) -> None:
        whole, _, host = event.call_id.rpartition(".")
        known = {each.call.id: each.call for each in self._calls()}
        call = known.get(event.call_id)
        if call is None and whole in known:  # one host of a call that began on none
            call = replace(known[whole], id=event.call_id, args={**known[whole].args, "host": host})
            self._call(call, at, host=host)
        if call is not None:
            self._call(call, at, state=event.outcome, seconds=event.seconds, table=event.table)
            if event.plot is not None:
                self.plots[event.call_id] = event.plot

    def requested(self, event: ApprovalRequested, at: int) -> None:
        step = self.steps[-1] if self.steps else None
        if event.edits in self.cards:
            self.cards[event.edits] = replace(self.cards[event.edits], state="edited")
        self.cards[event.approval] = Card(event, step.thought if step else "")
        for view in list(self._calls()):
            if view.call.id == event.call.id and view.state == "planned":
                self._call(view.call, at, state="waiting", host=event.host)

    def decided(
        self,
        event: ApprovalDecided | ApprovalExpired | ApprovalSuperseded,
        at: int,  # noqa: ARG002 - a handler gets both
    ) -> None:
        card = self.cards.get(event.approval)
        if card is None:
            return
        match event:
            case ApprovalDecided():
                state = _DECIDED.get(event.decision, card.state)
                card = replace(card, state=state, by=event.by.name or event.by.id)
                card = replace(card, reason=event.reason)
            case ApprovalExpired():
                card = replace(card, state="expired")
            case ApprovalSuperseded():
                # An edit supersedes the old card, which then says so.
                state = card.state if card.state == "edited" else "superseded"
                card = replace(card, state=state, reason=event.reason)
        self.cards[event.approval] = card

    def reached(self, event: BudgetReached, at: int) -> None:  # noqa: ARG002 - a handler gets both
        self.budgets.append(Budget(len(self.budgets), event.text))

    def end(self, event: RunFinished | RunFailed | RunStopped, at: int) -> None:
        self.stopping = False
        self._close_budgets()
        if not isinstance(event, RunFinished):
            self._went_on()
        match event:
            case RunFinished():
                self.ending = Ending("done", event.text)
            case RunFailed():
                self.ending = Ending("failed", event.reason or "The run failed.")
            case RunStopped():
                self.ending = Ending("stopped", _stopped(event))
        for view in list(self._calls()):
            if view.state in ("planned", "waiting", "running"):
                self._call(view.call, at, state="stopped")

    def stop(self, event: StopRequested, at: int) -> None:  # noqa: ARG002 - a handler gets both
        self.stopping = True

    def granted(self, event: BudgetGranted, at: int) -> None:  # noqa: ARG002 - a handler gets both
        self._close_budgets()

    def _close_budgets(self) -> None:
        self.budgets = [replace(each, open=False) for each in self.budgets]

    def _calls(self) -> Iterator[CallView]:
        return (each for step in self.steps for each in step.calls)


def _has(step: Step, call: str) -> bool:
    return any(each.call.id == call for each in step.calls)


def _expanded(view: CallView, among: list[CallView]) -> bool:
    """Whether the kernel made one call per host of it: their ids begin with its own."""
    prefix = f"{view.call.id}."
    return any(each.call.id.startswith(prefix) for each in among)


def _stopped(event: RunStopped) -> str:
    lines = [f"Stopped by {event.by}." if event.by else "Stopped."]
    lines += [f"• had run: {text}" for text in event.ran]
    lines += [f"• may have run, or may still run: {text}" for text in event.unknown]
    return "\n".join(lines) if len(lines) > 1 else f"{lines[0]} Nothing had been changed."


_HANDLERS: Mapping[type, Callable[[Story, Any, int], None]] = {
    RunStarted: Story.started,
    MessageJoined: Story.joined,
    ModelReplied: Story.replied,
    ToolStarted: Story.tool_started,
    ToolFinished: Story.finished,
    ApprovalRequested: Story.requested,
    ApprovalDecided: Story.decided,
    ApprovalExpired: Story.decided,
    ApprovalSuperseded: Story.decided,
    BudgetReached: Story.reached,
    BudgetGranted: Story.granted,
    StopRequested: Story.stop,
    RunFinished: Story.end,
    RunFailed: Story.end,
    RunStopped: Story.end,
    IncidentChanged: Story.changed,
}
