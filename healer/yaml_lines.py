"""Plain data from YAML text that remembers on which line each piece stands."""

from collections.abc import Mapping, Sequence
from typing import cast

import yaml
from pydantic import JsonValue

Place = tuple[int | str, ...]
"""The way to a piece: names and indexes from the outermost in."""
LARGEST = 65_536
"""Characters of a file; more is a mistake."""


class BadYaml(Exception):
    """The text is no plain YAML. One line, which begins with the line's number."""


def read(text: str) -> tuple[JsonValue, Mapping[Place, int]]:
    """The data and the line (from 1) of each piece. Raises BadYaml.

    No tags, no aliases, no name twice: a file that people approve says what it says."""
    if len(text) > LARGEST:
        raise BadYaml(f"line 1: the file is larger than {LARGEST // 1024} KiB")
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        lines: dict[Place, int] = {}
        data = _data(node, (), lines, set()) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadYaml(f"line {line}: {error.problem or 'is no YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadYaml(f"line 1: {str(error).splitlines()[0]}") from None
    return data, lines


def line_of(place: Sequence[int | str], lines: Mapping[Place, int]) -> int:
    """The line of a piece, or of the nearest one around it."""
    here = tuple(place)
    while here not in lines and here:
        here = here[:-1]
    return lines.get(here, 1)


def _data(node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int]) -> JsonValue:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if id(node) in seen:
        raise BadYaml(f"line {line}: an alias (*name); write it out")
    seen.add(id(node))
    match node:
        case yaml.MappingNode():
            return _mapping(node, place, lines, seen)
        case yaml.SequenceNode():
            nodes = cast("list[yaml.Node]", node.value)
            return [_data(each, (*place, at), lines, seen) for at, each in enumerate(nodes)]
        case _:
            return _scalar(node, line)


def _mapping(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], seen: set[int]
) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        line = key.start_mark.line + 1
        name = key.value
        if not isinstance(name, str):
            raise BadYaml(f"line {line}: a name must be a plain word")
        if name in found:
            raise BadYaml(f"line {line}: {name!r} is there twice")
        lines[(*place, name)] = line
        found[name] = _data(value, (*place, name), lines, seen)
    return found


def _scalar(node: yaml.Node, line: int) -> JsonValue:
    value = yaml.constructor.SafeConstructor().construct_object(node)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise BadYaml(f"line {line}: {node.value!r} is no text or number; put it in quotes")
