"""JSON as models write it: read strictly first, then with what can be repaired in one way only.

Repaired: trailing commas, single and smart quotes, names without quotes, comments, raw newlines and
stray backslashes in strings, Python's constants, braces missing at the very end. Never repaired: a
text that was cut off inside a string, a number or before a value, because what is missing could
mean anything.
"""

import json
import re
from math import isfinite
from typing import Any

MAX_DEPTH = 32
"""How deep values may be nested."""

_STRICT = re.compile(r"\{\s*[\"}]|\[\s*[\[{\]\"]")
_WINDOW = 32_768
"""Characters read strictly: its errors count the lines of all it was given."""
_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_CLOSERS = {
    '"': '"',
    "'": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
    "\N{RIGHT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
}
_CHUNKS = {close: re.compile(rf"[^\\{close}]*") for close in set(_CLOSERS.values())}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"} | {c: c for c in "\\/\"'"}
_CONSTANTS = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
}
_ENDS = ("<", "```", "[/")
"""What may follow JSON whose last braces are missing: a closing tag or fence."""


class Broken(ValueError):
    """No value could be read. *at*: how far reading came; *cut*: the text ended too early."""

    def __init__(self, at: int, *, cut: bool = False) -> None:
        super().__init__("cut off" if cut else "not JSON")
        self.at = at
        self.cut = cut


def _finite(number: str) -> float:
    value = float(number)
    if not isfinite(value):
        raise ValueError(number)
    return value


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def read(text: str, at: int) -> tuple[Any, int]:
    """The object or array that begins at *at*, and where it ends. Raises Broken."""
    if _STRICT.match(text, at):
        window = text[at : at + _WINDOW]
        try:
            value, end = _DECODER.raw_decode(window)
        except (ValueError, RecursionError):
            return _Reader(text).value(at)
        if window.count("{") + window.count("[") > MAX_DEPTH and _too_deep(value):
            raise Broken(at + end)
        return value, at + end
    if text.startswith('{\\"', at):
        return _read_escaped(text, at)
    return _Reader(text).value(at)


def _read_escaped(text: str, at: int) -> tuple[Any, int]:
    """An object whose every quote has a backslash: the text of JSON within a text."""
    window = text[at : at + _WINDOW].replace('\\"', '"')
    try:
        value, end = _DECODER.raw_decode(window)
    except (ValueError, RecursionError):
        raise Broken(at + 1) from None
    return value, at + end + window.count('"', 0, end)


def read_value(text: str, at: int) -> tuple[Any, int]:
    """Any value, by the lenient reader alone. Raises Broken."""
    return _Reader(text).value(at)


def _too_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(outer: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and lists directly in one."""
    items = outer.values() if isinstance(outer, dict) else outer
    return [item for item in items if isinstance(item, dict | list)]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, at: int, depth: int = 0) -> tuple[Any, int]:
        first = self._char(at)
        if depth > MAX_DEPTH:
            raise Broken(at)
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        if first in _CLOSERS:
            return self._string(at)
        return self._plain(at)

    def _plain(self, at: int) -> tuple[Any, int]:
        if number := _NUMBER.match(self.text, at):
            if number.end() == len(self.text):
                raise Broken(number.end(), cut=True)  # there could have been more digits
            return self._number(number), number.end()
        word = _NAME.match(self.text, at)
        if word and word[0] in _CONSTANTS:
            return _CONSTANTS[word[0]], word.end()
        end = word.end() if word else at
        raise Broken(end, cut=end >= len(self.text))

    def _number(self, found: re.Match[str]) -> int | float:
        try:
            return int(found[0]) if found[0].lstrip("-").isdecimal() else _finite(found[0])
        except ValueError:
            raise Broken(found.end()) from None

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        at = self._skip(at + 1)
        while self._char(at) != "}":
            name, at = self._name(at)
            at = self._skip(at)
            if self._char(at) != ":":
                raise Broken(at)
            members[name], at = self.value(self._skip(at + 1), depth + 1)
            at, over = self._next(at, "}")
            if over:
                return members, at
        return members, at + 1

    def _array(self, at: int, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self._skip(at + 1)
        while self._char(at) != "]":
            item, at = self.value(at, depth + 1)
            items.append(item)
            at, over = self._next(at, "]")
            if over:
                return items, at
        return items, at + 1

    def _next(self, at: int, closer: str) -> tuple[int, bool]:
        """After a value: where the next one or the closer is; whether the closers are missing."""
        at = self._skip(at)
        if at >= len(self.text) or self.text.startswith(_ENDS, at):
            return at, True
        if self.text[at] == ",":
            return self._skip(at + 1), False
        if self.text[at] == closer:
            return at, False
        if closer == "}" and self.text[at] == "{":
            return at, True  # the next object of a sequence
        raise Broken(at)

    def _name(self, at: int) -> tuple[str, int]:
        if self._char(at) in _CLOSERS:
            return self._string(at)
        name = _NAME.match(self.text, at)
        if not name:
            raise Broken(at)
        return name[0], name.end()

    def _string(self, at: int) -> tuple[str, int]:
        close = _CLOSERS[self.text[at]]
        chunk = _CHUNKS[close]
        pieces: list[str] = []
        at += 1
        while True:
            found = chunk.match(self.text, at)
            assert found
            pieces.append(found[0])
            at = found.end()
            if self._char(at) == close:
                return "".join(pieces), at + 1
            piece, at = self._escape(at)
            pieces.append(piece)

    def _escape(self, at: int) -> tuple[str, int]:
        follows = self._char(at + 1)
        if follows in _ESCAPES:
            return _ESCAPES[follows], at + 2
        code = _HEX.match(self.text, at + 2) if follows == "u" else None
        if not code:
            return "\\" + follows, at + 2  # as in a pattern or a path: it was meant as it stands
        high = int(code[0], 16)
        if 0xD800 <= high < 0xDC00 and self.text.startswith("\\u", at + 6):
            low = _HEX.match(self.text, at + 8)
            if low and 0xDC00 <= int(low[0], 16) < 0xE000:
                pair = 0x10000 + ((high - 0xD800) << 10) + int(low[0], 16) - 0xDC00
                return chr(pair), at + 12
        return chr(high), at + 6

    def _char(self, at: int) -> str:
        if at >= len(self.text):
            raise Broken(len(self.text), cut=True)
        return self.text[at]

    def _skip(self, at: int) -> int:
        """Past white space and comments."""
        while True:
            space = _SPACE.match(self.text, at)
            at = space.end() if space else at
            if self.text.startswith(("//", "#"), at):
                at = self._after("\n", at)
            elif self.text.startswith("/*", at):
                at = self._after("*/", at)
            else:
                return at

    def _after(self, end: str, at: int) -> int:
        found = self.text.find(end, at)
        return len(self.text) if found < 0 else found + len(end)
