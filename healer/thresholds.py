"""What counts as bad on which host, as the checks file says by now."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
from pydantic import ValidationError

from bot.config import BadSettings
from bot.resources import Hosts
from bot.toml_file import fingerprint, place
from bot.tool import ToolError
from healer.check import Check, Limits
from healer.checks_file import Escalation, Given, judge, read

log = structlog.get_logger()
_RECHECK = 1.0
"""Seconds between two looks at the file."""


class Thresholds:
    """What the file says by now. A bad edit changes nothing, and is told as a trouble."""

    def __init__(
        self,
        hosts: Hosts,
        checks: Callable[[], Mapping[str, Check]],
        file: Path | None = None,
        *,
        recheck: float = _RECHECK,
    ) -> None:
        """Raises BadSettings. *recheck*: seconds between two looks at the file."""
        self._hosts = hosts
        self._checks = checks
        self._file = file
        self._recheck = recheck
        self._trouble = ""
        self._given = Given()
        self._seen: tuple[int, ...] = ()
        self._looked = float("-inf")
        if file is not None:
            self._seen = fingerprint(file)
            self._given = read(file, checks())
            self._looked = monotonic()

    @property
    def escalation(self) -> Escalation:
        self._refresh()
        return self._given.escalation

    def of(self, check: Check, host: str) -> Limits:
        """Of a check on a host, ``""`` for none: its own, else its groups', else everybody's.

        What does not fit a check that came after the file is left out: ``troubles`` says so."""
        self._refresh()
        given = self._given
        tables = [given.checks.get(check.name, {})]
        if host:
            tables += [
                checks[check.name]
                for group, checks in sorted(given.groups.items())
                if check.name in checks and host in self._members(group)
            ]
            tables.append(given.hosts.get(host, {}).get(check.name, {}))
        merged = {name: value for table in tables for name, value in table.items()}
        try:
            return check.limits.model_validate(merged)
        except ValidationError:
            return check.limits()

    def troubles(self) -> Mapping[str, str]:
        """What is wrong with the file: one line, or nothing."""
        self._refresh()
        trouble = self._trouble
        if not trouble and self._file is not None:
            trouble = next(self._doubts(self._file), "")
        return {"checks file": trouble} if trouble else {}

    def _doubts(self, file: Path) -> Iterator[str]:
        """What the file says of things that are not there, or no longer fits."""
        given, checks, names = self._given, self._checks(), self._hosts.names()
        for head, name, table in given.tables():
            if doubt := _doubt(file, given.text, head, name, table, checks):
                yield doubt
        for host in given.hosts:
            if host not in names:
                where = place(file, given.text, f"[hosts.{host}.")
                yield f"{where}: there is no host {host!r}"
        for group in given.groups:
            if not self._members(group):
                where = place(file, given.text, f"[groups.{group}.")
                yield f"{where}: there is no group {group!r}"

    def _members(self, group: str) -> frozenset[str]:
        try:
            return frozenset(self._hosts.expand(f"group:{group}"))
        except ToolError:
            return frozenset()

    def _refresh(self) -> None:
        if self._file is None or monotonic() - self._looked < self._recheck:
            return
        self._looked = monotonic()
        seen = fingerprint(self._file)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._given = read(self._file, self._checks())
        except BadSettings as problem:
            self._trouble = f"{problem}; the last good one stays"
            log.error("checks file not read; the last good one stays", problem=str(problem))  # noqa: TRY400 - an edit went wrong, a traceback says nothing more
        else:
            self._trouble = ""
            log.info("checks file read", file=str(self._file))


def _doubt(
    file: Path,
    text: str,
    head: str,
    name: str,
    table: Mapping[str, Any],
    checks: Mapping[str, Check],
) -> str:
    if check := checks.get(name):
        try:
            judge(file, text, head, check, table)
        except BadSettings as problem:
            return str(problem)
        return ""
    near = get_close_matches(name, checks, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(checks))}"
    return f"{place(file, text, f'[{head}')}: there is no check {name!r}; {hint}"
