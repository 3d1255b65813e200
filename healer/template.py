"""Texts with ``${name}`` in them. In a command line a value is one quoted word, whatever it is."""

import re
import shlex
from collections.abc import Iterator

from pydantic import JsonValue

from healer.parameter import NAME, Given, Value

_PLACE = re.compile(r"\$\{(" + NAME + r")\}")
_QUOTING = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_PROGRAM = re.compile(r"(?:^|[;&|(]|\b(?:then|else|if|sudo(?:\s+-n)?))\s*\$\{(" + NAME + r")\}")
COMMAND = "command"
"""The argument that a shell reads."""


def names_in(value: JsonValue) -> Iterator[str]:
    """The names that a template mentions."""
    match value:
        case str():
            yield from _PLACE.findall(value)
        case list():
            for each in value:
                yield from names_in(each)
        case dict():
            for each in value.values():
                yield from names_in(each)
        case _:
            return


def quoted_places(command: str) -> list[str]:
    """Names that stand within quotes of a command line, where a quoted value would undo them."""
    return [name for quoted in _QUOTING.findall(command) for name in _PLACE.findall(quoted)]


def chosen_programs(command: str) -> list[str]:
    """Names whose value would be the program that a command line runs."""
    return _PROGRAM.findall(command)


def fill(template: JsonValue, values: Given, argument: str = "") -> JsonValue:
    """*template* with its values put in; of the *argument* named ``command`` each is quoted."""
    match template:
        case str() if argument == COMMAND:
            return _filled(template, values, quote=True)
        case str() if whole := _PLACE.fullmatch(template):
            return values[whole[1]]
        case str():
            return _filled(template, values, quote=False)
        case list():
            return [fill(each, values) for each in template]
        case dict():
            return {name: fill(each, values, name) for name, each in template.items()}
        case _:
            return template


def fill_text(template: str, values: Given) -> str:
    """A line for people."""
    return _filled(template, values, quote=False)


def fill_pattern(template: str, values: Given) -> str:
    """A regular expression in which each value stands for itself."""
    return _PLACE.sub(lambda found: re.escape(str(values[found[1]])), template)


def _filled(template: str, values: Given, *, quote: bool) -> str:
    def value(found: re.Match[str]) -> str:
        text: Value = values[found[1]]
        return shlex.quote(str(text)) if quote else str(text)

    return _PLACE.sub(value, template)
