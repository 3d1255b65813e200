"""What a command would delete, and whether a runbook may: only within listed directories."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from posixpath import normpath

from healer.shell_words import redirects

_DELETE = {"rm", "rmdir", "unlink", "shred", "truncate", "srm", "wipe"}
_WRITE = {"mv", "cp", "tee", "ln", "install", "rsync", "tmpreaper", "tmpwatch"}
_ELSEWHERE = re.compile(r"-(exec|execdir|ok|okdir|fprint0?|fprintf|fls|files0-from|follow|L|H)")
"""Options of find that run or write something, or follow links out of a directory."""
_ENGINES = {"docker", "podman", "nerdctl", "docker-compose"}
_SHALLOWEST = 2
"""Parts of a path that may be listed: /var/log, but not /var."""


def deletions(
    words: Sequence[str], listed: Sequence[str], own: Sequence[str] = ()
) -> Iterator[str]:
    """Why this command may not be: one line each; none when it deletes nothing but what is within
    the *listed* directories and holds nothing of *own*."""
    names = [PurePosixPath(word).name for word in words]
    for at, name in enumerate(names):
        rest = words[at + 1 :]
        if name in _DELETE:
            paths = [word for word in rest if not word.startswith("-")]
            yield from _outside(name, paths, listed, own)
        elif name in _WRITE:
            yield f"a command of a runbook writes no files: {name}"
        elif name == "find":
            yield from _find(rest, listed, own)
        elif name in _ENGINES:
            yield from _engine(rest)
    for one, two in pairwise(words):
        if redirects(one) and two not in ("/dev/null", "1", "2"):
            yield f"a command of a runbook writes no files: {one} {two}"


def unlistable(directory: str) -> str:
    """Why a directory cannot be one in which a runbook deletes, or nothing."""
    path = PurePosixPath(directory)
    if not path.is_absolute() or normpath(directory) != directory:
        return f"{directory!r} is no absolute path"
    if len(path.parts) <= _SHALLOWEST:
        return f"{directory!r} holds too much to delete in"
    return ""


def within(path: str, directories: Sequence[str]) -> bool:
    """Whether *path* is one of the directories or lies in one."""
    here = PurePosixPath(normpath(path))
    return path.startswith("/") and any(here.is_relative_to(each) for each in directories)


def _outside(
    program: str, paths: Sequence[str], listed: Sequence[str], own: Sequence[str]
) -> Iterator[str]:
    if not paths:
        yield f"{program} does not say what it deletes"
    for path in paths:
        holds = [each for each in own if each.startswith("/") and within(each, (normpath(path),))]
        if holds:
            yield f"{program} {path}: never the bot itself"
        elif re.search(r"[{}~]", path) or not within(path, listed):
            yield f"{program} {path}: deletion only within a directory that is listed"


def _find(rest: Sequence[str], listed: Sequence[str], own: Sequence[str]) -> Iterator[str]:
    for word in rest:
        if _ELSEWHERE.fullmatch(word):
            yield f"find {word}: a runbook's find only prints or deletes"
    if "-delete" not in rest:
        return
    starts: list[str] = []
    for word in rest:
        if word.startswith(("-", "!", "(")):
            break
        starts.append(word)
    if ("-type", "f") not in pairwise(rest):
        yield "find -delete: only files (-type f)"
    if set(rest) & {"-o", "-or", ",", "!", "-not"}:
        yield "find -delete: without alternatives, so that it is plain what is deleted"
    yield from _outside("find", starts, listed, own)


def _engine(rest: Sequence[str]) -> Iterator[str]:
    for before, word in pairwise(("", *rest)):
        if word in ("rm", "rmi", "down", "remove") or (
            word == "prune" and before not in ("image", "builder")
        ):
            yield f"docker {word}: it takes away what is still needed"
    if "prune" in rest and {"-a", "--all", "--volumes", "-af", "-fa"} & set(rest):
        yield "docker prune: only what nothing refers to (without --all)"
