"""A repair in words: everything that it would do, before anything is done."""

import shlex
from collections.abc import Iterator, Sequence

from healer.plan import Plan, PlannedCall
from healer.template import COMMAND


def dry_run(plan: Plan) -> str:
    """Target, preconditions, steps, verification, undo and risk, for people; several lines."""
    runbook, check = plan.runbook, plan.runbook.verification
    lines = [
        f"{runbook.id} {plan.version}: {runbook.title}",
        f"target: {plan.target} on {plan.host}" if runbook.target else f"target: {plan.host}",
        f"risk: {runbook.risk}",
    ]
    if plan.parameters:
        given = (f"{name}={shlex.quote(str(value))}" for name, value in plan.parameters.items())
        lines.append(f"parameters: {' '.join(given)}")
    lines += ["", "only if:", *_listed(plan.preconditions)]
    if plan.enough:
        lines += ["until:", *_listed([plan.enough])]
    lines += ["steps:", *_numbered(plan.steps)]
    lines += [f"verified {check.times} times, {check.every:g} s apart:"]
    lines += _listed(plan.verification)
    if plan.undo:
        lines += ["undone, when it does not help:", *_numbered(plan.undo)]
    else:
        lines += ["there is nothing to undo it by"]
    if runbook.notes:
        lines += ["", runbook.notes.rstrip()]
    return "\n".join(lines)


def in_words(plan: Plan) -> str:
    """What exactly runs, for the card of an approval."""
    lines = list(_numbered(plan.steps))
    if plan.undo:
        lines += ["undone, when it does not help:", *_numbered(plan.undo)]
    return "\n".join(lines)


def call_line(call: PlannedCall) -> str:
    """Exactly what runs: the command line itself, or the tool with its arguments."""
    if COMMAND in call.args:
        return str(call.args[COMMAND])
    given = (f"{name}={shlex.quote(str(value))}" for name, value in call.args.items())
    return " ".join((call.tool, *given))


def _numbered(calls: Sequence[PlannedCall]) -> Iterator[str]:
    for number, call in enumerate(calls, 1):
        if call.only_if:
            yield f"  {number}. if {call.only_if.say}: {call_line(call.only_if)}"
            yield f"     {call.say}: {call_line(call)}"
        else:
            yield f"  {number}. {call.say}: {call_line(call)}"


def _listed(calls: Sequence[PlannedCall]) -> Iterator[str]:
    for call in calls:
        yield f"  - {call.say}: {call_line(call)}"
