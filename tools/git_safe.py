"""Running git in repositories that nobody vouches for: nothing of their configuration may start a
program. What the account itself has configured (system and global) is trusted as its operator is.

Which keys start programs: git-config(1), gitattributes(5), githooks(5) and git-remote-ext(1)."""

import re
import shlex
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.resources import CommandResult, Host
from bot.tool import ToolContext, ToolError
from tools.places import readable, writable

_ENVIRONMENT = {
    # They win over any configuration.
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
    "GIT_ASKPASS": "",
    "GIT_PROXY_COMMAND": "",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "0",
}
_ALWAYS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.alternateRefsCommand=true",
    "diff.external=",
    "log.showSignature=false",
    "commit.gpgSign=false",
    "merge.verifySignatures=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "core.quotePath=false",
    "color.ui=false",
)
_RUNS = re.compile(
    r"filter\..+\.(clean|smudge|process)|merge\..+\.driver|credential\.(.+\.)?helper"
    r"|gpg\.(.+\.)?program|diff\..+\.(command|textconv)",
    re.IGNORECASE | re.DOTALL,
)
"""Keys with a name of the repository's choice in the middle, so each is found and overridden."""
_MIXES = re.compile(r"(filter|merge)\..+", re.IGNORECASE | re.DOTALL)
_FETCHING = ("fetch",)
KEEP = 512 * 1024
"""Bytes of git's output that are looked at."""
_CUT = "--- what git prints ---"
REF = r"^[A-Za-z0-9_@][A-Za-z0-9_./@{}~^+-]{0,200}$"
"""A branch, tag, commit, or an expression like ``HEAD~3`` and ``main..work``; never an option."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree on a host, and how git is run there."""

    host: Host
    path: str
    """Its top directory, real."""
    overrides: tuple[str, ...]
    rewrites: tuple[str, ...]
    """Keys of the repository's own that change what is written into its files."""

    async def read(self, *words: str) -> str:
        """Exactly what git prints for programs; raises ToolError with what it complains of."""
        result, printed = await _exactly(self.host, self.path, self.overrides, words)
        _worked(words[0], result)
        return printed

    async def git(self, *words: str, timeout: float = 30, keep: int = KEEP) -> str:  # noqa: ASYNC109 - the host's
        """What git prints for people; raises ToolError with what it complains of."""
        result = await self.run(*words, timeout=timeout, keep=keep)
        _worked(words[0], result)
        return result.output

    async def run(self, *words: str, timeout: float = 30, keep: int = KEEP) -> CommandResult:  # noqa: ASYNC109 - the host's
        command = _command(self.overrides, words)
        return await self.host.run(command, cwd=self.path, timeout=timeout, keep=keep)


async def opened(
    ctx: ToolContext, host: str | None, path: str, *, writing: bool = False
) -> Repository:
    """The repository that *path* is in. Raises ToolError: none, or not one to be used."""
    place = await (writable(ctx, host, path) if writing else readable(ctx, host, path))
    words = ("config", "--list", "--show-scope", "--includes", "-z")
    listed, config = await _exactly(place.host, place.path, (), words)
    _understood(place.host, path, listed)
    own = list(_own_keys(config))
    overrides = (*(f"{key}=" for key in own if _RUNS.fullmatch(key)), *_credentials(config))
    where = ("rev-parse", "--show-toplevel")
    found, top = await _exactly(place.host, place.path, overrides, where)
    _understood(place.host, path, found)
    top = await place.host.files.realpath(top.removesuffix("\n"))
    if place.path != top and not place.path.startswith(f"{top}/"):
        raise ToolError(f"{path} keeps its files elsewhere, in {top}: that is not followed")
    again = await (writable(ctx, host, top) if writing else readable(ctx, host, top))
    rewrites = tuple(key for key in own if _MIXES.fullmatch(key) and _RUNS.fullmatch(key))
    return Repository(place.host, again.path, overrides, rewrites)


async def _exactly(
    host: Host, path: str, overrides: Sequence[str], words: Sequence[str]
) -> tuple[CommandResult, str]:
    """How it ended and what it complained of, and apart from that every byte that it printed."""
    command = _command(overrides, words)
    script = (
        f"b=$({command} | head -c {KEEP} | base64 -w0; exit ${{PIPESTATUS[0]}}); c=$?;"
        f" echo; echo '{_CUT}'; echo $b; [ $c = 141 ] && c=0; exit $c"
    )
    result = await host.run(script, cwd=path, keep=4 * KEEP)
    said, _, printed = result.output.rpartition(f"\n{_CUT}\n")
    text = b64decode(printed.strip() or b"").decode(errors="surrogateescape")
    return replace(result, output=said), text


def _worked(verb: str, result: CommandResult) -> None:
    if result.exit_code != 0:
        raise ToolError(f"git {verb}: {result.output.strip()[-1_500:] or result.ended}")


def _command(overrides: Sequence[str], words: Sequence[str]) -> str:
    given = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
    options = [option for each in (*_ALWAYS, *overrides) for option in ("-c", each)]
    more = ["--upload-pack=git-upload-pack"] if words[0] in _FETCHING else []
    return shlex.join(["env", *given, "git", "--no-pager", *options, words[0], *more, *words[1:]])


def _understood(host: Host, path: str, result: CommandResult) -> None:
    if result.exit_code == 0:
        return
    said = result.output.strip()
    if result.exit_code == 127:  # env(1) says so of a program that is not there
        raise ToolError(f"git is not installed on {host.name}: install the package git")
    if "dubious ownership" in said:
        raise ToolError(
            f"{path} belongs to somebody else than {host.account}: a person can allow it with"
            f" git config --global --add safe.directory {shlex.quote(path)}"
        )
    if "not a git repository" in said or "must be run in a work tree" in said:
        raise ToolError(f"{path} on {host.name} is no git repository with files in it")
    raise ToolError(f"git on {host.name}: {said[-500:] or result.ended}")


def _entries(output: str) -> Iterator[tuple[str, str, str]]:
    """scope, key, value of ``git config --list --show-scope -z``"""
    words = iter(output.split("\0"))
    for scope in words:
        key, _, value = next(words, "").partition("\n")
        if key:
            yield scope.strip(), key, value


def _own_keys(output: str) -> Iterator[str]:
    """The keys that the repository itself sets."""
    return (key for scope, key, _ in _entries(output) if scope in ("local", "worktree"))


def _credentials(output: str) -> Iterator[str]:
    """No helper but those of the account: an empty one takes back all that came before."""
    yield "credential.helper="
    for scope, key, value in _entries(output):
        if scope in ("system", "global") and key == "credential.helper" and value:
            yield f"credential.helper={value}"
