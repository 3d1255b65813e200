"""Rules of the operators: what they allow unasked, and what they always want to be asked about.

They stand below what is built in: no rule lets a denied command run, and none changes a risk."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.config import BadSettings

Text = Annotated[str, Field(min_length=1)]


class Rule(BaseModel):
    """One ``[[rule]]``: the first words of a command, as globs, and what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["allow", "ask"]
    command: Annotated[tuple[Text, ...], Field(min_length=1)]
    """``["systemctl", "restart", "app-*"]``: a glob for each word; more words may follow an *ask*,
    none an *allow* unless its last glob is ``**``."""
    why: str = ""
    match: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Commands that it must match; checked when the file is read."""
    not_match: Annotated[tuple[Text, ...], Field(min_length=1)]

    def covers(self, words: Sequence[str]) -> bool:
        globs, rest = self.command, self.level == "ask"
        if globs[-1] == "**":
            globs, rest = globs[:-1], True
        if len(words) < len(globs) or (len(words) > len(globs) and not rest):
            return False
        return all(map(fnmatchcase, words, globs))


@dataclass(frozen=True, slots=True)
class Rules:
    """All of a file, and its hash."""

    rules: tuple[Rule, ...] = ()
    version: str = ""

    def decide(
        self, commands: Iterable[Sequence[str]], changing: Sequence[Sequence[str]]
    ) -> Rule | None:
        """An *ask* that covers any of *commands*; or an *allow*, when each that is *changing* has
        one."""
        found = [self._covering(words, "ask") for words in commands]
        if any(found):
            return next(filter(None, found))
        allowed = [self._covering(words, "allow") for words in changing]
        return allowed[0] if allowed and all(allowed) else None

    def _covering(self, words: Sequence[str], level: str) -> Rule | None:
        rules = (rule for rule in self.rules if rule.level == level and rule.covers(words))
        return next(rules, None)


def load(file: Path | None) -> Rules:
    """Raises BadSettings naming the line."""
    if file is None:
        return Rules()
    try:
        data = file.read_bytes()
        given = tomllib.loads(data.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadSettings(f"AI_POLICY_FILE: {file} cannot be read: {problem}") from None
    tables = given.pop("rule", None)
    if given or not isinstance(tables, list):
        names = ", ".join(given) or "nothing"
        raise BadSettings(f"AI_POLICY_FILE: {file} must hold [[rule]] tables, and it holds {names}")
    lines = [
        number
        for number, line in enumerate(data.decode().splitlines(), 1)
        if re.match(r"\s*\[\[\s*rule\s*\]\]", line)
    ]
    found = [
        _rule(table, f"AI_POLICY_FILE: {file}, the rule at line {line}")
        for table, line in zip(cast("list[Mapping[str, Any]]", tables), lines, strict=True)
    ]
    return Rules(tuple(found), hashlib.sha256(data).hexdigest()[:12])


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    try:
        rule = Rule.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise BadSettings(f"{where}: {name}: {first['msg']}") from None
    for example in rule.match:
        if not rule.covers(example.split()):
            raise BadSettings(f"{where}: it does not match its own example {example!r}")
    for example in rule.not_match:
        if rule.covers(example.split()):
            raise BadSettings(f"{where}: it matches {example!r}, which it must not")
    return rule
