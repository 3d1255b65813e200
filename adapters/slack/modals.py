"""Forms: a reason for a denial, an edit of what was asked for, a question about a message.

Their ids and what they carry are fixed, so that one that was open over a restart still works."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.live.texts import shortened
from adapters.slack import blocks
from adapters.slack.blocks import Block
from adapters.slack.escape import mrkdwn
from bot.events import ApprovalRequested
from bot.tool import Verdict

DENY, EDIT, ASK = "ops_deny", "ops_edit", "ops_ask"
_LEVELS = {
    "allow": ":white_check_mark: It would run unasked.",
    "ask": ":raised_hand: It needs an approval.",
    "deny": ":no_entry: It would be refused.",
}


def denial(approval: str) -> Block:
    reason = blocks.text_input(
        "reason", "Why? The model reads it.", "", multiline=True, optional=True
    )
    return blocks.modal(DENY, "Deny", "Deny", json.dumps({"approval": approval}), [reason])


def edit(
    request: ApprovalRequested,
    values: Mapping[str, str],
    verdict: Verdict | None = None,
    problem: str = "",
) -> Block:
    """With a *verdict* the same values may be sent a second time, and then count."""
    shown: list[Block] = [
        blocks.section(
            f"`{request.call.name}` on *{mrkdwn(request.host)}* as {mrkdwn(request.account)}"
        )
    ]
    for name, value in values.items():
        shown.append(blocks.text_input(f"arg:{name}", name, value, optional=not value))
    if verdict is not None:
        reasons = "\n".join(f"• {mrkdwn(reason)}" for reason in verdict.reasons[:6])
        shown.append(blocks.section(f"{_LEVELS[verdict.level]} Risk: {verdict.risk}\n{reasons}"))
    if problem:
        shown.append(blocks.section(f":warning: {mrkdwn(shortened(problem, 500))}"))
    carried = {"approval": request.approval, "judged": dict(values) if verdict else {}}
    submit = "Apply" if verdict else "Judge"
    return blocks.modal(EDIT, "Edit", submit, json.dumps(carried)[:3_000], shown)


def question(channel: str, thread: str, text: str) -> Block:
    carried = json.dumps({"channel": channel, "thread": thread, "text": text[:2_000]})
    shown = [
        blocks.context(f"> {mrkdwn(shortened(' '.join(text.split()), 300))}"),
        blocks.text_input("question", "What do you want to know?", "What does this mean?"),
    ]
    return blocks.modal(ASK, "Ask about it", "Ask", carried, shown)


def values_of(view: Mapping[str, Any]) -> dict[str, str]:
    """Block id → what was typed."""
    state: Mapping[str, Any] = view.get("state", {}).get("values", {})
    return {block: str(held["value"].get("value") or "") for block, held in state.items()}


def typed(view: Mapping[str, Any], prefix: str = "arg:") -> dict[str, str]:
    found = values_of(view)
    return {name.removeprefix(prefix): v for name, v in found.items() if name.startswith(prefix)}


def carried(view: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(view.get("private_metadata") or "{}")


def actions_of(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return body.get("actions", ())
