"""How a repair ended, read off its run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat import HEALER
from bot.events import (
    ENDS,
    ApprovalDecided,
    Event,
    RunFailed,
    RunFinished,
    RunStopped,
    ToolStarted,
)
from bot.recorded import Recorded
from bot.tool import Risk
from healer.budgets import Outcome
from healer.repair import APPROVAL


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    text: str = ""
    """For people; empty while it goes on."""
    waits: bool = False
    """A person is still to approve it."""
    by: str = ""
    """Who approved it."""


def result(log: Sequence[Recorded]) -> Result:
    """*log*: all events of the run."""
    events = [recorded.event for recorded in log]
    decided = [event for event in events if isinstance(event, ApprovalDecided)]
    by = next((each.by.name or each.by.id for each in decided if each.decision == "approve"), "")
    acted = any(map(_acts, events))
    if not events or not isinstance(events[-1], ENDS):
        return Result("open", waits=not (acted or by), by=by)
    match events[-1]:
        case RunFinished(text=text) if text.startswith("repaired"):
            return Result("verified", text, by=by)
        case RunFinished(text=text) if text.startswith("nothing to repair"):
            return Result("nothing", text, by=by)
        case RunFinished(text=text) | RunFailed(reason=text):
            return Result("failed" if acted else "declined", text, by=by)
        case RunStopped(by=stopper) if stopper == HEALER.name and not acted:
            return Result("nothing", "withdrawn: it is well again")
        case RunStopped(by=stopper):
            return Result("failed" if acted else "declined", f"stopped by {stopper}", by=by)
        case _:
            return Result("open", by=by)


def _acts(event: Event) -> bool:
    """Whether it changed something; the approval of the whole by itself does not."""
    return (
        isinstance(event, ToolStarted)
        and event.verdict.risk is not Risk.READ
        and event.call.name != APPROVAL
    )
