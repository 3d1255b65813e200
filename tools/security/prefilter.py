"""What is wrong with a command line before it is parsed: a person could not judge it either."""

import re
import unicodedata
from collections.abc import Iterator

from tools.security.finding import Finding, danger

LONGEST = 8 * 1024
DEEPEST = 20
MOST_QUOTES = 1_500
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_JOINED = re.compile(r"\\\n")


def flaws(text: str) -> Iterator[Finding]:
    if len(text) > LONGEST:
        yield danger(f"it is longer than {LONGEST} characters")
        return
    seen = text.replace("\n", "").replace("\t", "")
    if not seen.isprintable() and (hidden := sorted(filter(_invisible, set(seen)))):
        shown = ", ".join(f"U+{ord(c):04X}" for c in hidden[:4])
        yield danger(f"it holds characters that cannot be seen: {shown}")
    if not text.isascii() and not _QUOTED.sub("", text).isascii():
        yield danger("it holds letters outside quotes that only look like plain ones")
    if _depth(text) > DEEPEST:
        yield danger("it is nested too deep to be judged")
    if _quotes(text) > MOST_QUOTES:
        yield danger(f"it holds more than {MOST_QUOTES} quotes")


def too_much(text: str) -> bool:
    """Whether it is not worth parsing."""
    return len(text) > LONGEST or _depth(text) > DEEPEST or _quotes(text) > MOST_QUOTES


def _quotes(text: str) -> int:
    return sum(map(text.count, "'\"\\`"))


def _invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or (category[0] == "Z" and character != " ")


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in "({":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")}" and depth:
            depth -= 1
    return deepest


def joined(text: str) -> str:
    """Lines that a backslash joins, as bash reads them; CR as the line end that it looks like."""
    return lines(_JOINED.sub("", text))


def lines(text: str) -> str:
    """The grammar takes a line that begins with a backslash for more words of the last one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\n([ \t]*)(?=\\\w)", r"\n\1true; ", text)


def salvage(text: str) -> Iterator[str]:
    """Pieces of a script that cannot be parsed, each for itself."""
    for piece in re.split(r"[;\n|&(){}`]+|\b(?:then|do|else)\b|(?:^|\s)!\s", text):
        if piece.strip():
            yield piece.strip()


_INDEX = re.compile(r"\[\s*(?:\\?\$\(([^()]*)\)|\\?`([^`]*)`)")


def indices(text: str) -> Iterator[str]:
    """Commands in the index of an array in quotes: bash runs them where it counts."""
    for quoted in _QUOTED.finditer(text):
        for found in _INDEX.finditer(quoted[0]):
            yield found[1] or found[2] or ""
