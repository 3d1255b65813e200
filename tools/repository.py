"""A repository on a host: where it is, whether its parts may be touched, and asking git in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from bot.resources import Host
from bot.tool import ToolContext, ToolError, as_text
from tools.git_asking import SECONDS, Answer, ask_git
from tools.git_porcelain import Status, read_attributes, read_names, read_status
from tools.git_safe import OLDEST, Entry, bare_environment, entries, environment, filters
from tools.hosts.output import visible
from tools.places import Place, host_errors, may_write, readable, writable

NETWORK = "file:http:https:ssh"
"""Transports that a pull may use: none that runs a command of the address (``ext::``)."""
FETCHING = 110.0
"""Seconds that talking to a remote may take."""
_PARTIAL = re.compile(r"remote\..*\.promisor|extensions\.partialclone", re.DOTALL)
NAMED = 5
"""Files that an error names."""
Directory = Annotated[
    str, Field(max_length=4096, description="absolute path of the repository, or a directory in it")
]
Revision = Annotated[
    str,
    Field(
        # gitrevisions(7) without its searches, ranges of the index, and options.
        pattern=r"^([A-Za-z0-9_@][A-Za-z0-9_./@{}^~+#-]*)?$",
        max_length=250,
    ),
]
InRepository = Annotated[
    str, Field(max_length=4096, pattern=r"^[^\x00]*$", description="only this file or directory")
]


@dataclass(frozen=True, slots=True)
class Repository:
    host: Host
    top: str
    """Real path of the working tree; of the repository itself when it is a bare one."""
    bare: bool
    config: Sequence[Entry]

    async def ask(self, *commands: Sequence[str]) -> list[Answer]:
        """Answers of commands that only look."""
        env = environment(self.config, transports="none")
        return await ask_git(self.host, self.top, *map(_quiet, commands), env=env)

    async def read(self, *words: str) -> Answer:
        """The answer of one of them. Raises ToolError with what git says when it fails."""
        [answer] = await self.ask(words)
        return answer if answer.ok else self.fail(answer)

    async def reach(self, *words: str) -> Answer:
        """The answer of a command that talks to a remote, and changes no reference or file."""
        env = environment(self.config, transports=NETWORK)
        [answer] = await ask_git(self.host, self.top, _quiet(words), env=env, seconds=FETCHING)
        return answer

    async def change(self, *words: str, seconds: float = SECONDS) -> Answer:
        """The answer of a command that writes into the repository. Raises OutcomeUnknown."""
        env = environment(self.config, transports="none")
        [answer] = await ask_git(
            self.host, self.top, _quiet(words), env=env, seconds=seconds, changes=True
        )
        return answer

    def fail(self, answer: Answer) -> Answer:
        """Raises ToolError with what git said."""
        said = answer.said.strip() or answer.text.strip() or f"git ended with code {answer.code}"
        raise ToolError(said.removeprefix("fatal: ").removeprefix("error: "))

    async def status(self) -> Status:
        """Submodules count as changed when they are at another commit, nobody looks into them."""
        if self.bare:
            raise ToolError(f"{self.top} is a bare repository: it has no working tree")
        options = ("--porcelain=v2", "--branch", "--show-stash", "-z", "--untracked-files=normal")
        answer = await self.read("status", *options, "--ignore-submodules=dirty")
        return read_status(answer.out)

    async def must_be_clean(self) -> Status:
        """Raises ToolError when files that git tracks were changed."""
        status = await self.status()
        if dirty := status.dirty:
            raise ToolError(
                f"{self.top} has changes that are not committed: {named(e.path for e in dirty)}; "
                "nothing was done: commit, stash or drop them first"
            )
        return status

    async def must_be_writable(self, old: str, new: str) -> None:
        """Raises ToolError when going from one commit to another would write what tools may not,
        or what only a filter that is switched off could write."""
        if any(_PARTIAL.fullmatch(entry.name) for entry in self.config):
            raise ToolError("it is a partial clone, which git would have to complete")
        difference = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", old, new, "--")
        answer = await self.read(*difference)
        names = read_names(answer.out)
        if answer.cut:
            raise ToolError("it would change more files than can be looked at; a person should")
        forbidden = [name for name in names if not may_write(self.host, f"{self.top}/{name}")]
        if forbidden:
            raise ToolError(f"it would change what tools may not touch: {named(forbidden)}")
        await self._must_not_be_filtered(names)

    async def _must_not_be_filtered(self, names: Sequence[str]) -> None:
        drivers = filters(self.config)
        if not drivers:
            return
        attributes = [name for name in names if name.rpartition("/")[2] == ".gitattributes"]
        assigns = attributes or await self._attributed(names)
        if assigns:
            raise ToolError(
                f"it changes {named(assigns)}, which the filter {', '.join(sorted(drivers))} may "
                "have to write; tools start no filters: a person should do it"
            )

    async def _attributed(self, names: Sequence[str]) -> list[str]:
        found: list[str] = []
        for at in range(0, len(names), 500):
            some = names[at : at + 500]
            answer = await self.read("check-attr", "-z", "filter", "--", *some)
            found += [path for path, value in read_attributes(answer.out) if value != "unspecified"]
        return found


def _quiet(words: Sequence[str]) -> list[str]:
    return ["--no-pager", *words]


def named(paths: Iterable[str]) -> str:
    """The first few of some names, in one line that is safe to show."""
    every = [shown(path) for path in paths]
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def shown(text: str) -> str:
    """In one line, with everything that cannot be seen written out."""
    return visible(as_text(text)).replace("\n", "\\n").replace("\t", "\\t")


async def opened(ctx: ToolContext, host: str | None, path: str, *, writes: bool) -> Repository:
    """The repository that *path* is in. Raises NotHere when a part of it may not be touched,
    ToolError when there is none."""
    allowed = writable if writes else readable
    place = await allowed(ctx, host, path)
    with host_errors():
        if (await place.host.files.stat(place.path)).kind != "directory":
            raise ToolError(f"{place.path} is not a directory")
    version, listed, *found = await ask_git(
        place.host, place.path, *map(_quiet, _QUESTIONS), env=bare_environment()
    )
    _must_be_current(place.host, version)
    parts = _parts(place, found)
    if not listed.ok or listed.cut:
        raise ToolError(f"its configuration cannot be read: {listed.said.strip() or 'too long'}")
    bare = parts["bare"] == "true"
    top = parts["git directory"] if bare else parts["top"]
    if not top:
        raise ToolError(f"{place.path} holds a repository's own files; name its working tree")
    for part in {top, parts["git directory"], parts["common directory"]}:
        # Configuration and .git files can lead anywhere.
        await allowed(ctx, place.host.name, part)
    return Repository(place.host, top, bare, entries(listed.out))


_QUESTIONS: Sequence[Sequence[str]] = (
    ("version",),
    ("config", "--list", "-z", "--show-scope", "--includes"),
    ("rev-parse", "--is-bare-repository"),
    ("rev-parse", "--absolute-git-dir"),
    ("rev-parse", "--path-format=absolute", "--git-common-dir"),
    ("rev-parse", "--show-toplevel"),
)
"""Nothing that these read can start a program."""
_PARTS = ("bare", "git directory", "common directory", "top")


def _must_be_current(host: Host, version: Answer) -> None:
    """Raises ToolError for a git that would not see the overrides."""
    numbers = version.text.removeprefix("git version ").split(".")[:2]
    if not all(each.isdecimal() for each in numbers) or tuple(map(int, numbers)) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise ToolError(f"{host.name} has {version.text!r}; git {wanted} or later is needed")


def _parts(place: Place, found: Sequence[Answer]) -> Mapping[str, str]:
    said = found[1].said
    if "dubious ownership" in said:
        raise ToolError(
            f"the repository at {place.path} belongs to another account; if it can be trusted, let "
            f"a person run as {place.host.account}: git config --global --add safe.directory PATH"
        )
    if not found[1].ok:
        raise ToolError(f"{place.path} is not in a git repository" + _why(said))
    # Only the working tree may be missing: there is none inside of .git.
    known = zip(_PARTS, found, strict=True)
    return {name: answer.text if answer.ok else "" for name, answer in known}


def _why(said: str) -> str:
    usual = "not a git repository" in said
    return "" if usual or not said else f": {said.strip().removeprefix('fatal: ')}"
