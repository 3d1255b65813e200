"""What the checks file says: limits for all hosts, for groups and for single ones; whom to tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot import toml_file
from bot.config import BadSettings
from bot.toml_file import place
from healer.check import Check

SETTING = "AI_CHECKS_FILE"
_Table = Mapping[str, Any]
_LAYOUT = "[checks.NAME], [groups.NAME.checks.NAME], [hosts.NAME.checks.NAME] or [escalation]"


class Escalation(BaseModel):
    """``[escalation]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contacts: tuple[str, ...] = ()
    """Whom to tell, one after the other: ``slack:U…``, ``discord:<user id>``, ``web:<name>``."""
    repeat: float = Field(default=15.0, ge=1, le=1440)
    """Minutes until the next of them is told."""

    @field_validator("contacts")
    @classmethod
    def _known(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            kind, _, name = value.partition(":")
            if kind not in ("slack", "discord", "web") or not name or " " in value:
                raise ValueError(f"{value!r} names nobody; write slack:U…, discord:… or web:…")
        return values


@dataclass(frozen=True, slots=True)
class Given:
    """For each check, for all hosts, by group and by host."""

    text: str = ""
    checks: Mapping[str, _Table] = field(default_factory=dict[str, _Table])
    groups: Mapping[str, Mapping[str, _Table]] = field(
        default_factory=dict[str, Mapping[str, _Table]]
    )
    hosts: Mapping[str, Mapping[str, _Table]] = field(
        default_factory=dict[str, Mapping[str, _Table]]
    )
    escalation: Escalation = field(default_factory=Escalation)

    def tables(self) -> Iterator[tuple[str, str, _Table]]:
        """Its head without brackets, the check, and the table."""
        for check, table in self.checks.items():
            yield f"checks.{check}", check, table
        for kind, named in (("groups", self.groups), ("hosts", self.hosts)):
            for name, checks in named.items():
                for check, table in checks.items():
                    yield f"{kind}.{name}.checks.{check}", check, table


def read(file: Path, checks: Mapping[str, Check]) -> Given:
    """Raises BadSettings naming the line. What is said of checks that are not there is kept."""
    text, listed = toml_file.read(file, SETTING)
    for word in listed:
        if word not in ("checks", "groups", "hosts", "escalation"):
            raise BadSettings(f"{place(file, text, word)}: {word}: write {_LAYOUT}")
    given = Given(
        text,
        _checks(file, text, listed, ""),
        _named(file, text, listed, "groups"),
        _named(file, text, listed, "hosts"),
        _escalation(file, text, listed.get("escalation", {})),
    )
    for head, name, table in given.tables():
        if check := checks.get(name):
            judge(file, text, head, check, table)
    return given


def judge(file: Path, text: str, head: str, check: Check, table: _Table) -> None:
    """Raises BadSettings naming the line below *head* that does not fit the check."""
    try:
        check.limits.model_validate(table)
    except ValidationError as error:
        raise _bad(file, text, head, error) from None


def _tables(file: Path, text: str, given: object, word: str) -> dict[str, _Table]:
    """Raises BadSettings when *given* is not a table of tables."""
    named = cast("dict[str, Any]", given) if isinstance(given, dict) else None
    if named is None or not all(isinstance(value, dict) for value in named.values()):
        raise BadSettings(f"{place(file, text, word)}: {word}: write {_LAYOUT}")
    return named


def _named(file: Path, text: str, listed: _Table, kind: str) -> dict[str, dict[str, _Table]]:
    """``[groups.NAME. …]`` or ``[hosts.NAME. …]``"""
    named = _tables(file, text, listed.get(kind, {}), kind)
    return {name: _checks(file, text, inner, f"{kind}.{name}") for name, inner in named.items()}


def _checks(file: Path, text: str, given: _Table, head: str) -> dict[str, _Table]:
    """``[… checks.NAME]`` below *head*, which is empty at the top."""
    if head and (others := given.keys() - {"checks"}):
        where = place(file, text, min(others), after=head)
        raise BadSettings(f"{where}: {head}: write [{head}.checks.NAME]")
    return _tables(file, text, given.get("checks", {}), f"{head}.checks" if head else "checks")


def _escalation(file: Path, text: str, given: object) -> Escalation:
    try:
        return Escalation.model_validate(given)
    except ValidationError as error:
        raise _bad(file, text, "escalation", error) from None


def _bad(file: Path, text: str, head: str, error: ValidationError) -> BadSettings:
    first = error.errors()[0]
    path = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    word = next((str(part) for part in reversed(first["loc"]) if isinstance(part, str)), head)
    where = place(file, text, word, after=head)
    return BadSettings(
        f"{where}: {head}: {path}: {message}" if path else f"{where}: {head}: {message}"
    )
