"""``python -m bot checks``: which there are, whether a file would do, and what they see now."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from time import time

from bot.blocking import run_blocking
from bot.plugins.files import Unusable
from healer.asking import Seen
from healer.check import Check
from healer.check_files import CheckFiles, load
from healer.watch import Watch

_USAGE = "usage: checks list | checks check FILE … | checks run [NAME …]\n"


def cli(
    files: CheckFiles, once: Callable[[Mapping[str, Check]], Watch]
) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """*once*: makes a watch of these checks, for which all is due.

    Status 0 when all is well, 1 when something is not, 2 when it was asked wrongly."""

    async def checks(words: Sequence[str]) -> int:
        match list(words):
            case ["list"]:
                return await _list(files)
            case ["check", *paths] if paths:
                return max([await _check(files, Path(path)) for path in paths])
            case ["run", *names]:
                return await _run(files, once, names)
            case _:
                sys.stderr.write(_USAGE)
                return 2

    return {"checks": checks}


async def _list(files: CheckFiles) -> int:
    await files.prepare()
    sys.stdout.writelines(_line(files.all[name]) for name in sorted(files.all))
    troubles = files.troubles().values()
    sys.stderr.writelines(f"{problem}\n" for problem in troubles)
    return 1 if troubles else 0


async def _check(files: CheckFiles, path: Path) -> int:
    """What would happen if the file were put into the directory of checks."""
    try:
        plugin = await run_blocking("plugins", load, path)
    except Unusable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    taken = [check.name for check in plugin.items if check.name in files.builtin]
    sys.stdout.writelines(map(_line, plugin.items))
    sys.stderr.writelines(f"{path.name}: a built-in check is named {name!r}\n" for name in taken)
    return 1 if taken else 0


async def _run(
    files: CheckFiles, once: Callable[[Mapping[str, Check]], Watch], names: Sequence[str]
) -> int:
    """One look with all checks, or with these."""
    await files.prepare()
    if unknown := next((name for name in names if name not in files.all), ""):
        known = ", ".join(sorted(files.all))
        sys.stderr.write(f"there is no check {unknown!r}; there are: {known}\n")
        return 2
    watch = once({name: files.all[name] for name in names or files.all})
    seen = await watch.look(time())
    sys.stdout.writelines(map(_told, sorted(seen, key=_order)))
    troubles = [f"{name}: {why}\n" for name, why in sorted(watch.troubles().items())]
    sys.stderr.writelines(troubles)
    return 1 if troubles or not all(each.finding.ok for each in seen) else 0


def _order(seen: Seen) -> tuple[str, str, str]:
    return seen.host, seen.check, seen.finding.target


def _told(seen: Seen) -> str:
    state = "well" if seen.finding.ok else "BAD "
    return f"{state}  {seen.host or 'bot'}  {seen.check}  {seen.finding.text}\n"


def _line(check: Check) -> str:
    return f"{check.name}  every {check.every:g} s  {check.summary}\n"
