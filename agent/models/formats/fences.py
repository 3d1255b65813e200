"""Fenced code: which blocks are calls, and which are only shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.models.formats.lenient import Broken
from agent.models.formats.markup import (
    OPENER,
    PYTHONIC_LIST,
    Items,
    read_arguments,
    read_bare,
    read_wrapped,
)
from agent.models.formats.names import Names
from agent.models.formats.pythonic import read_calls, read_list
from agent.models.formats.shapes import Wanted

_START = re.compile(r"(?P<run>`{3,}|~{3,})[ \t]*(?P<info>[\w.+-]*)[ \t]*(?P<line>\n)?\s{0,200}")
_CALLS = frozenset(
    "json json5 jsonc jsonl tool_call tool_calls toolcall tool_use tool tools function_call"
    " function functions function_calls action xml text plaintext".split()
) | {""}
"""What the first line of a block of calls may say."""
_PYTHON = frozenset(("tool_code", "tool_call", "tool_calls"))
_OUTCOMES = frozenset(
    "tool_output tool_outputs tool_response tool_result output outputs observation result".split()
)
_INDENT = 24
_SPACE = re.compile(r"\s*")
_ELEMENT = re.compile(r"<(?:[\w-]{1,20}:)?(?:function|invoke)\b|<[A-Za-z_]")


@dataclass(frozen=True, slots=True)
class Fence:
    end: int
    wanted: Sequence[Wanted] = ()
    outcome: bool = False
    """It says what a tool answered."""


def leads_line(text: str, at: int) -> bool:
    """Whether nothing but blanks stands before *at* on its line."""
    before = text[max(0, at - _INDENT) : at].rpartition("\n")
    return not before[2].strip() and (bool(before[1]) or at <= _INDENT)


def read_fence(text: str, at: int, names: Names) -> Fence | None:
    """The fenced block that begins at *at*; None when none does."""
    start = _START.match(text, at)
    if not start:
        return None
    leads = leads_line(text, at)
    info = start["info"].lower()
    if not (leads or start["line"] or info in _CALLS) or (start["run"][0] == "~" and not leads):
        return None
    if info in _OUTCOMES:
        return Fence(_end(text, start), outcome=True)
    try:
        items = _calls(text, start, names)
    except Broken as broken:
        return Fence(max(_end(text, start), broken.at))
    if items and items.wanted and (end := _closed(text, items.end, start["run"])) is not None:
        return Fence(end, items.wanted)
    return Fence(_end(text, start))


def _calls(text: str, start: re.Match[str], names: Names) -> Items | None:
    info, at = start["info"].lower(), start.end()
    if tool := names.find(info) if info else None:
        arguments, end = read_arguments(text, at, tool)
        return None if arguments is None else Items([Wanted(tool.name, arguments)], end)
    if info in _PYTHON and not text.startswith(("{", "["), at):
        return Items(*read_calls(text, at, names, start["run"]))
    if info not in _CALLS:
        return None
    if PYTHONIC_LIST.match(text, at):
        return Items(*read_list(text, at, names))
    if text.startswith(("{", "["), at):
        return read_bare(text, at, names)
    if OPENER.match(text, at) or _ELEMENT.match(text, at):
        return read_wrapped(text, at, names)
    return None


def _closed(text: str, at: int, run: str) -> int | None:
    """Past the closing fence after a call; None when more follows the call within the block."""
    rest = _SPACE.match(text, at)
    at = rest.end() if rest else at
    if at >= len(text):
        return at
    if text.startswith(run, at):
        return at + len(run)
    return at if text[:at].rstrip().endswith(run) else None


def _end(text: str, start: re.Match[str]) -> int:
    close = text.find("\n" + start["run"], start.start())
    if close < 0:
        close = text.find(start["run"], start.end())
        return len(text) if close < 0 else close + len(start["run"])
    return close + 1 + len(start["run"])
