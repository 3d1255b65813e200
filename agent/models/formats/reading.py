"""Going through a reply once, from its beginning to its end: what is said, thought and called."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from agent.models.formats import places, zones
from agent.models.formats.markup import CLOSER, OPENER
from agent.models.formats.names import Names
from agent.models.formats.pythonic import whole
from agent.models.formats.react import LABELLED
from agent.models.formats.seen import Seen, Step

Look = Callable[[Seen, int], Step | None]
PLACES: Mapping[str, tuple[Look, ...]] = {
    "<": (
        places.thought,
        places.outcome,
        places.said_of_others,
        places.channel,
        places.turn,
        places.element,
        places.wrapped,
    ),
    "[": (places.thought, places.outcome, places.turn, places.wrapped),
    "◁": (places.thought,),
    "{": (places.bare,),
    "`": (places.code,),
    "~": (places.code,),
    ">": (places.quote,),
    "\n": (places.line,),
}
"""What may begin with a character, in the order it is looked for."""
_OTHERWISE: Mapping[str, tuple[Look, ...]] = {
    "<": (places.element,),
    "[": (places.python_list, places.bare),
}
"""The same when it is none of the marks below."""
_MARKS = (
    *(zones.THINKING, zones.ORPHAN, zones.OUTPUT, zones.OTHERS, zones.START, zones.TURN_END),
    *(OPENER, CLOSER),
)
MARK = re.compile(
    "|".join(re.sub(r"\?P<\w+>", "?:", mark.pattern) for mark in _MARKS)
    + r"|<\|channel\|>|<[\w:-]{0,20}(?:function|invoke|tool|call)\b",
    re.IGNORECASE,
)
MOST = 128
"""Calls of one reply that are read; a model that writes more is going round in circles."""
_WORDS = (
    *("|", "\N{FULLWIDTH VERTICAL LINE}", "call", "tool", "think", "thought", "function", "invoke"),
    *("action", "reason", "</s", "<s>", "turn", "<bos", "<eos", "[/", "[inst", "observation"),
    *(
        "reflection",
        "<<<data",
        "scratchpad",
        "monologue",
        "analysis",
        "<!--",
        "<example",
        "quote>",
        "<pre",
    ),
    *("<code", "<log", "<data", "<doc", "<output", "<std", "<file", "<email"),
)
"""One of them, in lower case, is in every text with a mark in angle or square brackets."""
_BRACKETS = ("[tool", "[func", "[think", "[/", "[inst")
_FEW = 16
"""So many angle brackets are looked at one by one; of more, only if there is one of the words."""
_QUOTED = (">>>", "\n>", "\n >", "\n  >", "\n   >")


def read_reply(text: str, names: Names) -> Seen:
    """What *text* says, thinks and calls. Time is linear in its length."""
    seen = Seen(text, names)
    within = text.lower().__contains__
    labels = LABELLED.search(f"\n{text}") is not None
    few = text.count("<") <= _FEW
    marks = (few or any(map(within, _WORDS))) if "<" in text else any(map(within, _BRACKETS))
    elements = "<" in text and (marks or any(within(f"<{name}") for name in names))
    quotes = ">" in text and (text.startswith(">") or any(map(within, _QUOTED)))
    plain = _plain("<" * elements + ">" * quotes + "\n" * labels, marks=marks)
    at = 0
    if labels and (step := places.label(seen, 0)):
        at = seen.take(step)
    while seen.calls < MOST and (at := _passed(plain, text, at)) < len(text):
        step = _step(seen, text[at], at, marks=marks)
        at = max(seen.take(step), at) if step else at + 1
    seen.finish()
    _take_python(seen)
    return seen


def _passed(plain: re.Pattern[str], text: str, at: int) -> int:
    found = plain.match(text, at)
    return found.end() if found else at


@cache
def _plain(more: str, *, marks: bool) -> re.Pattern[str]:
    """Text that begins nothing; *more*: what does so in this text only.

    Most of what models write is prose: code within a line, links and tildes are passed over here,
    although they would be looked at in vain as well."""
    link = rf"|{_LINK}" if not marks else ""
    return re.compile(rf"(?:[^{more}{{\[`~◁]++|(?<!`)`[^`\n]++`(?!`)|~(?!~~){link})*+")


_LINK = r"(?<!functools)\[(?!\s{0,99}\{|\s*[A-Za-z_.]{1,100}\()"


def _step(seen: Seen, special: str, at: int, *, marks: bool) -> Step | None:
    looks = PLACES[special]
    if special in _OTHERWISE and not (marks and MARK.match(seen.text, at)):
        looks = _OTHERWISE[special]
    for look in looks:
        if step := look(seen, at):
            return step
    return None


def _take_python(seen: Seen) -> None:
    """A reply of nothing but ``disk_usage(path="/")``."""
    said = "".join(seen.said).strip()
    if not seen.anything and said.endswith(")") and (found := whole(said, seen.names)):
        seen.wanted += found
        seen.said.clear()
