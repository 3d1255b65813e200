"""What of a run may be learned from: what its people said and what the system showed.

From the first words of outsiders on, only people's own words and the names of tools count: what a
model says or asks for after it has read them may be theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.transcript import shorten
from bot.chat import Role, User
from bot.events import (
    Event,
    MessageJoined,
    ModelReplied,
    RunFinished,
    RunStarted,
    ToolFinished,
    ToolStarted,
)
from bot.recorded import Recorded
from bot.tool import ToolCall, Trust

_OUTPUT = 400
_ALL = 6_000
"""Characters of a reading, and of everything."""
_SHORT = 24
"""A request of fewer characters with no reading behind it teaches nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    user: User
    asked: str
    """What people said."""
    text: str
    """All of it, as the model is to read it."""
    trusted: bool
    """Everybody who spoke may operate."""
    worth_it: bool


def gathered(log: Sequence[Recorded]) -> Evidence:
    """*log*: of one run, from its RunStarted."""
    reading = _Reading()
    for recorded in log:
        reading.see(recorded.event)
    assert reading.user
    asked = "\n".join(reading.said)
    return Evidence(
        reading.user,
        asked,
        shorten("\n".join(reading.lines), _ALL),
        reading.trusted,
        reading.finished and (reading.readings > 0 or len(asked) >= _SHORT),
    )


class _Reading:
    def __init__(self) -> None:
        self.user: User | None = None
        self.said: list[str] = []
        self.lines: list[str] = []
        self.trusted = True
        self.finished = False
        self.readings = 0
        self._tainted = False
        self._calls: dict[str, ToolCall] = {}

    def see(self, event: Event) -> None:
        match event:
            case RunStarted() | MessageJoined():
                self._hear(event)
            case ModelReplied(context=context, text=text, tool_calls=calls):
                self._tainted = self._tainted or context.tainted
                if text and calls and not self._tainted:
                    self.lines.append(f"bot: {text}")
            case ToolStarted(call=call):
                self._calls[call.id] = call
            case ToolFinished():
                self._finish(event)
            case RunFinished(text=text):
                self.finished = True
                if text and not self._tainted:
                    self.lines.append(f"bot: {text}")
            case _:
                pass

    def _hear(self, event: RunStarted | MessageJoined) -> None:
        self.user = self.user or event.user
        self.trusted = self.trusted and event.role.covers(Role.OPERATOR)
        self.said.append(event.text)
        self.lines.append(f"{event.user.name or event.user.id}: {event.text}")

    def _finish(self, event: ToolFinished) -> None:
        call = self._calls.get(event.call_id)
        if call is None:
            return
        given = "" if self._tainted else f" {call.args}"
        outsiders = event.trust is Trust.EXTERNAL
        output = "(outsiders' words, left out)" if outsiders else shorten(event.output, _OUTPUT)
        self.lines.append(f"tool {call.name}{given}: {event.outcome}: {output}")
        self._tainted = self._tainted or outsiders
        self.readings += not outsiders
