"""A runbook from its file: read whole, or refused with one line that says where and why."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from healer import never
from healer.deletion import unlistable
from healer.never import Bounds
from healer.parameter import Parameter, Value
from healer.plan import directories
from healer.runbook import Runbook, inconsistencies
from healer.template import fill
from healer.yaml_lines import BadYaml, Place, line_of, read


class BadRunbook(Exception):
    """The file is no runbook that could be used. One line: the file, the line, the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A runbook of the catalogue."""

    runbook: Runbook
    version: str
    """Hash of its file: what was approved is what runs."""
    file: Path


def load(file: Path, bounds: Bounds) -> Entry:
    """Raises BadRunbook."""
    try:
        raw = file.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise BadRunbook(f"{file.name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadRunbook(f"{file.name}: is no UTF-8 text") from None
    try:
        runbook = parsed(text, bounds)
    except BadRunbook as error:
        raise BadRunbook(f"{file.name} {error}") from None
    return Entry(runbook, hashlib.sha256(raw).hexdigest()[:12], file)


def parsed(text: str, bounds: Bounds) -> Runbook:
    """Raises BadRunbook, without the file's name."""
    try:
        data, lines = read(text)
    except BadYaml as error:
        raise BadRunbook(str(error)) from None
    try:
        runbook = Runbook.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        reason = reason[:1].lower() + reason[1:]
        raise BadRunbook(_told(first["loc"], line_of(first["loc"], lines), reason)) from None
    for place, reason in (*inconsistencies(runbook), *_forbidden(runbook, bounds)):
        raise BadRunbook(_told(place, line_of(place, lines), reason))
    return runbook


def _told(place: Place, line: int, reason: str) -> str:
    where = ".".join(str(each) for each in place)
    return f"line {line}: {where}: {reason}" if where else f"line {line}: {reason}"


def samples(runbook: Runbook, bounds: Bounds) -> Iterator[tuple[Place, str, dict[str, JsonValue]]]:
    """Each call's place, tool and arguments, with values that stand for those that will come."""
    values = {name: _sample(each, bounds) for name, each in runbook.parameters.items()}
    values["host"] = "host"
    for place, use in runbook.uses():
        filled = {name: fill(each, values, name) for name, each in use.arguments.items()}
        yield place, use.tool, filled


def _forbidden(runbook: Runbook, bounds: Bounds) -> Iterator[tuple[Place, str]]:
    """What of it no runbook may, as far as it can be told before the values are known."""
    for name, parameter in runbook.parameters.items():
        for choice in parameter.choices if parameter.type == "directory" else ():
            if reason := unlistable(str(choice)):
                yield ("parameters", name, "choices"), reason
    listed = (*directories(runbook), _SOMEWHERE)
    for place, tool, arguments in samples(runbook, bounds):
        for reason in never.reasons(tool, arguments, bounds, listed):
            yield place, reason


_SOMEWHERE = "/somewhere/that/the/settings/list"


def _sample(parameter: Parameter, bounds: Bounds) -> Value:
    """A value of its kind; the ones that come are judged again."""
    match parameter.type:
        case "integer":
            return parameter.minimum or 0
        case "directory":
            return next(iter(parameter.allowed(bounds.directories)), _SOMEWHERE)
        case _:
            return next(iter(parameter.choices), "example")
