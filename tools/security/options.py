"""Options of a program, read as getopt_long(3) reads them, from a table in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from tools.security.words import Word


@dataclass(frozen=True, slots=True)
class Spec:
    """An option table: ``-abc`` takes no value, ``-o=`` one, ``--color?`` one only after ``=``."""

    flags: frozenset[str]
    values: frozenset[str]
    long: Mapping[str, str]
    """Name → ``""``, ``"="`` or ``"?"``."""


@cache
def spec(text: str) -> Spec:
    flags: set[str] = set()
    values: set[str] = set()
    long: dict[str, str] = {}
    for token in text.split():
        kind = token[-1] if token[-1] in "=?" else ""
        name = token.removesuffix(kind) if kind else token
        if name.startswith("--"):
            long[name] = kind
        else:
            (values if kind == "=" else flags).update(name[1:])
    return Spec(frozenset(flags), frozenset(values), long)


@dataclass(slots=True)
class Parsed:
    """The words of a command, told apart."""

    options: list[tuple[str, Word | None]] = field(default_factory=list[tuple[str, Word | None]])
    operands: list[Word] = field(default_factory=list[Word])
    unknown: list[str] = field(default_factory=list[str])
    """What is no option in the table."""

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.options)

    def values(self, *names: str) -> list[Word]:
        return [value for name, value in self.options if name in names and value is not None]


def parse(words: Sequence[Word], table: str, *, stop: bool = False) -> Parsed:
    """Options may stand anywhere, unless they *stop* at the first operand."""
    known, found = spec(table), Parsed()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        text = word.text
        if text == "--":
            break
        if text.startswith("--"):
            _long(word, known, found, rest)
        elif text.startswith("-") and len(text) > 1:
            _short(word, known, found, rest)
        elif stop:
            rest.insert(0, word)
            break
        else:
            found.operands.append(word)
    found.operands += rest
    return found


def _long(word: Word, known: Spec, found: Parsed, rest: list[Word]) -> None:
    name, equals, _ = word.text.partition("=")
    matches = [name] if name in known.long else [n for n in known.long if n.startswith(name)]
    if len(matches) != 1 or len(word.start) < len(name):
        found.unknown.append(name)
        return
    (name_,), value = matches, None
    if equals:
        value = word.after(len(name) + 1) if len(word.start) > len(name) else word
    elif known.long[name_] == "=" and rest:
        value = rest.pop(0)
    found.options.append((name_, value))


def _short(word: Word, known: Spec, found: Parsed, rest: list[Word]) -> None:
    letters = word.start
    for index, letter in enumerate(letters[1:], 1):
        if letter in known.values:
            attached = word.after(index + 1)
            given = attached.text or not rest
            found.options.append((f"-{letter}", attached if given else rest.pop(0)))
            return
        if letter not in known.flags:
            found.unknown.append(f"-{letter}")
            return
        found.options.append((f"-{letter}", None))
    if letters != word.text:
        found.unknown.append(word.text)
