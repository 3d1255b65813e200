"""``$x`` and ``${x…}``, by their text."""

import re
from dataclasses import dataclass

_BRACED = re.compile(
    r"\$\{(?P<before>[#!]?)(?P<name>[A-Za-z_]\w*|\d+|[@*?$!#-])(?P<index>\[[^]]*\])?"
    r"(?P<operator>:?[-=?+]|##?|%%?|//?|\^\^?|,,?|@|:)?.*\}",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    shown: str
    name: str = ""
    """Empty when the text is not understood."""
    operator: str = ""
    length: bool = False
    indirect: bool = False
    index: str = ""
    """Of one element of an array."""
    whole: bool = False
    """All elements of an array."""


def parameter(text: str) -> Parameter:
    if not text.startswith("${"):
        # $10 is $1 and a zero: rarely meant, and not followed here.
        return Parameter(text, "" if re.fullmatch(r"\$\d\d+", text) else text[1:])
    found = _BRACED.fullmatch(text)
    if found is None:
        return Parameter(text)
    index = found["index"] or ""
    whole = index in ("[@]", "[*]")
    return Parameter(
        text,
        found["name"],
        found["operator"] or "",
        length=found["before"] == "#",
        indirect=found["before"] == "!",
        index="" if whole else index[1:-1],
        whole=whole and not found["before"],
    )
