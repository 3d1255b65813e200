"""Where the agent stands in a run: a fold over the thread's events that never looks back.

Each event costs the same however long the run is. The list of messages only grows, so that the
beginning of the prompt stays the same from step to step.
"""

from collections.abc import Sequence

from agent.compaction import LONGEST, Growth
from agent.repetition import Repetition
from agent.transcript import asked, note, result, together
from bot.agents import Message
from bot.events import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalSuperseded,
    ContextSummarised,
    Event,
    MessageJoined,
    ModelReplied,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    ToolFinished,
    ToolStarted,
)
from bot.fan_out import gather, grouped, parts
from bot.recorded import Recorded
from bot.tool import Risk, ToolCall

REPAIRS = 2
"""How often a model may correct a turn of nothing but unusable calls."""
UNKNOWN = 16_384
"""The context of a model that has not answered yet."""
_EMPTY = "Your last reply was empty. Answer the person now, or call a tool."


class State:
    """Fold a thread's earlier runs, then the run's own events, in log order."""

    def __init__(self, system: Message) -> None:
        self.messages: list[Message] = [system]
        self.model = "auto"
        self._first_speaker = ""
        self._num_ctx = 0
        """Of the last reply; 0 before the first."""
        self._growth = Growth()
        self._starts: list[int] = []
        """How many messages there were when each run began, since the last summary."""
        self._begin()

    def _begin(self) -> None:
        self.final = ""
        """What the last reply answered; empty while it has not."""
        self.failure = ""
        self._news: list[tuple[int, Message]] = []
        """(seq, message) of what the last reply did not see."""
        self._calls: tuple[ToolCall, ...] = ()
        """Of the last reply, in its order."""
        self._open: dict[str, ToolCall] = {}
        self._ran: dict[str, ToolCall] = {}
        """As they started, which may be as a person edited them."""
        self._results: dict[str, str] = {}
        self._unusable = 0
        self._repairs = 0
        self._empty = 0
        self._repetition = Repetition()
        self._doubts: dict[str, ApprovalRequested] = {}
        """Open approvals of calls that may already have run."""
        self._again: dict[str, ToolCall] = {}
        """Calls a person wants run again, which they are not yet."""
        self._looking: set[str] = set()
        self._lengths: list[tuple[int, int]] = []
        """(seq, how many messages there were then), for a summary to know what it stands for.

        -1: where this run began, -2: where the run before it began, and so on."""

    @property
    def open(self) -> tuple[ToolCall, ...]:
        """Calls that have not ended, in the order they were asked for."""
        return (*self._open.values(), *self._again.values())

    @property
    def news(self) -> list[Message]:
        """What was said since the last reply, besides the results of its calls."""
        return [message for _, message in self._news]

    @property
    def older(self) -> tuple[int, Sequence[Message]] | None:
        """(seq, messages) of the part of the conversation that is to be summed up, if it is."""
        found = self._growth.older(self.messages, self._lengths, self._num_ctx or UNKNOWN)
        return (found[0], self.messages[: found[1]]) if found else None

    @property
    def looking(self) -> bool:
        """A person wants the model to find out whether a call has run: with READ tools only."""
        return bool(self._looking)

    @property
    def undecided(self) -> float:
        """When the last open question about a call that may have run expires; 0 without one."""
        return max((doubt.expires for doubt in self._doubts.values()), default=0.0)

    def fold(self, recorded: Recorded) -> None:
        match recorded.event:
            case RunStarted() as started:
                self._begin()
                self.model = started.model
                self._starts.append(len(self.messages))
                self._lengths = [(-back, n) for back, n in enumerate(self._starts[::-1], 1)][::-1]
                self.messages.append(self._said(started))
            case MessageJoined() as joined:
                self._hear(recorded.seq, self._said(joined))
            case ModelReplied() as reply:
                self._replied(recorded.seq, reply)
            case ToolStarted(call=call, verdict=verdict):
                self._ran[call.id] = call
                if verdict.risk is not Risk.READ:
                    self._repetition.changed(call)
            case ToolFinished() as event:
                self._finished(recorded, event)
            case RunFinished() | RunFailed() | RunStopped() as end:
                self._end(end)
            case event:
                self._approve(recorded.seq, event)

    def _said(self, said: RunStarted | MessageJoined) -> Message:
        """Everybody but the first speaker is named."""
        user, text = said.user, said.text
        self._first_speaker = self._first_speaker or user.key
        if user.key == self._first_speaker:
            return Message("user", text, pictures=said.pictures)
        name = " ".join((user.name or user.id).replace("]", ")").split())
        return Message("user", f"[{name}] {text}", pictures=said.pictures)

    def _hear(self, seq: int, message: Message) -> None:
        self._news.append((seq, message))

    def _read(self, upto: int) -> None:
        """News that a reply has seen becomes history, before that reply."""
        self.messages += [message for seq, message in self._news if seq <= upto]
        self._news = [item for item in self._news if item[0] > upto]

    def _replied(self, seq: int, reply: ModelReplied) -> None:
        self._read(reply.context.last)
        self._num_ctx = reply.context.num_ctx or self._num_ctx
        text = reply.text.strip()
        if text or reply.tool_calls:
            made = tuple(map(gather, grouped(reply.tool_calls)))
            self.messages.append(Message("assistant", text, calls=made))
        self._calls = reply.tool_calls
        self._open = {call.id: call for call in reply.tool_calls}
        self._results, self._ran, self._unusable = {}, {}, 0
        self.final = "" if reply.tool_calls else text
        self._empty = 0 if text or reply.tool_calls else self._empty + 1
        if self._empty > 1:
            self.failure = "The model gave an empty answer twice."
        elif self._empty:
            self._hear(seq, note(_EMPTY))
        if not reply.tool_calls:
            self._lengths.append((seq, len(self.messages)))

    def _finished(self, recorded: Recorded, event: ToolFinished) -> None:
        call = self._open.pop(event.call_id, None)
        if call is None:
            self._finished_late(recorded, event)
            return
        ran = self._ran.get(call.id)
        unusable = event.outcome == "error" and ran is None
        self._unusable += unusable
        self._results[call.id] = result(recorded, event, call, ran)
        if not unusable:
            self._repetition.finished(ran or call, event)
        if not self._open:
            self._settle(recorded.seq, event)
            self._lengths.append((recorded.seq, len(self.messages)))

    def _settle(self, seq: int, last: ToolFinished) -> None:
        """All calls of the reply have ended: show the results, in the order of the calls."""
        self.messages += self._told()
        self._repairs = self._repairs + 1 if self._unusable == len(self._calls) else 0
        if self._repairs > REPAIRS:
            self.failure = (
                f"The model asked {self._repairs} times in a row for something no tool can do. "
                f"The last time: {last.output}"
            )
        self.failure = self.failure or self._repetition.failure
        if warning := self._repetition.take():
            self._hear(seq, note(warning))

    def _told(self) -> list[Message]:
        """One result for each call that the model made, whichever its hosts."""
        return [together(parts, self._results) for parts in grouped(self._calls)]

    def _finished_late(self, recorded: Recorded, event: ToolFinished) -> None:
        """A call whose outcome was unknown was run again after all."""
        call = self._again.pop(event.call_id, None)
        if call:
            text = result(recorded, event, call, self._ran.get(call.id, call))
            self._hear(recorded.seq, note(f"{_name(call)} was run again. Its result:\n{text}"))

    def _approve(self, seq: int, event: Event) -> None:
        match event:
            case ApprovalRequested(may_have_run=True):
                self._doubts[event.approval] = event
            case ApprovalDecided(approval=approval) if doubt := self._doubts.get(approval):
                self._decided(seq, event, doubt)
            case ApprovalExpired(approval=approval) | ApprovalSuperseded(approval=approval):
                self._doubts.pop(approval, None)
                self._looking.discard(approval)
            case ContextSummarised(text=text, upto=upto):
                self._summarise(text, upto)
            case _:
                pass

    def _decided(self, seq: int, event: ApprovalDecided, doubt: ApprovalRequested) -> None:
        call = doubt.call
        if event.decision == "look":
            self._looking.add(event.approval)
            self._hear(
                seq,
                note(
                    f"{_name(call)} may already have run: it was cut off. A person wants you to "
                    "find out, with the read-only tools you have now, whether it took effect. "
                    "Change nothing. Then say what you found; the person decides after that."
                ),
            )
            return
        del self._doubts[event.approval]
        self._looking.discard(event.approval)
        if event.decision == "again":
            self._again |= {part.id: part for part in parts(call)}

    def _summarise(self, text: str, upto: int) -> None:
        kept = next((n for seq, n in reversed(self._lengths) if seq <= upto), 1)
        summary = note(f"Summary of the conversation until here:\n{text[:LONGEST]}")
        said = asked(self.messages)
        # What the person wants now is never only summed up.
        wanted = [self.messages[said]] if 0 < said < kept else []
        self.messages = [self.messages[0], summary, *wanted, *self.messages[kept:]]
        self._lengths.clear()
        self._starts.clear()
        self._growth.begin_anew()

    def _end(self, end: RunFinished | RunFailed | RunStopped) -> None:
        if self._open:
            self.messages += self._told()
        self.messages += self.news
        text = _last_words(end)
        if text and text != self.messages[-1].text:
            self.messages.append(Message("assistant", text))
        self._begin()


def _name(call: ToolCall) -> str:
    return f"The call {call.name} {call.args}"


def _last_words(end: RunFinished | RunFailed | RunStopped) -> str:
    match end:
        case RunFinished(text=text):
            return text.strip()
        case RunFailed(reason=reason):
            return f"(This run failed: {reason})"
        case RunStopped(ran=ran, unknown=unknown):
            done = f" It had already run: {'; '.join(ran)}." if ran else ""
            doubt = f" It may have run: {'; '.join(unknown)}." if unknown else ""
            return f"(A person stopped this run.{done}{doubt})"
