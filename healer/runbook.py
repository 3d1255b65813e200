"""What a runbook says: a repair whose every step is written down before it is needed.

It names tools by their names and never a host: the repair adds the host of its incident to every
call. Texts may hold ``${name}`` of a parameter, and ``${host}``.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from healer.parameter import NAME, RESERVED, Parameter
from healer.template import COMMAND, chosen_programs, fill_pattern, names_in, quoted_places
from healer.yaml_lines import Place

_PARAMETER = re.compile(NAME)
_SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\n]*\S[^\n]*$")]
Pattern = Annotated[str, Field(max_length=500)]
"""A regular expression, searched for in a call's output; ``^`` and ``$`` are a line's ends."""


def compiled(pattern: str) -> re.Pattern[str]:
    """Raises re.error."""
    return re.compile(pattern, re.MULTILINE)


def _telling(pattern: str) -> str:
    """*pattern*, if it can tell one output from another; raises ValueError."""
    filled = fill_pattern(pattern, dict.fromkeys(names_in(pattern), "x"))
    try:
        found = compiled(filled).search("")
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if found:
        raise ValueError("would be found in any output")
    return pattern


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Refusal(_Part):
    """What in an output means that a person is needed."""

    when: Pattern = ""
    """It is found."""
    unless: Pattern = ""
    """It is not found."""
    reason: Line

    @model_validator(mode="after")
    def _one_of_both(self) -> "Refusal":
        if bool(self.when) == bool(self.unless):
            raise ValueError("needs one of when and unless")
        _telling(self.when or self.unless)
        return self


class ToolUse(_Part):
    """One call of a tool."""

    tool: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    """Without the host, which the repair adds."""

    @field_validator("arguments")
    @classmethod
    def _no_host(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if named := {"host", "hosts"} & value.keys():
            raise ValueError(f"{named.pop()!r} is added by the repair; a runbook names no host")
        command = value.get(COMMAND)
        if isinstance(command, str):
            if inside := quoted_places(command):
                raise ValueError(f"${{{inside[0]}}} is quoted by itself: take away the quotes")
            if chosen := chosen_programs(command):
                raise ValueError(f"${{{chosen[0]}}} would say which program runs: write its name")
            if "<<" in command:
                raise ValueError("a command of a runbook has no here-document")
        return value


class Below(_Part):
    """A number in an output, and what it must be less than."""

    pattern: Pattern
    """Its first group is the number."""
    value: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^\$\{[a-z][a-z0-9_]*\}$")]

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, value: str) -> str:
        if compiled(_telling(value)).groups != 1:
            raise ValueError("needs one group, around the number")
        return value


class Look(ToolUse):
    """A call that only reads, and what its output must hold."""

    say: Line
    """What is found out, in words: ``the disk is nearly full``."""
    expect: Pattern = ""
    below: Below | None = None
    refuse: tuple[Refusal, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> "Look":
        if bool(self.expect) == bool(self.below):
            raise ValueError("needs one of expect and below")
        if self.expect:
            _telling(self.expect)
        return self


class Step(ToolUse):
    """One thing that is done. It fails when its tool does, or without what it must print."""

    say: Line
    """What is done, in words: ``restart ${service}``."""
    only_if: Look | None = None
    """Without it the step is left out: there is nothing to do for it."""
    expect: Pattern = ""
    refuse: tuple[Refusal, ...] = ()

    @field_validator("expect")
    @classmethod
    def _telling_expect(cls, value: str) -> str:
        return _telling(value) if value else value


class Verification(_Part):
    """How it is made sure that it helped."""

    calls: Annotated[tuple[Look, ...], Field(min_length=1, max_length=5)]
    times: Annotated[int, Field(ge=1, le=10)] = 3
    """How often in a row they must hold."""
    every: Annotated[float, Field(ge=1, le=600)] = 40.0
    """Seconds between two times, and before the first."""


class Runbook(_Part):
    """A repair: what is wrong before it, what it does, and what is right after it."""

    id: Annotated[str, Field(pattern=_SLUG, max_length=40)]
    title: Line
    fixes: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...], Field(min_length=1)
    ]
    """Names of the checks whose findings it helps against."""
    risk: Literal["change", "danger"]
    """The most that any of its steps does."""
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    target: str = ""
    """The parameter that names what is repaired; empty: the host."""
    preconditions: Annotated[tuple[Look, ...], Field(min_length=1, max_length=10)]
    """The problem is there, and nothing speaks against the repair. Looked at before anybody is
    asked, and once more before the first step."""
    enough: Look | None = None
    """Looked at before the first step and after each: once it holds, nothing more is done."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]
    verification: Verification
    undo: Annotated[tuple[Step, ...], Field(max_length=20)] = ()
    """What is done when a step or the verification fails."""
    notes: str = ""
    """For people: when not to use it, and what it does not do."""

    @field_validator("parameters")
    @classmethod
    def _named(cls, value: dict[str, Parameter]) -> dict[str, Parameter]:
        for name in value:
            if not _PARAMETER.fullmatch(name) or name in RESERVED:
                raise ValueError(f"{name!r} cannot be the name of a parameter")
        return value

    def uses(self) -> Iterator[tuple[Place, ToolUse]]:
        """Every call there is, with its place in the file."""
        for part in ("preconditions", "steps", "undo"):
            for at, use in enumerate(getattr(self, part)):
                yield (part, at), use
                if isinstance(use, Step) and use.only_if:
                    yield (part, at, "only_if"), use.only_if
        if self.enough:
            yield ("enough",), self.enough
        for at, look in enumerate(self.verification.calls):
            yield ("verification", "calls", at), look


def inconsistencies(runbook: Runbook) -> Iterator[tuple[Place, str]]:
    """What does not fit together, each with its place."""
    known = {*runbook.parameters, "host"}
    if runbook.target and runbook.target not in runbook.parameters:
        yield ("target",), f"there is no parameter {runbook.target!r}"
    elif runbook.target and not runbook.parameters[runbook.target].from_finding:
        yield ("target",), f"{runbook.target}: what is repaired must come from_finding"
    used: set[str] = set()
    for place, use in runbook.uses():
        names = list(names_in(use.model_dump(exclude={"only_if"})))
        used.update(names)
        for name in names:
            if name not in known:
                yield place, f"there is no parameter {name!r}"
    for name in runbook.parameters:
        if name not in used:
            yield ("parameters", name), "nothing uses it"
