"""Whether one call runs, waits for a person, or is refused. Everything that decides meets here.

Pure: the same verdict in the same situation always ends the same way. It is asked before every
call and again right before execution.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bot.chat import Role
from bot.resources import Mode
from bot.tool import Level, Risk, Trust, Verdict

_STRICTEST_FIRST: tuple[Mode, ...] = ("read_only", "supervised", "autonomous")


@dataclass(frozen=True, slots=True)
class Situation:
    """All that bears on a call besides what its tool thinks of it."""

    mode: Mode
    role: Role
    """Of the run's requester, resolved just now."""
    tainted: bool = False
    """The model was shown words of outsiders."""
    granted: bool = False
    """A live *trust for 1 h* covers the call."""
    fan_out: int = 1
    """How many hosts the call it was expanded from names."""
    stale: bool = False
    """The run was away for more than 15 minutes and has changed nothing since."""
    host_mode: Mode | None = None
    tool_mode: Mode | None = None
    approved: bool = False
    """A person approved this very call."""
    runbook: Literal["no", "whole", "step"] = "no"
    """``whole``: the call asks for the approval of a runbook; ``step``: it is a step of one that
    was approved."""
    runbook_declares_danger: bool = False
    blocked_host: bool = False
    """An earlier state-changing call on the host has an unknown outcome, not yet decided."""
    healer: bool = False
    """The run is the healer's: it diagnoses by reading and repairs by runbooks."""


def gate(verdict: Verdict, situation: Situation) -> Verdict:
    """The final verdict. Reasons are appended to the tool's; a denial is never lifted."""
    verdict = _fanned_out(verdict, situation)
    refusals = tuple(_refusals(verdict, situation))
    if refusals:
        return _ruled(verdict, Level.DENY, refusals)
    questions = tuple(_questions(verdict, situation))
    if questions and not situation.approved:
        return _ruled(verdict, Level.ASK, questions)
    answers = ("a person approved this call",) if questions else _permissions(verdict, situation)
    return _ruled(verdict, Level.ALLOW, (*questions, *answers))


def _ruled(verdict: Verdict, level: Level, reasons: tuple[str, ...]) -> Verdict:
    return replace(verdict, level=level, reasons=(*verdict.reasons, *reasons))


def _fanned_out(verdict: Verdict, situation: Situation) -> Verdict:
    if situation.fan_out == 1 or verdict.risk is not Risk.CHANGE:
        return verdict
    reason = f"it changes {situation.fan_out} hosts at once, which is dangerous"
    return replace(verdict, risk=Risk.DANGER, reasons=(*verdict.reasons, reason))


def _mode(situation: Situation) -> Mode:
    modes = (situation.mode, situation.host_mode, situation.tool_mode)
    return next(mode for mode in _STRICTEST_FIRST if mode in modes)


def _tainted(situation: Situation) -> bool:
    """A runbook's step holds no words of the model, so nobody outside can have chosen them."""
    return situation.tainted and situation.runbook == "no"


def _refusals(verdict: Verdict, situation: Situation) -> Iterator[str]:
    if verdict.level is Level.DENY:
        yield "this is never done, and no approval changes that"
    if not situation.role.covers(Role.VIEWER):
        yield "only people with a role may use tools; an admin can give you one"
    elif not situation.role.covers(Role.OPERATOR) and (
        verdict.risk is not Risk.READ or verdict.trust is not Trust.SYSTEM
    ):
        yield "a viewer may only read the system's status; operators may do this"
    if verdict.risk is Risk.READ:
        yield from _refused_reading(verdict, situation)
    else:
        yield from _refused_change(situation)


def _refused_reading(verdict: Verdict, situation: Situation) -> Iterator[str]:
    tainted = _tainted(situation)
    if verdict.secret and tainted:
        yield "it reads secrets after the run has read outsiders' words"
    asks = verdict.level is Level.ASK or (verdict.egress and tainted)
    if asks and _mode(situation) == "read_only":
        yield "it needs an approval, and in read-only mode there are none"


def _refused_change(situation: Situation) -> Iterator[str]:
    if _mode(situation) == "read_only":
        yield "nothing is changed in read-only mode"
    if situation.blocked_host:
        yield "an earlier change on this host may or may not have run; that is decided first"
    if situation.healer and situation.runbook == "no":
        yield "the healer only reads; it repairs by runbooks"


def _questions(verdict: Verdict, situation: Situation) -> Iterator[str]:
    if verdict.rule is Level.ASK:
        yield "a rule of the operators asks for an approval"
    if verdict.risk is Risk.READ:
        yield from _questioned_reading(verdict, situation)
        return
    if situation.stale:
        yield "the run was away for more than 15 minutes; old orders are confirmed first"
    if situation.runbook == "whole":
        yield "a repair is approved as a whole, before its first step"
    elif situation.runbook == "step":
        if verdict.risk is Risk.DANGER and not situation.runbook_declares_danger:
            yield "it is dangerous, and the approved runbook does not say so"
    elif verdict.risk is Risk.DANGER:
        yield "it is dangerous"
    else:
        yield from _questioned_change(verdict, situation)


def _questioned_reading(verdict: Verdict, situation: Situation) -> Iterator[str]:
    if verdict.level is Level.ASK:
        yield "it reads something that needs an approval"
    if verdict.egress and _tainted(situation):
        yield "it reaches outside the inventory after the run has read outsiders' words"


def _questioned_change(verdict: Verdict, situation: Situation) -> Iterator[str]:
    if situation.tainted:
        yield "it changes something after the run has read outsiders' words"
    elif (
        _mode(situation) == "supervised"
        and not situation.granted
        and verdict.rule is not Level.ALLOW
    ):
        yield "it changes something"


def _permissions(verdict: Verdict, situation: Situation) -> tuple[str, ...]:
    """Why a change runs unasked; reading needs no reason."""
    if verdict.risk is Risk.READ:
        return ()
    if situation.runbook == "step":
        return ("a step of an approved runbook",)
    if verdict.rule is Level.ALLOW:
        return ("a rule of the operators allows it",)
    if _mode(situation) == "autonomous":
        return ("autonomous mode allows changes that are not dangerous",)
    return ("an approver trusts commands of this shape in this thread",)
