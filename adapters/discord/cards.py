"""The card of an approval: what would run and why, and below that the model's own words."""

from adapters.discord import parts
from adapters.discord.parts import Component, escaped, fenced
from adapters.live.texts import danger, exact, one_line, outcome, trustable, visible
from adapters.live.views import Budget, Card
from adapters.live.wire import Post, Urgency

DECISIONS = ("approve", "trust", "again", "leave", "look")
"""Buttons that decide by themselves; ``deny`` and ``edit`` open a form first."""
SURE = "sure_"
"""Before the name of a decision that would run something dangerous: a form asks once more."""


def card(given: Card) -> Post:
    """Buttons while it is open; afterwards what became of it."""
    request = given.request
    open_ = given.state == "pending"
    texts = [_head(given), fenced(exact(request), 1_200), _reasons(given)]
    if request.preview:
        texts.append(fenced(visible(request.preview), 900))
    if request.undo:
        texts.append(f"Undo: {escaped(request.undo)}")
    if open_:
        texts.append(
            f"Open until <t:{int(request.expires)}:T>. Or type `/ops approve {request.approval}`."
        )
        if given.words:
            texts.append(f"-# The model: {escaped(one_line(given.words, 500))}")
    else:
        texts.append(f"**{escaped(outcome(given))}**")
    colour = parts.RED if danger(given) else parts.AMBER
    rows = [parts.row(*_buttons(given))] if open_ else []
    body = parts.cards(colour if open_ else parts.GREY, texts, *rows)
    return Post(request.approval, Urgency.APPROVAL, body, final=not open_)


def budget(run: str, given: Budget) -> Post:
    rows: list[Component] = []
    if given.open:
        more = parts.button("grant", "Grant more", run)
        rows.append(parts.row(more, parts.button("stop", "Stop", run, "danger")))
    body = parts.cards(parts.AMBER, [f"⏳ {escaped(given.text)}"], *rows)
    return Post(f"budget {given.number}", Urgency.NOTICE, body, final=not given.open)


def _head(given: Card) -> str:
    request = given.request
    title = "Approval needed" if given.state == "pending" else "Approval"
    if request.may_have_run:
        title = "May already have run"
    mark = "🚨 **danger**" if danger(given) else f"**{request.verdict.risk}**"
    where = f" on **{escaped(request.host)}**" if request.host else ""
    account = f" as {escaped(request.account)}" if request.account else ""
    return f"### {title}\n{mark} · `{request.call.name}`{where}{account} · `{request.approval}`"


def _reasons(given: Card) -> str:
    request = given.request
    lines = [f"- {escaped(one_line(reason, 200))}" for reason in request.verdict.reasons[:8]]
    if request.tainted_by:
        sources = ", ".join(dict.fromkeys(each.source for each in request.tainted_by))
        lines.append(f"⚠️ The model has read outsiders' words: {escaped(one_line(sources, 300))}")
    return "\n".join(lines)


def _buttons(given: Card) -> list[Component]:
    request = given.request
    make = {
        "approve": ("Approve", "primary"),
        "edit": ("Edit", ""),
        "deny": ("Deny", "danger"),
        "trust": ("Trust for 1 h", ""),
        "again": ("Run again", "primary"),
        "leave": ("Leave it", ""),
        "look": ("Look first", ""),
    }
    if request.may_have_run:
        names = ["again", "leave", "look"]
    else:
        names = ["approve", "edit", "deny"]
        if trustable(request):
            names.append("trust")
    return [
        parts.button(_action(given, name), label, request.approval, style)
        for name, (label, style) in make.items()
        if name in names
    ]


def _action(given: Card, name: str) -> str:
    """Discord's buttons cannot ask whether somebody is sure."""
    return f"{SURE}{name}" if danger(given) and name in ("approve", "again") else name
