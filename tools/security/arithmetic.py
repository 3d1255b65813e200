"""Arithmetic: bash runs commands that stand in the texts it counts with, as in ``a[$(id)]``."""

import re
from collections.abc import Iterator

SUBSTITUTED = "$("
"""Stands for what a substitution gives right there."""
_PLACES = re.compile(
    r"\(\((?P<counted>.*?)\)\)|\[\[(?P<tested>.*?)\]\]|\$\{\w+\[(?P<index>[^]@*]+)\]"
    r"|\blet\s+(?P<let>[^;\n]*)|\b(?:declare|local|typeset)\s+-\w*i\w*\s+(?P<declared>[^;\n]*)",
    re.DOTALL,
)
_COMPARES = re.compile(r"\s-(eq|ne|lt|le|gt|ge)\s")
_NAME = re.compile(r"[A-Za-z_]\w*")


def counted_with(script: str) -> Iterator[str]:
    """The variables whose texts a script counts with."""
    if "((" not in script and "[" not in script and "let" not in script and "-i" not in script:
        return
    for found in _PLACES.finditer(script):
        if found["tested"] is not None and not _COMPARES.search(found["tested"]):
            continue
        text = found[found.lastgroup or 0]
        if "$(" in text or "`" in text:
            yield SUBSTITUTED
        yield from _NAME.findall(text)
