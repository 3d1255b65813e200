"""Checks of the operators' own: files in a directory, live soon after they change."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from bot.plugins import files, live
from bot.plugins.files import Plugin, Unusable
from healer.check import Check, Limits

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST = 60.0
"""Seconds that a check may take: a host is asked many together."""


class CheckFiles(live.Plugins[Check]):
    """A service that keeps *all* checks up to date: those of the bot and those of the files."""

    name = "checks"
    kind = "check"
    item = "check"

    def __init__(
        self,
        directory: Path,
        builtin: Mapping[str, Check],
        *,
        every: float = 1.0,
        settle: float = 0.2,
        patience: float = 5.0,
    ) -> None:
        """Seconds, as of ``live.Plugins``."""
        super().__init__(directory, builtin, load, every=every, settle=settle, patience=patience)


def load(path: Path) -> Plugin[Check]:
    """Import the file; it takes as long as the file's own code. Raises Unusable."""
    return files.load(path, _checks)


def _checks(path: Path, module: ModuleType, version: str) -> Iterator[Check]:  # noqa: ARG001 - nothing asks which version a check is
    """Those that the file itself defines. Raises Unusable."""
    seen: set[str] = set()
    for check in vars(module).values():
        if not isinstance(check, Check):
            continue
        fn = inspect.unwrap(check.read or check.look or load)
        if fn.__module__ != module.__name__:
            continue
        if problem := _misfit(check, seen):
            line = fn.__code__.co_firstlineno
            raise Unusable(f"{path.name}:{line}: {check.name!r} {problem}")
        seen.add(check.name)
        yield check
    if not seen:
        raise Unusable(f"{path.name}: has no check; put @check(script=…) above a function")


def _misfit(check: Check, seen: set[str]) -> str:
    if not _NAME.fullmatch(check.name):
        return "is no name for a check: small letters a-z, digits and _ are"
    if check.name in seen:
        return "is there twice"
    if check.look and not inspect.iscoroutinefunction(check.look):
        return "has no script, so it must be an async function: write async def"
    read = check.read
    if inspect.iscoroutinefunction(read) or inspect.isasyncgenfunction(read):
        return "reads what its script printed, so it must be no async function: write def"
    return _misdeclared(check.script, check.every, check.timeout, check.limits)


def _misdeclared(script: object, every: object, timeout: object, limits: object) -> str:
    """Nobody checked the types of what the decorator was given."""
    if script is not None and not isinstance(script, str) and not callable(script):
        return "needs a script of text, or a function that makes it"
    if not isinstance(every, int | float) or every <= 0:
        return "needs every, in seconds"
    if not isinstance(timeout, int | float) or not 0 < timeout <= _LONGEST:
        return f"needs a timeout of at most {_LONGEST:.0f} seconds"
    if not isinstance(limits, type) or not issubclass(limits, Limits):
        return "needs limits that are a subclass of Limits"
    return ""
