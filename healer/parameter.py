"""What a runbook is told: a few typed values, each within the bounds that its file sets."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Value: TypeAlias = str | int
Given: TypeAlias = Mapping[str, Value]
NAME = r"[a-z][a-z0-9_]*"
RESERVED = ("host", "version", "incident", "level")
"""Words of an order: no parameter can have their names."""
_LONGEST = 255
_MANY = re.compile(r"[*?\[\]{}]")
"""What a shell or a program takes for more than one name."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_EVERYTHING = ("all", "any", "every", "everything")


class Unfit(Exception):
    """These values cannot be used. One line that says which and why."""


class Parameter(BaseModel):
    """One value. A *directory* is one of its choices or of the setting AI_RUNBOOK_DIRECTORIES."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    type: Literal["string", "integer", "directory"] = "string"
    description: Annotated[str, Field(min_length=1)]
    pattern: str = ""
    """What the whole of a string must match."""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[Value, ...] = ()
    default: Value | None = None
    from_finding: bool = False
    """Only the check's finding gives it: a model can never choose it."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _sound(self) -> "Parameter":
        if self.type == "integer" and (self.minimum is None or self.maximum is None):
            raise ValueError("an integer needs a minimum and a maximum")
        if self.type != "integer" and (self.minimum, self.maximum) != (None, None):
            raise ValueError("only an integer has a minimum and a maximum")
        if self.type == "string" and not self.pattern and not self.choices:
            raise ValueError("a string needs a pattern or choices")
        if self.type != "string" and self.pattern:
            raise ValueError("only a string has a pattern")
        for each in (*self.choices, *(() if self.default is None else (self.default,))):
            try:
                self.read(each, self._directories())
            except Unfit as error:
                raise ValueError(str(error)) from None
        return self

    def read(self, given: Value, directories: Sequence[str] = ()) -> Value:
        """The value that *given* stands for; raises Unfit. *directories*: those of the settings."""
        if self.type == "integer":
            value: Value = self._number(given)
        else:
            value = _one_name(str(given))
        if self.pattern and not re.fullmatch(self.pattern, str(value)):
            raise Unfit(f"{value!r} does not look like {self.description}")
        allowed = self.allowed(directories)
        if allowed and value not in allowed:
            raise Unfit(f"{value!r} is not one of {', '.join(map(str, allowed))}")
        if self.type == "directory" and not allowed:
            raise Unfit(f"{value!r} is not listed: list it in AI_RUNBOOK_DIRECTORIES")
        return value

    def allowed(self, directories: Sequence[str]) -> tuple[Value, ...]:
        """The values there are; none when they are bounded otherwise."""
        return (*self.choices, *(directories if self.type == "directory" else ()))

    def _directories(self) -> Sequence[str]:
        """For the check of the file alone: its default may be one that the settings list."""
        return (str(self.default),) if self.type == "directory" and self.default else ()

    def _number(self, given: Value) -> int:
        text = str(given)
        if isinstance(given, bool) or not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise Unfit(f"{text!r} is no whole number")
        assert self.minimum is not None
        assert self.maximum is not None
        if not self.minimum <= int(text) <= self.maximum:
            raise Unfit(f"{text} is not between {self.minimum} and {self.maximum}")
        return int(text)


def accept(
    parameters: Mapping[str, Parameter], given: Given, directories: Sequence[str] = ()
) -> Mapping[str, Value]:
    """Every parameter's value, defaults filled in. Raises Unfit."""
    if unknown := sorted(given.keys() - parameters.keys()):
        raise Unfit(f"there is no parameter {unknown[0]!r}; there are: {', '.join(parameters)}")
    values: dict[str, Value] = {}
    for name, parameter in parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise Unfit(f"{name} is missing: {parameter.description}")
        try:
            values[name] = parameter.read(value, directories)
        except Unfit as error:
            raise Unfit(f"{name}: {error}") from None
    return values


def choose(parameters: Mapping[str, Parameter], found: Given, chosen: Given) -> Mapping[str, Value]:
    """What a model *chose* on top of what the check *found*. Raises Unfit when it reaches for what
    only a finding may say."""
    for name in chosen:
        if name in parameters and parameters[name].from_finding:
            raise Unfit(f"{name} is what the check found; it cannot be chosen")
    kept = {name: value for name, value in found.items() if name in parameters}
    return {**chosen, **kept} if kept else dict(chosen)


def _one_name(value: str) -> str:
    """Text that names one thing, and that no program takes for an option."""
    if not value.strip():
        raise Unfit("it is empty")
    if len(value) > _LONGEST:
        raise Unfit(f"it is longer than {_LONGEST} characters")
    if _UNSEEN.search(value):
        raise Unfit("it holds characters that cannot be seen")
    if _MANY.search(value) or value.casefold() in _EVERYTHING:
        raise Unfit(f"{value!r} may name more than one thing")
    if value.startswith("-"):
        raise Unfit(f"{value!r} would be taken for an option")
    if ".." in value.split("/"):
        raise Unfit(f"{value!r} leads out of its directory")
    return value
