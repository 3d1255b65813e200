"""What a place of a reply is, by the character that begins it: each looks for one kind of thing."""

import re
from bisect import bisect_right

from agent.models.formats import zones
from agent.models.formats.elements import read_function, read_named, read_tool
from agent.models.formats.fences import read_fence
from agent.models.formats.intent import acts
from agent.models.formats.lenient import Broken, read
from agent.models.formats.markup import (
    CLOSER,
    OPENER,
    PYTHONIC_LIST,
    Items,
    read_arguments,
    read_bare,
    read_wrapped,
)
from agent.models.formats.pythonic import read_list
from agent.models.formats.react import read_label
from agent.models.formats.seen import Seen, Step
from agent.models.formats.shapes import Wanted, known

_QUOTES = tuple("\"'`(=\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}«")
_JSON = re.compile(r"\{\s{0,99}[^\W\d]|\{\s{0,99}[^\s\w{\[:]|\[\s{0,99}\{")
_SINGLE = re.compile(r"(?<!`)`(?!`)")
_RECIPIENT = re.compile(r"(?:<\|start\|>assistant)?\s?to=(?P<name>[\w.]{1,100})\s?$")
_NAME_BEFORE = re.compile(r"(?:^|\n)[*`# ]{0,6}(?P<name>[A-Za-z_][\w.]{0,99})[*`]{0,3}:?\s{0,20}$")
_LINE_OVER = re.compile(r"[ \t.;,)]*(?:[\"']?\Z|\n|<|\[/|```)")
_TEXT_OVER = re.compile(rf"\s*(?:\Z|{zones.TURN_END.pattern})")


def thought(seen: Seen, at: int) -> Step | None:
    if start := zones.THINKING.match(seen.text, at):
        inner, end = zones.thinking_end(seen.text, start)
        return Step(at, end, thought=seen.text[start.end() : inner])
    if end := zones.ORPHAN.match(seen.text, at):
        return Step(at, end.end(), thought_before=True)
    return None


def outcome(seen: Seen, at: int) -> Step | None:
    """What a tool is said to have answered; after a call that is invented, and all that follows."""
    if start := zones.OUTPUT.match(seen.text, at):
        return Step(at, zones.output_end(seen.text, start), over=seen.anything)
    return None


def said_of_others(seen: Seen, at: int) -> Step | None:
    """A comment, an example, code, somebody's text: what is set off as not to be acted upon."""
    start = zones.OTHERS.match(seen.text, at)
    if not start:
        return None
    close = zones.others_end(seen.text, start)
    return Step(at, close, kept=True) if close >= 0 else None


def channel(seen: Seen, at: int) -> Step | None:
    """A message of the harmony format."""
    text = seen.text
    start = zones.CHANNEL.match(text, at)
    if not start:
        return None
    before = _RECIPIENT.search(text[max(seen.since, at - 120) : at])
    name = start["to"] or start["first"] or (before["name"] if before else "")
    stop = zones.CHANNEL_END.search(text, start.end())
    end = stop.start() if stop else len(text)
    if start["name"] == "analysis":
        return Step(at, end, thought=text[start.end() : end])
    if not name:
        return Step(at, start.end())
    at -= len(before[0]) if before else 0
    try:
        arguments, _ = read(text, start.end())
    except Broken:
        return Step(at, end, broken=text[start.start() : end])
    return Step(at, end, wanted=[Wanted(name, arguments)])


def turn(seen: Seen, at: int) -> Step | None:
    """Marks of where somebody's turn begins or ends."""
    if start := zones.START.match(seen.text, at):
        return Step(at, start.end())
    end = zones.TURN_END.match(seen.text, at)
    if not end:
        return None
    after = end.end()
    goes_on = zones.START.match(seen.text, after) or zones.CHANNEL.match(seen.text, after)
    return Step(at, after, over=not goes_on and (seen.anything or not seen.silent(at)))


def wrapped(seen: Seen, at: int) -> Step | None:
    """Calls within markup made for them."""
    start = OPENER.match(seen.text, at)
    if not start:
        closer = CLOSER.match(seen.text, at)
        return Step(at, closer.end(), kept=not _is_mark(closer[0])) if closer else None
    items = read_wrapped(seen.text, start.end(), seen.names)
    if not items.wanted and not items.broken:
        return Step(at, items.end, kept=not _is_mark(start[0]))
    template = not items.wanted and items.end < len(seen.text) and not _names_a_tool(seen, at)
    if template or not acts(seen.text, at):
        return Step(at, items.end, kept=True)
    return Step(at, items.end, wanted=items.wanted, broken=items.broken)


def _is_mark(tag: str) -> bool:
    """Whether nobody but a model writes this."""
    return "call" in tag.lower() or "|" in tag or "\N{FULLWIDTH VERTICAL LINE}" in tag


def element(seen: Seen, at: int) -> Step | None:
    """``<function=…>``, ``<invoke …>``, ``<tool>name</tool>…``, or a tool's name as an element."""
    try:
        found = read_function(seen.text, at) or _known_element(seen, at)
    except Broken as broken:
        end = max(broken.at, at + 1)
        return Step(at, end, broken=seen.text[at:end] if acts(seen.text, at) else "")
    if not found:
        return None
    if not acts(seen.text, at):
        return Step(at, found[1], kept=True)
    return Step(at, found[1], wanted=[found[0]])


