"""A model that goes round in circles: the same call, the same result, again and again."""

import json
from collections import Counter

from bot.events import ToolFinished
from bot.tool import ToolCall

TOLERATED = 3
"""How often a call may have the same result before the model is told."""
_SHOWN = 300
"""Characters of the last result in the summary."""


class Repetition:
    """Of one run. Feed it every call that ended, and every change that began."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self._ran: dict[str, None] = {}
        self._told = False
        self.warning = ""
        """What the model is to be told now; take it with :meth:`take`."""
        self.failure = ""
        """Why the run ends, with what had been done; empty while it may go on."""

    def changed(self, call: ToolCall) -> None:
        """After a change, looking again is no repetition."""
        own = _worded(call)
        for key in [key for key in self._seen if key[0] != own]:
            del self._seen[key]

    def finished(self, call: ToolCall, event: ToolFinished) -> None:
        worded = _worded(call)
        self._ran[worded] = None
        key = worded, f"{event.outcome}: {event.output}"
        self._seen[key] += 1
        if self._seen[key] < TOLERATED:
            return
        if not self._told:
            self._told = True
            self.warning = (
                f"You have made the call {worded} {self._seen[key]} times, and its result was the "
                "same each time. Do not make it again: try another way, or tell the person what "
                "you know and what is left to do."
            )
        elif not self.warning:
            self.failure = (
                f"The model made the call {worded} {self._seen[key]} times with the same result, "
                f"also after it was told. It had run: {'; '.join(self._ran)}. "
                f"The last result: {event.output[:_SHOWN]}"
            )

    def take(self) -> str:
        """The warning, once."""
        warning, self.warning = self.warning, ""
        return warning


def _worded(call: ToolCall) -> str:
    return f"{call.name} {json.dumps(call.args, sort_keys=True, ensure_ascii=False)}"
