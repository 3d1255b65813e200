"""Texts of any length in messages of limited length, and a run's steps in few words."""

import re
from collections.abc import Sequence

from adapters.live.story import Story
from adapters.live.views import CallView, Card
from bot.events import ApprovalRequested
from bot.tool import Level, Risk

MARKS = {
    "planned": "◌", "waiting": "⏸", "running": "▸", "ok": "✓", "error": "✗", "denied": "⊘",
    "unknown": "?", "stopped": "■",
}  # fmt: skip
CLOSED = {
    "approved": "Approved", "denied": "Denied", "expired": "Expired: nobody decided in time",
    "superseded": "Superseded", "left": "Left alone", "edited": "Edited: see the card below",
}  # fmt: skip
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u061c\ufeff\u00ad]")


def visible(text: str) -> str:
    """Characters that hide or turn text around, written out."""
    return _BIDI.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shortened(text: str, most: int) -> str:
    """At most *most* characters, in one piece."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def one_line(text: str, most: int) -> str:
    return shortened(" ".join(text.split()), most)


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.0f} min"


def call_line(view: CallView, most: int = 120) -> str:
    """``✓ service_control on web1: nginx, 1.2 s``"""
    where = f" on {view.host}" if view.host else ""
    what = f": {one_line(visible(view.subject), most)}" if view.subject else ""
    took = f", {seconds(view.seconds)}" if view.state in ("ok", "error") else ""
    state = f" ({view.state})" if view.state in ("denied", "unknown", "stopped") else ""
    return f"{MARKS[view.state]} {view.call.name}{where}{what}{took}{state}"


def plan_lines(story: Story) -> list[str]:
    return [
        f"{'☑' if number < story.ticked else '☐'} {one_line(point, 150)}"
        for number, point in enumerate(story.plan)
    ]


def outcome(card: Card) -> str:
    """What became of an approval, in one line; empty while it is open."""
    if card.state == "pending":
        return ""
    by = f" by {card.by}" if card.by and card.state in ("approved", "denied", "left") else ""
    return f"{CLOSED[card.state]}{by}" + (f": {card.reason}" if card.reason else "")


def trustable(request: ApprovalRequested) -> bool:
    """Whether calls of its shape may be trusted for a while: routine ones, untainted, that are not
    asked about every time."""
    routine = request.verdict.risk is Risk.CHANGE and request.verdict.rule is not Level.ASK
    return routine and not request.tainted_by


def danger(card: Card) -> bool:
    return card.request.verdict.risk is Risk.DANGER


def exact(request: ApprovalRequested) -> str:
    """What would run, to the letter; what hides is written out."""
    args = {name: value for name, value in request.call.args.items() if value is not None}
    if isinstance(args.get("command"), str):
        rest = [
            f"{name}: {value}" for name, value in args.items() if name not in ("command", "host")
        ]
        return visible("\n".join([str(args["command"]), *rest]))
    lines = [f"{name}: {value}" for name, value in args.items() if name != "host"]
    return visible("\n".join(lines)) or request.call.name


def split(text: str, most: int) -> list[str]:
    """*text* in parts of at most *most* characters, cut at line ends where there are some.

    A fence that is open at a cut is closed there and opened again, so that every part is whole.
    *most* must be 200 at least."""
    parts: list[str] = []
    current: list[str] = []
    fence = ""
    size = 0
    for line in _lines(text, most - 120):
        opened = _fence_after(fence, line)
        needed = len(line) + 1 + (len(_closing(opened)) + 1 if opened else 0)
        if current and size + needed > most:
            parts.append("\n".join([*current, *([_closing(fence)] if fence else [])]))
            current = [fence] if fence else []
            size = len(fence) + 1 if fence else 0
        current.append(line)
        size += len(line) + 1
        fence = opened
    if fence:
        current.append(_closing(fence))
    parts.append("\n".join(current))
    return [part for part in parts if part.strip()]


def _lines(text: str, most: int) -> Sequence[str]:
    """Lines of at most *most* characters; longer ones are cut, at blanks if possible."""
    made: list[str] = []
    for line in text.split("\n"):
        while len(line) > most:
            at = line.rfind(" ", most // 2, most)
            at = at if at > 0 else most
            made.append(line[:at])
            line = line[at:].lstrip(" ")
        made.append(line)
    return made


def _fence_after(fence: str, line: str) -> str:
    """The line that opened the fence which is open after *line*; empty when none is."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return shortened(line.strip(), 40)
    mark = _closing(fence)
    return "" if found[1].startswith(mark) and not found[2].strip() else fence


def _closing(fence: str) -> str:
    found = _FENCE.match(fence)
    return found[1] if found else ""
