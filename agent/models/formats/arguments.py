"""What a text means that was given as the arguments of a call."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.models.formats.lenient import Broken, read
from agent.models.formats.names import properties, sole
from bot.tool import Tool

_NOTHING = frozenset(("", "none", "null", "n/a", "{}", "[]", "no input", "empty"))
_PAIR = re.compile(r"[\s\-*]*[\"'`]?(?P<name>[A-Za-z_]\w{0,99})[\"'`]?\s*[:=]\s*(?P<value>.*?)\s*$")


def arguments_in(given: Mapping[str, Any] | str, tool: Tool) -> Mapping[str, Any] | None:
    """As an object: itself, the text of one, ``name: value`` pairs, or a text that can only be
    for the tool's one argument. None when it is none of these."""
    if not isinstance(given, str):
        return given
    bare = given.strip()
    if bare.lower() in _NOTHING:
        return {}
    if bare.startswith(("{", "[")):
        return _object(bare)
    lines = bare.splitlines()
    pairs = (len(lines) == 1 and _pairs(bare.split(","), tool)) or _pairs(lines, tool)
    only = sole(tool)
    return pairs or ({only: given} if only else None)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value, end = read(text, 0)
    except Broken:
        return None
    if not isinstance(value, dict) or text[end:].strip("} \n"):
        return None
    return cast("dict[str, Any]", value)


def _pairs(parts: Sequence[str], tool: Tool) -> dict[str, str]:
    """The pairs that *parts* are, each of an argument that the tool has; empty when one is not."""
    known = properties(tool)
    found: dict[str, str] = {}
    for part in filter(str.strip, parts):
        pair = _PAIR.match(part)
        if not pair or pair["name"] not in known or pair["name"] in found:
            return {}
        found[pair["name"]] = _unquoted(pair["value"])
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`"
    return value[1:-1] if quoted else value
