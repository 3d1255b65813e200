"""What a script has set by the time one of its commands runs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

from tools.security.words import NOTHING, OUTSIDE, Data, Hole, Word, fewer, plain, unknown

HOME = "~"
CWD = "PWD"
LONGEST = 2_048
"""Characters of a value; scripts can double one again and again."""
COMBINED = 64
"""Combinations of the values of several."""
_GIVEN: dict[str, Word] = {
    "HOME": Word((Hole("home", "~"),)),
    "PATH": plain("/usr/sbin:/usr/bin:/sbin:/bin"),
    "LC_ALL": plain("C.UTF-8"),
    "TERM": plain("dumb"),
    "PAGER": plain("cat"),
    "SHELL": plain("/bin/bash"),
    "IFS": plain(" \t\n"),
}
_NUMBERS = frozenset("?#!$-") | {"RANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "UID", "EUID"}
_NAMES = frozenset({"USER", "LOGNAME", "HOSTNAME", "HOSTTYPE", "OSTYPE", "BASH_VERSION", "PPID"})
_SHELLS_OWN = re.compile(
    r"[0_]|BASH\w*|COMP_\w+|COPROC\w*|DIRSTACK|EXECIGNORE|FUNCNAME|HIST\w+|MAPFILE|OLDPWD|OPTARG|OPTIND"
    r"|PIPESTATUS|PROMPT_COMMAND|PS\d|READLINE_\w+|REPLY|SHELLOPTS|SHLVL|SRANDOM|TIMEFORMAT"
)
"""Variables that bash sets by itself, to texts that are not followed here."""


class TooMuch(Exception):
    """It would take too long to judge."""


@dataclass(slots=True)
class Scope:
    """Variables have several values where branches and loops meet."""

    variables: dict[str, tuple[Word, ...]] = field(default_factory=dict[str, tuple[Word, ...]])
    arrays: dict[str, tuple[Word, ...]] = field(default_factory=dict[str, tuple[Word, ...]])
    positional: tuple[Word, ...] | None = ()
    """``$1`` …; None when they are not known."""
    functions: dict[str, Any] = field(default_factory=dict[str, Any])
    aliases: dict[str, Word] = field(default_factory=dict[str, Word])
    links: dict[str, str] = field(default_factory=dict[str, str])
    """Symbolic links that the script makes: path → target."""
    files: dict[str, Data] = field(default_factory=dict[str, Data])
    """What the script writes or fetches: path → content. Process substitutions by their text."""
    descriptors: dict[str, Data] = field(default_factory=dict[str, Data])
    """What ``exec 3<…`` leaves open, by number."""
    stdin: Data = NOTHING
    """What a substitution in the words of a command reads."""
    fifos: set[str] = field(default_factory=set[str])
    """Pipes with a name that the script makes: whatever is written there comes out."""

    outside: set[str] = field(default_factory=set[str])
    """Variables that were ever given words of outsiders; shared by all copies."""

    @property
    def cwd(self) -> str | None:
        """Where relative paths begin; None when that is not known."""
        return self.variables[CWD][0].literal

    def copy(self) -> "Scope":
        return replace(
            self,
            variables=dict(self.variables),
            arrays=dict(self.arrays),
            functions=dict(self.functions),
            aliases=dict(self.aliases),
            links=dict(self.links),
            files=dict(self.files),
            descriptors=dict(self.descriptors),
        )

    def assign(self, name: str, *values: Word) -> None:
        if name == CWD:
            return  # only cd leads elsewhere
        if any(value.origin in OUTSIDE for value in values):
            self.outside.add(name)
        short = (v if len(v.text) <= LONGEST else unknown(f"${name}", "decoded") for v in values)
        self.variables[name] = fewer(short)

    def prefixed(self, given: Mapping[str, Sequence[Word]]) -> dict[str, tuple[Word, ...] | None]:
        """Set what stands before a command; what :meth:`restore` needs to take it back."""
        before = {name: self.variables.get(name) for name in given if name != CWD}
        for name, values in given.items():
            self.assign(name, *values)
        return before

    def restore(self, before: Mapping[str, tuple[Word, ...] | None]) -> None:
        for name, values in before.items():
            if values is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = values

    def meet(self, before: dict[str, tuple[Word, ...]]) -> None:
        """What was set since *before* may also not have been."""
        for name, values in list(self.variables.items()):
            old = before.get(name, (unknown(f"${name}", "unset"),))
            if old != values:
                self.assign(name, *dict.fromkeys((*old, *values)))

    def value(self, name: str) -> Word:
        """Its first value; see :meth:`choices`."""
        if name in self.variables:
            return self.variables[name][0]
        if name in _GIVEN:
            return _GIVEN[name]
        if name in _NUMBERS or name in _NAMES:
            return unknown(f"${name}", "system")
        if _SHELLS_OWN.fullmatch(name):
            return unknown(f"${name}", "decoded" if name == "_" else "unknown")
        return unknown(f"${name}", "unset")

    def choices(self, text: str) -> "Iterator[Scope]":
        """This scope with one value for each variable that *text* names, in every combination.

        Raises TooMuch."""
        many = {
            name: values
            for name, values in self.variables.items()
            if len(values) > 1 and (name in text or name == CWD)
        }
        if not many:
            yield self
            return
        if prod(map(len, many.values())) > COMBINED:
            raise TooMuch
        for chosen in product(*many.values()):
            one = {name: (value,) for name, value in zip(many, chosen, strict=True)}
            yield replace(self, variables={**self.variables, **one})
