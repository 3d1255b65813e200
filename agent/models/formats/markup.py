"""What opens and closes calls that are set off from the text, and everything within them.

From the chat templates of the models and the parsers of vLLM, SGLang, llama.cpp and Ollama."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent.models.formats.elements import read_function, read_named, read_pairs
from agent.models.formats.escaped import read_escaped
from agent.models.formats.lenient import Broken, read
from agent.models.formats.names import Names, properties
from agent.models.formats.pythonic import read_list, read_statement
from agent.models.formats.shapes import Wanted, calls_in
from bot.tool import Tool

# ruff: noqa: RUF001 - the bars and blanks are those of DeepSeek's tokens
_SET_OFF = (
    r"(?:[a-z][\w-]{0,19}[:_]|｜DSML｜)?(?:tool_?calls?|function_?calls?|tools|tool_?use|use_tool"
    r"|execute_tool|tool_code)"
)
_TAG = rf"(?:{_SET_OFF}|tool|call|action|function)"
_SPECIAL = (
    r"[|｜](?:tool[_▁]calls?(?:[_▁]section)?(?:[_▁](?:start|begin))?|python_tag|tools_prefix"
    r"|START_ACTION|action_start|plugin)[|｜]?"
)
_BRACKETS = r"(?:tool|function)_?calls?"
OPENER = re.compile(
    rf"<(?:{_SET_OFF}(?:\s(?!name\s?=)[^<>]{{0,80}})?|{_TAG}|{_SPECIAL})>"
    rf"|\[{_BRACKETS}\]|>>>(?=[a-z_.]{{1,100}}\s{{0,20}}\{{)",
    re.IGNORECASE,
)
_CLOSER = (
    rf"</{_TAG}>|<(?:/?[|｜]/?|)(?:tool[_▁]calls?(?:[_▁]section)?(?:[_▁]end)?|tools_suffix"
    rf"|END_ACTION|action_end|end_function_call)[|｜]?>|\[/{_BRACKETS}\]"
)
CLOSER = re.compile(_CLOSER, re.IGNORECASE)
_BETWEEN = re.compile(
    rf"(?:[\s,;]+|{OPENER.pattern}|{_CLOSER}|```(?:\w+(?=\s))?"
    r"|function<[|｜]tool[_▁]sep[|｜]>(?=<))*",
    re.IGNORECASE,
)
_STOP = re.compile(rf"{_CLOSER}|{OPENER.pattern}", re.IGNORECASE)
_STRAY = re.compile(r"[\s}\]]*")
_STRAY_BRACES = re.compile(r"[}\]]*")
_SEQUENCE = re.compile(r"[\s,;]*")
PYTHONIC_LIST = re.compile(r"\[\s*[A-Za-z_.]{1,100}\(")
_PYTHONIC = re.compile(r"[A-Za-z_][\w.]{0,99}\(|[A-Za-z_]\w{0,99}\s?=\s?[A-Za-z_][\w.]{0,99}\(")
_SEPARATOR = (
    r"(?:<[|｜]tool[_▁]sep[|｜]>|<[|｜]tool_call_argument_begin[|｜]>|<tool_sep>"
    r"|(?:\[CALL_ID\]\w{0,64})?\[ARGS\]|:)"
)
_NAMED = re.compile(
    rf"(?:function\s*{_SEPARATOR}\s*)?(?P<name>[A-Za-z_][\w.-]{{0,99}}(?::\d{{1,4}})?)"
    rf"\s{{0,20}}{_SEPARATOR}?\s{{0,20}}(?:(?:```\w*|json)\s{{0,20}})?(?=\{{)"
)
_NAME = re.compile(r"(?P<name>[A-Za-z_][\w.-]{0,99})\s*(?:<tool_sep>)?(?=\s*<)")


@dataclass(frozen=True, slots=True)
class Items:
    """Calls that were read one after the other."""

    wanted: Sequence[Wanted]
    end: int
    broken: str = ""
    """What was meant as one more and could not be read."""


def read_wrapped(text: str, at: int, names: Names) -> Items:
    """Everything that follows an opener: calls in any notation, closers, further openers."""
    found: list[Wanted] = []
    while True:
        start = _past(_BETWEEN, text, at)
        try:
            item = _item(text, start, names)
        except Broken as broken:
            end = _end_of_broken(text, start, broken)
            return Items(found, end, text[start:end])
        if item is None:
            return Items(found, start)
        wanted, at = item
        found += wanted
        at = _past(_STRAY, text, at)


def _end_of_broken(text: str, at: int, broken: Broken) -> int:
    """Past a call that cannot be read: its closer, or where the next one may begin."""
    stop = _STOP.search(text, at)
    if not stop:
        return len(text)
    own = CLOSER.match(text, stop.start())
    return max(broken.at, stop.end() if own else stop.start())


def read_bare(text: str, at: int, names: Names) -> Items:
    """JSON calls from *at* on, with nothing but white space, commas and semicolons between.

    Raises Broken when the first is none."""
    found: list[Wanted] = []
    end = at
    while True:
        try:
            value, after = _read_one(text, at, names)
        except Broken:
            if found:
                return Items(found, end)
            raise
        if value is None:
            return Items(found, end if found else after)
        found += value
        end = _past(_STRAY_BRACES, text, after)
        at = _past(_SEQUENCE, text, end)
        if not text.startswith(("{", "["), at):
            return Items(found, end)


def _read_one(text: str, at: int, names: Names) -> tuple[list[Wanted] | None, int]:
    value, end = read(text, at)
    return calls_in(value, names), end


def _item(text: str, at: int, names: Names) -> tuple[list[Wanted], int] | None:
    """One call, or one list of calls; None when there is none. Raises Broken."""
    if text.startswith("{", at):
        return _json(text, at, names)
    if text.startswith("[", at):
        return _list(text, at, names)
    for reader in _READERS:
        if found := reader(text, at, names):
            return [found[0]], found[1]
    return None


def _json(text: str, at: int, names: Names) -> tuple[list[Wanted], int] | None:
    value, end = read(text, at)
    calls = calls_in(value, names)
    return (calls, end) if calls else None


def _list(text: str, at: int, names: Names) -> tuple[list[Wanted], int] | None:
    if PYTHONIC_LIST.match(text, at):
        return read_list(text, at, names)
    return _json(text, at, names)


def read_arguments(text: str, at: int, tool: Tool) -> tuple[dict[str, Any] | None, int]:
    """An object of nothing but arguments of *tool*; None when it is any other. Raises Broken."""
    value, end = read(text, at)
    if not isinstance(value, dict):
        return None, end
    given = cast("dict[str, Any]", value)
    return (given if given.keys() <= properties(tool).keys() else None), end


def _named(text: str, at: int) -> tuple[Wanted, int] | None:
    start = _NAMED.match(text, at)
    if not start:
        return None
    arguments, end = read(text, start.end())
    return Wanted(start["name"], arguments), end


def _keyed(text: str, at: int, names: Names) -> tuple[Wanted, int] | None:
    """A name and GLM's pairs; or the name of a known tool that is given nothing."""
    start = _NAME.match(text, at)
    if not start:
        return None
    given, end = read_pairs(text, start.end())
    if given or (CLOSER.match(text, end) and names.find(start["name"])):
        return Wanted(start["name"], given), end
    return None


def _called(text: str, at: int, names: Names) -> tuple[Wanted, int] | None:
    if _PYTHONIC.match(text, at):
        return read_statement(text, at, names)
    return None


Reader = Callable[[str, int, Names], "tuple[Wanted, int] | None"]
_READERS: tuple[Reader, ...] = (
    lambda text, at, _: read_function(text, at),
    lambda text, at, _: read_named(text, at),
    lambda text, at, _: read_escaped(text, at),
    lambda text, at, _: _named(text, at),
    _keyed,
    _called,
)
"""The notations besides JSON, each told by how it begins."""


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
