"""The card of an approval: what would run and why, and below that the model's own words."""

from adapters.live.texts import danger, exact, one_line, outcome, shortened, trustable, visible
from adapters.live.views import Budget, Card
from adapters.live.wire import Post, Urgency
from adapters.slack import blocks
from adapters.slack.blocks import Block
from adapters.slack.escape import mrkdwn
from bot.events import ApprovalRequested

DECISIONS = ("approve", "deny", "edit", "trust", "again", "leave", "look")


def card(given: Card) -> Post:
    """Buttons while it is open; afterwards what became of it."""
    request = given.request
    shown = [blocks.section(_head(given)), blocks.preformatted(exact(request))]
    if reasons := request.verdict.reasons:
        shown.append(blocks.context("\n".join(f"• {mrkdwn(reason)}" for reason in reasons[:8])))
    if request.tainted_by:
        sources = ", ".join(dict.fromkeys(each.source for each in request.tainted_by))
        shown.append(
            blocks.context(f":warning: The model has read outsiders' words: {mrkdwn(sources)}")
        )
    if request.preview:
        shown.append(blocks.preformatted(shortened(visible(request.preview), 2_800)))
    if request.undo:
        shown.append(blocks.context(f"Undo: {mrkdwn(request.undo)}"))
    if given.words and given.state == "pending":
        shown.append(blocks.context(f"The model: {mrkdwn(one_line(given.words, 500))}"))
    if given.state == "pending":
        shown.append(_foot(request))
        shown.append(blocks.actions(f"approval:{request.approval}", *_buttons(given)))
    else:
        shown.append(blocks.context(f"*{mrkdwn(outcome(given))}*"))
    text = f"{_title(given)}: {one_line(exact(request), 300)}"
    body = {"text": mrkdwn(text), "blocks": shown}
    return Post(request.approval, Urgency.APPROVAL, body, final=given.state != "pending")


def budget(run: str, given: Budget) -> Post:
    shown = [blocks.section(f":hourglass: {mrkdwn(given.text)}")]
    if given.open:
        more = blocks.button("ops_grant", "Grant more", run)
        shown.append(blocks.actions(f"budget:{given.number}", more, _stop(run)))
    body = {"text": mrkdwn(given.text), "blocks": shown}
    return Post(f"budget {given.number}", Urgency.NOTICE, body, final=not given.open)


def _title(given: Card) -> str:
    if given.request.may_have_run:
        return "May already have run"
    return "Approval needed" if given.state == "pending" else "Approval"


def _head(given: Card) -> str:
    request = given.request
    mark = ":rotating_light: *danger*" if danger(given) else f"*{request.verdict.risk}*"
    where = f" on *{mrkdwn(request.host)}*" if request.host else ""
    account = f" as {mrkdwn(request.account)}" if request.account else ""
    return (
        f"*{_title(given)}* · {mark}\n`{request.call.name}`{where}{account} · `{request.approval}`"
    )


def _foot(request: ApprovalRequested) -> Block:
    until = int(request.expires)
    shown = f"<!date^{until}^{{time_secs}}|{until}>"
    return blocks.context(f"Open until {shown}. Or type `/ops approve {request.approval}`.")


def _buttons(given: Card) -> list[Block]:
    request = given.request
    sure = f"This is dangerous: {one_line(exact(request), 200)}" if danger(given) else ""
    make = {
        "approve": ("Approve", "primary", sure),
        "edit": ("Edit", "", ""),
        "deny": ("Deny", "danger", ""),
        "trust": ("Trust for 1 h", "", ""),
        "again": ("Run again", "primary", sure),
        "leave": ("Leave it", "", ""),
        "look": ("Look first", "", ""),
    }
    if request.may_have_run:
        names = ["again", "leave", "look"]
    else:
        names = ["approve", "edit", "deny"]
        if trustable(request):
            names.append("trust")
    return [
        blocks.button(f"ops_{name}", label, request.approval, style=style, confirm=confirm)
        for name, (label, style, confirm) in make.items()
        if name in names
    ]


def _stop(run: str) -> Block:
    return blocks.button("ops_stop", "Stop", run, style="danger")
