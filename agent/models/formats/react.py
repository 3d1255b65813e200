"""Calls written as labels: ``Action: disk_usage``, ``Action Input: {"path": "/"}``."""

import re
from dataclasses import dataclass

from agent.models.formats.lenient import Broken, read, read_value
from agent.models.formats.markup import Items, read_wrapped
from agent.models.formats.names import Names, plain
from agent.models.formats.shapes import Wanted

_AROUND = r"[*#_✿ \t]{0,8}"
_COLON = r"(?: \d{1,2})?[*_✿ ]{0,4}:[*_ \t]{0,8}"
LABELLED = re.compile(
    rf"\n{_AROUND}(?:action|tool|function|command|observ|output|result|response|return|final answer"
    rf"|thought|user|human)[a-z_ ]{{0,12}}{_COLON}|\n{_AROUND}observ\w{{0,6}}\s*\Z",
    re.IGNORECASE,
)
"""Whether a line begins with a label, which few texts have."""
_ACTION = re.compile(
    rf"{_AROUND}(?P<label>Action|Tool(?: Name| Call)?|Function(?: Name| Call)?){_COLON}",
    re.IGNORECASE,
)
_INPUT = re.compile(
    rf"\s{{0,20}}{_AROUND}(?:(?:Action|Tool|Function)[ _]?)?"
    rf"(?:Input|Arguments?|Args|Parameters|Params){_COLON}\n?",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    rf"{_AROUND}(?:Observations?|(?:(?:Tool|Function|Command) )?(?:Output|Result|Response)s?"
    rf"|Return|Final Answer|Thought){_COLON}|Observ\w*\s*\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r"[\"'`*]{0,3}(?P<name>[A-Za-z_][\w.:-]{0,99})[\"'`*]{0,3}(?:\(\))?")
_IN_BRACKETS = re.compile(r"\[(?P<input>[^\n]{0,2000})\]")
_LINE_END = re.compile(r"[ \t.,;]*(?:\n|\Z|(?=Action[ _]Input\b|Input\b))")
_TURNS = re.compile(
    r"(?:User|Human) ?:[^\n]*\n+(?:[^\n]+\n+){0,5}?(?:Assistant|AI|Bot) ?:", re.IGNORECASE
)
_OPEN = re.compile(r"(?:`{1,3}(?:json|bash|sh|text)?)?\s{0,20}")
_CLOSE = re.compile(r"\s{0,20}`{1,3}")
_VALUE_END = re.compile(
    r"\n[ \t]*\n"
    r"|\n[*#_✿ \t]{0,8}(?:Observ\w*|Thought|Action|Tool|Final Answer|Question|Result|Return)"
    r"\b[^\n:]{0,20}:"
    r"|\n\s*Observ\w*\s*\Z|<\|",
    re.IGNORECASE,
)
_NOBODY = frozenset(("none", "n/a", "final", "finish", "final_answer", "null"))


@dataclass(frozen=True, slots=True)
class Labelled:
    items: Items
    outcome: bool = False
    """It says how a call ended, which only the tool can know."""
    turns: bool = False
    """It goes on with what a person might say next, and its own answer to that."""


def read_label(text: str, at: int, names: Names) -> Labelled | None:
    """What the line at *at* begins, if it begins with a label. Raises Broken."""
    if at and _TURNS.match(text, at):
        return Labelled(Items((), at), turns=True)
    if _OUTCOME.match(text, at):
        return Labelled(Items((), at), outcome=True)
    start = _ACTION.match(text, at)
    if not start:
        return None
    items = read_wrapped(text, start.end(), names)
    if items.wanted or items.broken:
        return Labelled(items)
    name = _NAME.match(text, start.end())
    if not name or name["name"].lower() in _NOBODY:
        return None
    known = names.find(name["name"]) is not None
    return _with_input(text, name, names=known, certain=start["label"].lower() == "action")


def _with_input(text: str, name: re.Match[str], *, names: bool, certain: bool) -> Labelled | None:
    """*names*: the name is a tool's; *certain*: the label alone makes it a call."""
    brackets = _IN_BRACKETS.match(text, name.end())
    if brackets and names:
        return Labelled(Items([Wanted(name["name"], brackets["input"])], brackets.end()))
    line = _LINE_END.match(text, name.end())
    if not line:
        return None
    if given := _INPUT.match(text, line.end()):
        arguments, end = _value(text, given.end())
        return Labelled(Items([Wanted(plain(name["name"]), arguments)], end))
    if names and certain:
        return Labelled(Items([Wanted(name["name"], {})], line.end()))
    return None


def _value(text: str, at: int) -> tuple[dict[str, object] | str, int]:
    """JSON, fenced or not; a text in quotes; else all until the next label or blank line."""
    fence = _OPEN.match(text, at)
    start = fence.end() if fence else at
    if text.startswith("{", start):
        arguments, end = read(text, start)
        close = _CLOSE.match(text, end)
        return arguments, close.end() if close else end
    if text.startswith('"', start):
        try:
            quoted, end = read_value(text, start)
        except Broken as broken:
            if broken.cut:
                raise
        else:
            if _LINE_END.match(text, end):
                return quoted, end
    stop = _VALUE_END.search(text, at)
    end = stop.start() if stop else len(text)
    return text[start:end].strip().strip("`").strip(), end