def _known_element(seen: Seen, at: int) -> tuple[Wanted, int] | None:
    found = read_tool(seen.text, at, seen.names) or read_named(seen.text, at)
    if found and found[0].sure and seen.names.find(found[0].name):
        return found
    return None


def python_list(seen: Seen, at: int) -> Step | None:
    if not PYTHONIC_LIST.match(seen.text, at):
        return None
    try:
        found, end = read_list(seen.text, at, seen.names)
    except Broken:
        return None
    return _judged(seen, Items(found, end), at)


def bare(seen: Seen, at: int) -> Step | None:
    """JSON with nothing around it that would say what it is, or Phi's ``functools`` before it."""
    if seen.text.startswith("functools", at - 9) and at >= 9:
        items = read_wrapped(seen.text, at, seen.names)
        return Step(at - 9, items.end, wanted=items.wanted, broken=items.broken)
    if not _JSON.match(seen.text, at) or _is_quoted(seen, at):
        return None
    try:
        items = read_bare(seen.text, at, seen.names)
    except Broken as broken:
        meant = broken.cut and seen.silent(at) and _names_a_tool(seen, at)
        end = max(broken.at, at + 1)
        return Step(at, end, kept=True, broken=seen.text[at:end] if meant else "")
    if items.wanted:
        return _judged(seen, items, at)
    return _named_before(seen, at) or Step(at, items.end, kept=True)


def _is_quoted(seen: Seen, at: int) -> bool:
    """Whether a quotation mark or the like stands before it; around a whole reply that is none."""
    if at == 0 or not seen.text.startswith(_QUOTES, at - 1):
        return False
    quote = seen.text[at - 1]
    return quote not in "\"'" or not seen.silent(at - 1) or not seen.text.rstrip().endswith(quote)


def _judged(seen: Seen, items: Items, at: int) -> Step:
    """Whether calls without markup of their own are meant."""
    alone = seen.silent(at) and _TEXT_OVER.match(seen.text, items.end) is not None
    certain = all(each.sure for each in items.wanted)
    if not known(items.wanted, seen.names):
        return Step(at, items.end, kept=True, wanted=items.wanted if alone and certain else ())
    if _LINE_OVER.match(seen.text, items.end) and (alone or certain) and acts(seen.text, at):
        return Step(at, items.end, wanted=items.wanted)
    return Step(at, items.end, kept=True)


def _named_before(seen: Seen, at: int) -> Step | None:
    """A tool's name on the line before, its arguments here."""
    window = max(seen.since, at - 130)
    name = _NAME_BEFORE.search(seen.text[window:at])
    tool = seen.names.find(name["name"]) if name else None
    if not name or not tool:
        return None
    arguments, end = read_arguments(seen.text, at, tool)
    start = window + name.start()
    if arguments is None or not _LINE_OVER.match(seen.text, end) or not acts(seen.text, start):
        return None
    return Step(start, end, wanted=[Wanted(tool.name, arguments)])


def _names_a_tool(seen: Seen, at: int) -> bool:
    return any(seen.names.find(word) for word in seen.names.words(seen.text[at : at + 300]))


def quote(seen: Seen, at: int) -> Step | None:
    """The lines of a markdown quote, unless it is Functionary's mark of a call."""
    if seen.text.startswith(">>>", at) and OPENER.match(seen.text, at):
        return wrapped(seen, at)
    if not seen.leads(at):
        return None
    return Step(at, zones.quote_end(seen.text, at), kept=True)


def code(seen: Seen, at: int) -> Step | None:
    """A fenced block, or code within a line."""
    fence = None
    if seen.text.startswith(("```", "~~~"), at):
        fence = read_fence(seen.text, at, seen.names)
    if fence is None:
        return _inline_code(seen, at) if seen.text[at] == "`" else None
    if fence.outcome and seen.anything:
        return Step(at, at, over=True)
    if not fence.wanted:
        return Step(at, fence.end, kept=True)
    return _judged(seen, Items(fence.wanted, fence.end), at)


def _inline_code(seen: Seen, at: int) -> Step | None:
    text, end = seen.text, at + 1
    if not text.startswith("``", at):
        single = _SINGLE.search(text, end)
        close = single.start() if single else -1
    else:
        while text.startswith("`", end):
            end += 1
        places = seen.ticks.get(end - at, [])
        index = bisect_right(places, at)
        close = places[index] if index < len(places) else -1
    if close >= 0 and text.find("\n\n", end, close) < 0:
        end = close + end - at
    return Step(at, end, kept=True)


def line(seen: Seen, at: int) -> Step | None:
    """A label at the beginning of the line after *at*."""
    return label(seen, at + 1)


def label(seen: Seen, at: int) -> Step | None:
    """``Action: …`` and what follows it."""
    try:
        labelled = read_label(seen.text, at, seen.names)
    except Broken as broken:
        end = max(broken.at, at + 1)
        return Step(at, end, broken=seen.text[at:end])
    if labelled is None:
        return None
    if labelled.turns:
        return Step(at, at, over=True)
    if labelled.outcome:
        return Step(at, at, over=True) if seen.anything else None
    items = labelled.items
    return Step(at, items.end, wanted=items.wanted, broken=items.broken)
