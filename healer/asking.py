"""One host is asked what is due there, and its answers are read."""

import asyncio
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path

from bot.plugins.code import theirs
from bot.resources import CommandResult, Host
from bot.tool import ToolError
from healer.batch import KEEP, LATE, Asked, compose, new_token, seconds, split
from healer.check import Answer, Check, Finding, Limits, Point, Unreadable
from healer.words import shown

AWAY = "host"
"""The check that a host which cannot be asked anything fails."""
_LONGEST = 8 * 1024
"""Bytes of a script; all of a host's are one word of a command line together, quoted twice."""
_TOGETHER = 32 * 1024
_MOST = 1000
"""Findings of a check on one host."""
Due = Sequence[tuple[Check, Limits]]
History = Callable[[str, str, str], Sequence[Point]]
"""Earlier readings by check, host and target."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding of a check; without a host it is about none of the inventory."""

    check: str
    host: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Told:
    """What a host answered."""

    seen: Sequence[Seen] = ()
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    """Checks whose answer says nothing either way → why; those that are read are not in it."""
    away: bool = False


async def ask(host: Host, due: Due, history: History, at: float, patience: float) -> Told:
    """Run the scripts of what is *due* as one command, for at most *patience* seconds."""
    scripts, unread = _scripts(host, due)
    if not scripts:
        return Told((), unread)
    token = new_token()
    try:
        async with asyncio.timeout(patience):
            most = min(seconds(scripts), patience)
            done = await host.run(compose(scripts, token), timeout=most, keep=KEEP)
    except (ToolError, TimeoutError) as error:
        return _away(host, str(error) or f"no answer within {patience:g} s")
    answers = split(done.output, token)
    if not answers:
        return _away(host, f"nothing can be run there: {_said(done)}")
    seen: list[Seen] = []
    for check, limits in due:
        if check.name in scripts:
            output, code = answers.get(check.name, ("", None))
            answer = Answer(host, output, code, partial(history, check.name, host.name), at)
            try:
                found = read(check, answer, limits)
            except Unreadable as problem:
                unread[check.name] = str(problem)
            else:
                seen += [Seen(check.name, host.name, each) for each in found]
    return Told(seen, unread)


def read(check: Check, answer: Answer, limits: Limits) -> list[Finding]:
    """What the answer says. Raises Unreadable, also for whatever the check itself raises."""
    if answer.exit_code is None or answer.exit_code in LATE:
        raise Unreadable(f"no answer within {check.timeout:g} s")
    given = check.read
    assert given
    return findings(file_of(given), lambda: given(answer, limits))


def findings(file: Path, found: Callable[[], Iterable[object]]) -> list[Finding]:
    """What a check of *file* gives, fit to be shown. Raises Unreadable for whatever goes wrong."""
    with theirs(file, Unreadable, but=(Unreadable, asyncio.CancelledError)):
        return [_sound(each) for each in islice(found(), _MOST)]


def _scripts(host: Host, due: Due) -> tuple[dict[str, Asked], dict[str, str]]:
    """By check, and which could not say theirs."""
    scripts: dict[str, Asked] = {}
    unread: dict[str, str] = {}
    room = _TOGETHER
    for check, limits in due:
        try:
            if text := _script(check, host, limits):
                room -= _size(text, min(room, _LONGEST))
                scripts[check.name] = Asked(text, check.timeout)
        except Unreadable as problem:
            unread[check.name] = str(problem)
    return scripts, unread


def _script(check: Check, host: Host, limits: Limits) -> str:
    """Raises Unreadable."""
    if check.script is None or isinstance(check.script, str):
        return check.script or ""
    with theirs(file_of(check.script), Unreadable, but=(Unreadable,)):
        return check.script(host, limits)


def _size(script: str, most: int) -> int:
    """Its bytes. Raises Unreadable where it would keep the others from being run."""
    try:
        size = len(script.encode())
    except UnicodeEncodeError:
        raise Unreadable("its script is no text") from None
    if "\0" in script or size > most:
        raise Unreadable(f"its script is too long, {size} bytes, or holds a NUL byte")
    return size


def _sound(found: object) -> Finding:
    """Its words as one line that can be seen, its signal a number."""
    if not isinstance(found, Finding):
        raise TypeError(f"a check gives findings, not {type(found).__name__}")
    value = found.value
    return replace(
        found,
        target=shown(found.target, 200),
        text=shown(found.text, 300),
        value=value if value is None or isfinite(value) else None,
    )


def file_of(fn: Callable[..., object]) -> Path:
    return Path(inspect.unwrap(fn).__code__.co_filename)


def _away(host: Host, why: str) -> Told:
    text = f"{host.name} cannot be reached: {shown(why)}"
    return Told(
        (Seen(AWAY, host.name, Finding("", ok=False, text=text, external=True)),), away=True
    )


def _said(done: CommandResult) -> str:
    lines: Iterator[str] = filter(None, map(str.strip, reversed(done.output.splitlines())))
    return next(lines, f"exit code {done.exit_code}")
