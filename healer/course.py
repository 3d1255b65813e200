"""The course of a repair as one story: look, ask, look again, do, verify, and undo what failed.

It is a generator that wants calls and is sent their answers. Told again from the beginning with the
answers that a run's log holds, it comes to the same place: that is how a repair survives a restart.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from bot.agents import Fail, Finish
from healer.plan import Answer, Plan, PlannedCall, Reading

Kind = Literal["look", "approval", "step"]


@dataclass(frozen=True, slots=True)
class Want:
    """A call that is to be made next."""

    id: str
    """The same every time that the story is told."""
    kind: Kind
    call: PlannedCall | None = None
    """None: a person's approval of the whole."""
    after: float = 0.0
    """Not before (seconds since the epoch)."""


End = Finish | Fail
Course = Generator[Want, Answer, End]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How far a list of steps came."""

    trouble: str = ""
    """What went wrong; empty: nothing."""
    doubt: bool = False
    """It is not known whether the last step was done."""
    done: tuple[str, ...] = ()
    last: float = 0.0
    """When the last answer came."""


def course(plan: Plan, *, ask: bool) -> Course:
    """*ask*: a person approves the repair first."""
    if ended := (yield from _reasons_not_to(plan, "look")):
        return ended
    if ask and (ended := (yield from _not_approved(plan))):
        return ended
    did = yield from _steps(plan, plan.steps, "step")
    if not did.done and not did.trouble:
        return Finish("nothing to repair: there was nothing to do for any step")
    trouble = did.trouble
    if not trouble or did.doubt:
        trouble = yield from _verified(plan, did.last)
    if trouble:
        return (yield from _undone(plan, did, trouble))
    return Finish(f"repaired: {_together(did.done)}; {_verification(plan)}")


def _not_approved(plan: Plan) -> Generator[Want, Answer, End | None]:
    answer = yield Want("approve", "approval")
    if answer.outcome == "denied":
        return Finish(f"not repaired: {answer.output or 'denied'}")
    if answer.outcome != "ok":
        return Fail(f"not repaired: {answer.output or answer.outcome}")
    # Hours may lie between the question and the answer.
    return (yield from _reasons_not_to(plan, "again"))


def _reasons_not_to(plan: Plan, name: str) -> Generator[Want, Answer, End | None]:
    """Why nothing is to be done, as the end that the repair comes to."""
    for number, call in enumerate(plan.preconditions, 1):
        read = call.read((yield Want(f"{name}-{number}", "look", call)))
        match read.kind:
            case "well":
                continue
            case "unmet":
                return Finish(f"nothing to repair: {_not_so(call, read)}")
            case "refused":
                return Fail(f"not repaired: {read.text}")
            case _:
                return Fail(f"not repaired: “{call.say}” cannot be told: {read.text}")
    if plan.enough:
        read = plan.enough.read((yield Want(f"{name}-enough", "look", plan.enough)))
        if read.kind == "well":
            return Finish(f"nothing to repair: {plan.enough.say}")
        if read.kind != "unmet":
            return Fail(f"not repaired: “{plan.enough.say}” cannot be told: {read.text}")
    return None


def _steps(
    plan: Plan, steps: tuple[PlannedCall, ...], name: str
) -> Generator[Want, Answer, _Outcome]:
    """In order, up to the first that fails or until it is enough."""
    done: list[str] = []
    last = 0.0
    for number, call in enumerate(steps, 1):
        if call.only_if:
            seen = yield Want(f"{name}-{number}-if", "look", call.only_if)
            last = seen.at
            if call.only_if.read(seen).kind != "well":
                continue
        answer = yield Want(f"{name}-{number}", "step", call)
        last = answer.at
        read = call.read(answer)
        done.append(call.say)
        if read.kind != "well":
            doubt = read.kind == "unknown"
            what = "it is not known whether this was done" if doubt else "this failed"
            trouble = f"{what}: {call.say}: {read.text}".rstrip(": ")
            return _Outcome(trouble, doubt, tuple(done), last)
        if plan.enough and name == "step":
            measured = yield Want(f"enough-{number}", "look", plan.enough)
            last = measured.at
            if plan.enough.read(measured).kind == "well":
                return _Outcome(done=tuple(done), last=last)
    if plan.enough and name == "step":
        tried = _together(tuple(done)) or "there was nothing to do for any step"
        return _Outcome(f"“{plan.enough.say}” still does not hold: {tried}", done=tuple(done))
    return _Outcome(done=tuple(done), last=last)


def _verified(plan: Plan, last: float) -> Generator[Want, Answer, str]:
    """What is still wrong; empty when it held as often in a row as it must. What was started may
    need its time: as many rounds may go badly before."""
    check = plan.runbook.verification
    good = 0
    for round_ in range(1, 2 * check.times + 1):
        wrong = ""
        for number, call in enumerate(plan.verification, 1):
            after = last + check.every if number == 1 else 0.0
            answer = yield Want(f"verify-{round_}-{number}", "look", call, after)
            last = answer.at
            if not wrong and (read := call.read(answer)).kind != "well":
                wrong = _not_so(call, read)
        good = 0 if wrong else good + 1
        if good == check.times:
            return ""
        if wrong and round_ > check.times:
            return wrong
    return "it did not hold for long"


def _undone(plan: Plan, did: _Outcome, trouble: str) -> Course:
    if not did.done:
        return Fail(f"not repaired: {trouble}")
    if not plan.undo:
        return Fail(f"not repaired: {trouble}; there is nothing to undo it by")
    undo = yield from _steps(plan, plan.undo, "undo")
    if undo.trouble:
        return Fail(f"not repaired: {trouble}; could not be undone: {undo.trouble}")
    return Fail(f"not repaired: {trouble}; undone: {_together(undo.done)}")


def _not_so(call: PlannedCall, read: Reading) -> str:
    return f"“{call.say}” does not hold: {read.text}".rstrip(": ")


def _verification(plan: Plan) -> str:
    holds = _together(tuple(call.say for call in plan.verification))
    return f"seen {plan.runbook.verification.times} times since: {holds}"


def _together(done: tuple[str, ...]) -> str:
    return ", ".join(done)
