"""What ``${x#…}`` and its kin make of a text that is known."""

import re
from fnmatch import fnmatchcase

LONGEST = 256
"""Characters of a text that is computed with; finding a pattern in it takes their square."""
_OPERATION = re.compile(
    r"\$\{[A-Za-z_]\w*(?:\[[^]]*\])?(?P<operator>##?|%%?|//?[#%]?|\^\^?|,,?|:)(?P<operand>.*)\}",
    re.DOTALL,
)
_SLICE = re.compile(r"\s*(-?\d+)\s*(?::\s*(-?\d+)\s*)?")


def computed(value: str, shown: str) -> str | None:
    """*shown* is the whole expansion. None: it is not followed here."""
    found = _OPERATION.fullmatch(shown)
    if found is None or len(value) > LONGEST or set(found["operand"]) & set("$`'\"\\"):
        return None
    operator, operand = found["operator"], found["operand"]
    match operator[0]:
        case "#" | "%":
            return _cut(value, operator, operand)
        case "/":
            return _replaced(value, operator, *operand.partition("/")[::2])
        case ":":
            return _slice(value, operand)
        case _:
            return None if operand else _cased(value, operator)


def _cut(value: str, operator: str, pattern: str) -> str:
    """Without the shortest end that matches, or the longest when the operator is doubled."""
    sizes = range(len(value) + 1)
    for size in reversed(sizes) if len(operator) == 2 else sizes:
        at_start = operator[0] == "#"
        end = value[:size] if at_start else value[len(value) - size :]
        if fnmatchcase(end, pattern):
            return value[size:] if at_start else value[: len(value) - size]
    return value


def _replaced(value: str, operator: str, pattern: str, new: str) -> str:
    """The first match from the left, and of those there the longest; ``//`` all of them."""
    made, at = "", 0
    while at < len(value):
        ends = range(len(value), at, -1)
        end = next((end for end in ends if fnmatchcase(value[at:end], pattern)), None)
        anchored = (operator.endswith("#") and at) or (operator.endswith("%") and end != len(value))
        if end is None or anchored:
            made, at = made + value[at], at + 1
            continue
        made, at = made + new, end
        if operator != "//":
            break
    return made + value[at:]


def _cased(value: str, operator: str) -> str:
    change = str.upper if operator[0] == "^" else str.lower
    return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]


def _slice(value: str, operand: str) -> str | None:
    found = _SLICE.fullmatch(operand)
    if found is None:
        return None
    start = int(found[1])
    start = max(start + len(value), 0) if start < 0 else start
    if found[2] is None:
        return value[start:]
    size = int(found[2])
    return value[start:size] if size < 0 else value[start : start + size]
