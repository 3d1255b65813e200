"""``python -m bot runbooks``: which there are, whether a file would do, what one would do."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from bot.resources import Hosts
from bot.tool import Tool, ToolError
from healer.catalogue import Catalogue
from healer.dry_run import dry_run
from healer.never import Bounds
from healer.parameter import Unfit
from healer.plan import plan
from healer.runbook import Runbook
from healer.runbook_file import BadRunbook, Entry, load, samples

_USAGE = (
    "usage: runbooks list | runbooks check [FILE …] | runbooks dry-run ID --host HOST"
    " [NAME=VALUE …]\n"
)
_MISUSED = ("missing", "extra_forbidden", "literal_error")
"""What is wrong with a call whatever its values are."""
Toolset = Callable[[], Awaitable[Mapping[str, Tool]]]


def cli(
    catalogue: Catalogue, hosts: Hosts, toolset: Toolset
) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """Status 0 when all is well, 1 when a runbook is not, 2 when it was asked wrongly."""

    async def runbooks(words: Sequence[str]) -> int:
        match list(words):
            case ["list"]:
                return _list(catalogue)
            case ["check", *files]:
                return _check(catalogue, [Path(file) for file in files], await toolset())
            case ["dry-run", runbook, *rest] if rest.count("--host") == 1 and rest[-1] != "--host":
                at = rest.index("--host")
                given = rest[:at] + rest[at + 2 :]
                return _dry_run(catalogue, hosts, runbook, rest[at + 1], given)
            case _:
                sys.stderr.write(_USAGE)
                return 2

    return {"runbooks": runbooks}


def _list(catalogue: Catalogue) -> int:
    for name, entry in sorted(catalogue.entries.items()):
        fixes = ",".join(entry.runbook.fixes)
        sys.stdout.write(
            f"{name}  {entry.version}  {entry.runbook.risk}  fixes {fixes}  {entry.runbook.title}\n"
        )
    return _told(list(catalogue.troubles().values()))


def _check(catalogue: Catalogue, files: Sequence[Path], tools: Mapping[str, Tool]) -> int:
    """The given files, or all that there are."""
    entries: list[Entry] = []
    problems: list[str] = []
    for file in files:
        try:
            entries.append(load(file, catalogue.bounds))
        except BadRunbook as error:
            problems.append(str(error))
    if not files:
        entries, problems = list(catalogue.entries.values()), [*catalogue.troubles().values()]
    for entry in entries:
        found = list(misuses(entry.runbook, catalogue.bounds, tools))
        problems += [f"{entry.file.name}: {problem}" for problem in found]
        other = catalogue.get(entry.runbook.id)
        if other and other.file.resolve() != entry.file.resolve():
            problems.append(
                f"{entry.file.name}: the id {entry.runbook.id!r} is taken by {other.file.name}"
            )
        if not found:
            sys.stdout.write(f"{entry.runbook.id}  {entry.version}  {entry.file.name}\n")
    return _told(problems)


def _dry_run(
    catalogue: Catalogue, hosts: Hosts, runbook: str, host: str, given: Sequence[str]
) -> int:
    entry = catalogue.get(runbook)
    if not entry:
        known = ", ".join(sorted(catalogue.entries))
        return _told([f"there is no runbook {runbook!r}; there are: {known}"])
    values = {name: value for name, _, value in (word.partition("=") for word in given)}
    try:
        name = hosts.get(host).name
        made = plan(entry.runbook, entry.version, name, values, catalogue.bounds)
    except (ToolError, Unfit) as error:
        return _told([str(error)])
    sys.stdout.write(f"{dry_run(made)}\n")
    return 0


def misuses(runbook: Runbook, bounds: Bounds, tools: Mapping[str, Tool]) -> Iterator[str]:
    """Calls of tools that there are not, or of arguments that they do not have."""
    for place, name, arguments in samples(runbook, bounds):
        where = ".".join(str(each) for each in place)
        if name not in tools:
            yield f"{where}: there is no tool {name!r}"
            continue
        try:
            tools[name].parse({**arguments, "host": "local"})
        except ValidationError as error:
            for problem in error.errors():
                if problem["type"] in _MISUSED:
                    at = ".".join(str(each) for each in problem["loc"])
                    yield f"{where}: {name}: {at}: {problem['msg']}"


def _told(problems: Sequence[str]) -> int:
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0
