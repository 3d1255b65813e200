"""Calls as elements: ``<function=name><parameter=path>/</parameter></function>`` and their kin."""

import re
from typing import Any

from agent.models.formats.lenient import Broken, read
from agent.models.formats.names import Names, properties
from agent.models.formats.shapes import Wanted

_SPACE = r"(?:[\w-]{1,20}:|｜DSML｜)?"  # noqa: RUF001 - as DeepSeek V3.2 writes its name space
_CALL = r"(?:function|invoke|tool_call|function_call|tool|call)"
_FUNCTION = re.compile(
    rf"<{_SPACE}(?:function\s*[=/(]|{_CALL}\s+name\s*=)\s*[\"']?(?P<name>[\w.:-]{{1,100}})[\"']?"
    r"\)?\s*(?:/?>|(?=[{(]))"
)
_BODY = re.compile(r"\s*(?:<(?:parameters|arguments|args|input)>\s*)?\(?(?=\{)")
_AFTER_BODY = re.compile(
    rf"\s*\)?\s*>?\s*(?:</(?:parameters|arguments|args|input)>\s*)?(?:</?{_SPACE}{_CALL}>)?"
)
_PARAMETER = re.compile(
    rf"\s*<{_SPACE}(?:parameter|param)(?:\s*=|\s+name\s*=)\s*[\"']?(?P<name>[\w.-]{{1,100}})[\"']?"
    r"(?:\s[^<>]{0,80})?>"
)
_VALUE_END = re.compile(
    rf"(?P<own></{_SPACE}(?:parameter|param)>)|<{_SPACE}(?:parameter|param)(?:\s*=|\s+name)"
    rf"|</{_SPACE}{_CALL}>"
)
_END = re.compile(rf"\s*</{_SPACE}{_CALL}>")
_KEY = re.compile(r"\s*<arg_key>(?P<name>[^<]{1,120})</arg_key>\s*<arg_value>")
_KEY_VALUE_END = re.compile(r"(?P<own></arg_value>)|<arg_key>|</tool_call>")
_NAME = re.compile(
    r"\s*<(?P<tag>name|tool_name|function_name|tool|function|action)>"
    r"\s*(?P<name>[\w.:-]{1,100})\s*</(?P=tag)>\s*"
)
_ARGUMENTS = re.compile(
    r"<(?P<tag>arguments|parameters|args|input|params|tool_input|action_input)>\s*"
)
_INK = re.compile(r"\S")
_CHILD = re.compile(r"\s*<(?P<name>[A-Za-z_]\w{0,99})>")


def read_function(text: str, at: int) -> tuple[Wanted, int] | None:
    """``<function=…>`` or ``<invoke name=…>`` at *at*; None when there is none. Raises Broken."""
    start = _FUNCTION.match(text, at)
    if not start:
        return None
    if body := _BODY.match(text, start.end()):
        arguments, end = read(text, body.end())
        after = _AFTER_BODY.match(text, end)
        return Wanted(start["name"], arguments), after.end() if after else end
    given, at = _pairs(text, start.end(), _PARAMETER, _VALUE_END)
    if not given:
        given, at = _children(text, start.end())
    end = _END.match(text, at)
    if not (end or given or start[0].endswith("/>")):
        raise Broken(at, cut=_past_space(text, at) >= len(text))
    return Wanted(start["name"], given), end.end() if end else at


def read_pairs(text: str, at: int) -> tuple[dict[str, str], int]:
    """GLM's ``<arg_key>…</arg_key><arg_value>…</arg_value>``, as many as there are."""
    return _pairs(text, at, _KEY, _KEY_VALUE_END)


def _pairs(
    text: str, at: int, opener: re.Pattern[str], closer: re.Pattern[str]
) -> tuple[dict[str, str], int]:
    given: dict[str, str] = {}
    while start := opener.match(text, at):
        end = closer.search(text, start.end())
        if not end:
            raise Broken(len(text), cut=True)
        given[start["name"].strip()] = _trimmed(text[start.end() : end.start()])
        at = end.end() if end["own"] else end.start()
    return given, at


def read_named(text: str, at: int) -> tuple[Wanted, int] | None:
    """``<name>x</name><arguments>…</arguments>``; None when there is no such. Raises Broken."""
    name = _NAME.match(text, at)
    if not name:
        return None
    start = _ARGUMENTS.match(text, name.end())
    if not start:
        given, end = _children(text, name.end())
        return Wanted(name["name"], given, sure=bool(given)), end
    close = f"</{start['tag']}>"
    arguments, end = _inner(text, start.end(), close)
    end = _past_space(text, end)
    return Wanted(name["name"], arguments), end + len(close) * text.startswith(close, end)


def _inner(text: str, at: int, close: str) -> tuple[dict[str, Any] | str, int]:
    """Arguments as JSON, as children, or as a text for the only one."""
    if text.startswith("{", at):
        return read(text, at)
    if _CHILD.match(text, at):
        return _children(text, at)
    end = text.find(close, at)
    if end < 0:
        raise Broken(len(text), cut=True)
    return text[at:end].strip(), end


def read_tool(text: str, at: int, names: Names) -> tuple[Wanted, int] | None:
    """A known tool as an element, its arguments as children; None when there is none."""
    start = _CHILD.match(text, at)
    tool = names.find(start["name"]) if start else None
    close = f"</{start['name']}>" if start else ""
    if not start or not tool:
        return None
    given, end = _children(text, start.end())
    end = _past_space(text, end)
    if not text.startswith(close, end) or not given.keys() <= properties(tool).keys():
        return None
    return Wanted(tool.name, given), end + len(close)


def _children(text: str, at: int) -> tuple[dict[str, Any], int]:
    given: dict[str, Any] = {}
    while child := _CHILD.match(text, at):
        close = f"</{child['name']}>"
        end = text.find(close, child.end())
        if end < 0:
            raise Broken(len(text), cut=True)
        given[child["name"]] = _trimmed(text[child.end() : end])
        at = end + len(close)
    return given, at


def _past_space(text: str, at: int) -> int:
    ink = _INK.search(text, at)
    return ink.start() if ink else len(text)


def _trimmed(value: str) -> str:
    """Without the line breaks of the layout; on one line also without the blanks of it."""
    bare = value.strip()
    if "\n" not in bare:
        return bare
    return value.removeprefix("\n").removesuffix("\n")
