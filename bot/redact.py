"""Secrets out of everything that leaves the process, whole or in pieces as it streams.

Two passes: the values that are known, in every form they may take; then what looks like a secret
(:mod:`bot.secret_patterns`). Each pass leaves what it replaced, ``‹secret: name›``, alone.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

from bot import events as ev
from bot.plot import Bars, Lines, Measure, Series
from bot.secret_patterns import BEGUN, ENOUGH, FULL, OPEN, PATTERNS, SECRET_NAME, TRIGGER, any_of
from bot.tool import Table, ToolCall, Verdict

E = TypeVar("E", bound=ev.Event)
SHOWN = "‹secret: "
"""How every replacement begins."""
_SHORTEST = 6
"""A shorter value would be found in ordinary words."""
_LOOK_UP = 4
_TEXTS: dict[type[Any], tuple[str, ...]] = {
    ev.RunStarted: ("text",),
    ev.MessageJoined: ("text",),
    ev.ModelReplied: ("text", "thinking", "plan", "tool_calls", "notice"),
    ev.ToolStarted: ("call", "verdict"),
    ev.ToolFinished: ("output", "table", "plot"),
    ev.ApprovalRequested: ("call", "verdict", "preview", "undo"),
    ev.ApprovalDecided: ("reason",),
    ev.ApprovalSuperseded: ("reason",),
    ev.ContextSummarised: ("text",),
    ev.RunFinished: ("text",),
    ev.RunFailed: ("reason",),
    ev.RunStopped: ("ran", "unknown"),
    ev.IncidentChanged: ("text",),
    ev.Noted: ("text",),
    ev.Unknown: ("data",),
    ToolCall: ("args",),
    Verdict: ("reasons", "alternative", "shape"),
    Table: ("columns", "rows"),
    Bars: ("title", "bars", "limit"),
    Lines: ("title", "series", "limit"),
    Measure: ("label", "text"),
    Series: ("name",),
}
"""What people wrote or read; ids, names and states are never touched."""


Found = tuple[int, int, str]
"""Where a secret begins and ends, and what is shown instead."""


class _Scanner(Protocol):
    def finds(self, text: str, start: int) -> Iterable[Found]:
        """The secrets from *start* on, in order; none overlap."""
        ...

    def still_open(self, text: str, start: int) -> int:
        """From where to the end of *text* more characters could make or lengthen a secret."""
        ...


class Redactor:
    """Replaces secrets in text. *secrets*: name → value; values under 6 characters are not looked
    for."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets: dict[str, str] = {}
        self._values = _Values({})
        self.learn(secrets)

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Look for these values too, from now on."""
        self._secrets |= secrets
        self._values = _Values(self._secrets)

    def __call__(self, text: str) -> str:
        return _redact(_Patterns(), _redact(self._values, text))

    def stream(self) -> "Stream":
        return Stream(self._values)

    def redact_json(self, value: JsonValue) -> JsonValue:
        """The same value, or one with its texts redacted, and those under a name such as
        ``password`` replaced."""
        match value:
            case str():
                return self(value)
            case list():
                return [self.redact_json(item) for item in value]
            case dict():
                return {name: self._named(name, item) for name, item in value.items()}
            case _:
                return value

    def _named(self, name: str, value: JsonValue) -> JsonValue:
        if isinstance(value, str) and value and SECRET_NAME.search(name):
            return _shown(name)
        return self.redact_json(value)

    def hidden(self, text: str) -> Iterator[str]:
        """The pieces of *text* that look like secrets and would not be shown; known values are
        not among them."""
        text = _redact(self._values, text)
        for at, end, shown in _Patterns().finds(text, 0):
            yield text[at + shown.index(SHOWN) : end]

    def presentable(self, event: E) -> E:
        """The event as it may leave; the very same object when it holds no secret."""
        return self._presentable(event)

    def _presentable(self, value: Any) -> Any:
        match value:
            case str():
                return self(value)
            case tuple():
                items = tuple(map(self._presentable, value))  # pyright: ignore[reportUnknownArgumentType] - any tuple of a vocabulary class
                return value if items == value else items  # pyright: ignore[reportUnknownVariableType] - as above
            case dict():
                clean = self.redact_json(value)  # pyright: ignore[reportUnknownArgumentType] - ToolCall.args or Unknown.data
                return value if clean == value else clean  # pyright: ignore[reportUnknownVariableType] - as above
            case _:
                return self._object(value)

    def _object(self, value: Any) -> Any:
        names = _TEXTS.get(cast("type[Any]", type(value)), ())
        given = {name: getattr(value, name) for name in names}
        clean = {name: self._presentable(item) for name, item in given.items()}
        return value if clean == given else replace(value, **clean)


class Stream:
    """Redacts text that comes in pieces: what it returns, joined, is what the redactor makes of
    the pieces joined, wherever they were cut. Only an end that can still become a secret waits."""

    def __init__(self, values: "_Values") -> None:
        self._passes = (_Pass(values), _Pass(_Patterns()))

    def feed(self, text: str) -> str:
        for each in self._passes:
            text = each.feed(text)
        return text

    def flush(self) -> str:
        """What waited. The stream is over."""
        first, second = self._passes
        return second.feed(first.flush()) + second.flush()


class _Pass:
    def __init__(self, scanner: _Scanner) -> None:
        self._scanner = scanner
        self._text = ""
        self._start = 0
        """1 when the text begins with a character that is out already: look-behind needs it."""

    def feed(self, text: str) -> str:
        text, start = self._text + text, self._start
        out: list[str] = []
        waiting = self._scanner.still_open(text, start)
        for at, end, shown in self._scanner.finds(text, start):
            if at >= waiting:
                break
            out += (text[start:at], shown)
            start = end
            if end > waiting:
                waiting = self._scanner.still_open(text, start)
        out.append(text[start:waiting])
        self._start = min(waiting, 1)
        self._text = text[waiting - self._start :]
        return "".join(out)

    def flush(self) -> str:
        return _redact(self._scanner, self._text, self._start)


def _redact(scanner: _Scanner, text: str, start: int = 0) -> str:
    out: list[str] = []
    for at, end, shown in scanner.finds(text, start):
        out += (text[start:at], shown)
        start = end
    return "".join((*out, text[start:])) if out or start else text


class _Patterns:
    def finds(self, text: str, start: int) -> Iterable[Found]:
        for place in _places(text):
            found = FULL.match(text, place) if place >= start else None
            if found:
                yield _replacement(found)
                start = found.end()

    def still_open(self, text: str, start: int) -> int:
        ends = range(max(start, len(text) - ENOUGH + 1), len(text))
        tail = (place for place in ends if text[place:].lower() in BEGUN)
        places = (place for place in _places(text) if place >= start)
        return next((p for p in (*places, *tail) if OPEN.match(text, p)), len(text))


def _places(text: str) -> Iterator[int]:
    """Where a pattern may begin, in order."""
    lower = text.lower()
    if len(lower) != len(text):
        # A few letters have a longer lower case, which would move the places.
        lower = "".join(letter.lower()[0] for letter in text)
    found = TRIGGER.search(lower)
    while found:
        yield found.start()
        found = TRIGGER.search(lower, found.start() + 1)


def _replacement(found: re.Match[str]) -> Found:
    group = found.lastgroup or ""
    pattern = PATTERNS[int(group[1:])]
    kept = found.string[found.start() : found.start(group)]
    return found.start(), found.end(), kept + _shown(pattern.name)


class _Values:
    """Known values. Leftmost wins, then the longest."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names = {form: name for name, value in secrets.items() for form in _forms(value)}
        longest_first = sorted(self._names, key=len, reverse=True)
        self._longest = len(longest_first[0]) if longest_first else 0
        self._any = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        heads = any_of(form[:_LOOK_UP] for form in longest_first)
        self._heads = re.compile(heads if longest_first else r"(?!)")
        self._begun: dict[str, list[str]] = {}
        for form in longest_first:
            for length in range(1, _LOOK_UP + 1):
                self._begun.setdefault(form[:length], []).append(form)

    def finds(self, text: str, start: int) -> Iterable[Found]:
        if not self._heads.search(text, start):
            return ()
        return map(self._replacement, self._any.finditer(text, start))

    def _replacement(self, found: re.Match[str]) -> Found:
        return found.start(), found.end(), _shown(self._names[found[0]])

    def still_open(self, text: str, start: int) -> int:
        for place in range(max(start, len(text) - self._longest + 1), len(text)):
            forms = self._begun.get(text[place : place + _LOOK_UP])
            if forms and any(form.startswith(text[place:]) for form in forms):
                return place
        return len(text)


def _forms(value: str) -> Iterator[str]:
    """The value as it is, and as it looks encoded, also as a part of something encoded."""
    if len(value) < _SHORTEST:
        return
    raw = value.encode()
    yield from {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
    for encode in (b64encode, urlsafe_b64encode):
        encoded = encode(raw).decode()
        yield from {encoded, encoded.rstrip("=")}
        for offset in (1, 2):
            # Inside a longer text the value may begin at any byte of a group of three.
            within = encode(bytes(offset) + raw).decode()
            yield within[offset + 1 : (offset + len(raw)) * 4 // 3]
        yield encoded[: len(raw) * 4 // 3]


def _shown(name: str) -> str:
    return f"{SHOWN}{name}›"
