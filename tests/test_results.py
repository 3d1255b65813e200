"""How a repair ended, as its run's log tells it."""

from collections.abc import Sequence

import pytest

from bot.chat import HEALER, Role
from bot.events import (
    ApprovalDecided,
    Event,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    ToolStarted,
)
from bot.recorded import Recorded
from bot.tool import Risk, ToolCall, Verdict
from healer.repair import APPROVAL
from healer.results import Result, result
from tests.kernel_kit import ANN

BEGUN = RunStarted(HEALER, Role.OPERATOR, "restart-service host=web1", agent="repair")
LOOK = ToolStarted(ToolCall("look-1", "service_status"), Verdict())
APPROVED = (
    ApprovalDecided("K7QD2MX", "approve", "approve", ANN),
    ToolStarted(ToolCall("approve", APPROVAL), Verdict(risk=Risk.CHANGE)),
)
STEP = ToolStarted(ToolCall("step-1", "service_control"), Verdict(risk=Risk.CHANGE))


def log(*events: Event) -> Sequence[Recorded]:
    return [Recorded(n, "r", n, n, None, event) for n, event in enumerate(events)]


@pytest.mark.parametrize(
    ("events", "outcome", "waits"),
    [
        ((), "open", True),
        ((LOOK,), "open", True),
        (APPROVED, "open", False),
        ((STEP,), "open", False),
        ((*APPROVED, RunFailed("not repaired: start-limit-hit")), "declined", False),
        ((*APPROVED, RunFinished("nothing to repair: it runs")), "nothing", False),
        ((*APPROVED, STEP, RunFinished("repaired: restart nginx")), "verified", False),
        ((*APPROVED, STEP, RunFailed("not repaired: no luck")), "failed", False),
        ((LOOK, RunFinished("not repaired: Ann denied it")), "declined", False),
        ((LOOK, RunStopped("Ann")), "declined", False),
        ((STEP, RunStopped("Ann")), "failed", False),
        ((LOOK, RunStopped(HEALER.name)), "nothing", False),
    ],
)
def test_outcome(events: tuple[Event, ...], outcome: str, *, waits: bool) -> None:
    """Only what changed something can have failed: an approval by itself changes nothing, and a
    repair that the healer took back was not needed."""
    found: Result = result(log(BEGUN, *events))
    assert (found.outcome, found.waits) == (outcome, waits)
