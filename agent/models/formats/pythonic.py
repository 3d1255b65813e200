"""Calls written as Python: ``disk_usage(path="/")``. Only values are read; nothing is evaluated."""

import re
from typing import Any, cast

from agent.models.formats.lenient import Broken, read_value
from agent.models.formats.names import Names, properties
from agent.models.formats.shapes import Wanted
from bot.tool import Tool

_CALL = re.compile(r"(?:(?:functions?|tools?|default_api)\.)?([A-Za-z_]\w{0,99})(?:\.call)?\(\s*")
_KEYWORD = re.compile(r"([A-Za-z_]\w{0,99})\s*=(?!=)\s*")
_BETWEEN = re.compile(r"(?:[\s,;]+|#[^\n]*)*")
_ASSIGNED = re.compile(r"[A-Za-z_]\w{0,99}\s*=\s*(?=[A-Za-z_])")
_PRINT = re.compile(r"print\(\s*(?=[A-Za-z_])")
_END = re.compile(r"[ \t]*\)")


def read_call(text: str, at: int, names: Names) -> tuple[Wanted, int]:
    """The call that begins at *at*, of a known tool, and where it ends. Raises Broken."""
    start = _CALL.match(text, at)
    tool = names.find(start[1]) if start else None
    if not start or not tool:
        raise Broken(at)
    arguments: dict[str, Any] = {}
    unnamed = iter(properties(tool))
    at = start.end()
    while not text.startswith(")", at):
        keyword = _KEYWORD.match(text, at)
        name = keyword[1] if keyword else next(unnamed, "")
        if not name or name in arguments:
            raise Broken(at)
        arguments[name], at = read_value(text, keyword.end() if keyword else at)
        at = _after_value(text, at)
        if not keyword and (whole := _all_arguments(arguments, tool)):
            arguments = whole
    return Wanted(start[1], arguments), at + 1


def _all_arguments(given: dict[str, Any], tool: Tool) -> dict[str, Any] | None:
    """The object of arguments that stands in the place of the first: ``disk_usage({…})``."""
    only = next(iter(given.values())) if len(given) == 1 else None
    if not isinstance(only, dict):
        return None
    inner = cast("dict[str, Any]", only)
    return inner if inner.keys() <= properties(tool).keys() else None


def _after_value(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    end = between.end() if between else at
    if end >= len(text):
        raise Broken(end, cut=True)
    if text[end] != ")" and "," not in text[at:end]:
        raise Broken(end)
    return end


def read_list(text: str, at: int, names: Names) -> tuple[list[Wanted], int]:
    """``[a(x=1), b()]``: nothing but calls of known tools. Raises Broken."""
    found, at = read_calls(text, _past(text, at + 1), names, "]")
    if not found:
        raise Broken(at)
    return found, min(at + 1, len(text))


def read_calls(text: str, at: int, names: Names, close: str) -> tuple[list[Wanted], int]:
    """Calls one after the other, printed or assigned or not, up to *close*. Raises Broken."""
    found: list[Wanted] = []
    while at < len(text) and not text.startswith(close, at):
        wanted, at = read_statement(text, at, names)
        found.append(wanted)
        at = _past(text, at)
    return found, at


def read_statement(text: str, at: int, names: Names) -> tuple[Wanted, int]:
    """A call, printed or assigned or not. Raises Broken."""
    assigned = _ASSIGNED.match(text, at)
    at = assigned.end() if assigned else at
    printed = _PRINT.match(text, at)
    if not printed:
        return read_call(text, at, names)
    wanted, at = read_call(text, printed.end(), names)
    end = _END.match(text, at)
    if not end:
        raise Broken(at)
    return wanted, end.end()


def whole(text: str, names: Names) -> list[Wanted]:
    """The calls that *text* consists of; none when there is anything else in it."""
    if not _CALL.match(text):
        return []
    try:
        found, end = read_calls(text, 0, names, "\0")
    except Broken:
        return []
    return found if end >= len(text) and "print(" not in text[:6] else []


def _past(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at
