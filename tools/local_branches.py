"""Branches of a repository on the bot's own machine, read in this process by GitPython.

It is what GitPython does better than git here: a repository is found and its references, which are
plain files, are read without starting anything. All else is asked of git itself, on this machine as
on others (``tools/repository.py``): GitPython starts git for it too, without the guard of
``tools/git_safe.py``, and its own readers of objects are deprecated by its authors."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.blocking import run_blocking
from tools.git_porcelain import Branch, short, sorted_branches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from git import Head, Repo


@dataclass(frozen=True, slots=True)
class LocalBranches:
    branches: Sequence[Branch]
    places: Sequence[str]
    """Where the repository was read: paths that still have to be allowed."""


async def local_branches(directory: str) -> LocalBranches | None:
    """Of the repository that *directory* is in; None where GitPython cannot read it, be it that
    there is none or that it is in one of the formats that only git knows."""
    return await run_blocking("git", _read, directory)


def _read(directory: str) -> LocalBranches | None:
    import git

    with (
        suppress(git.GitError, ValueError, OSError),
        git.Repo(directory, search_parent_directories=True, expand_vars=False) as repo,
    ):
        if not repo.config_reader("repository").has_option("extensions", "refstorage"):
            places = {str(repo.git_dir), str(repo.common_dir), str(repo.working_tree_dir or "")}
            branches = sorted_branches(_branches(repo))
            return LocalBranches(branches, sorted(places - {""}))
    return None


def _branches(repo: Repo) -> Iterator[Branch]:
    from git import RemoteReference

    current = "" if repo.head.is_detached else str(repo.head.reference.path)
    for each in [*repo.heads, *RemoteReference.iter_items(repo)]:
        if not _is_symbolic(each):
            path = str(each.path)
            remote = isinstance(each, RemoteReference)
            upstream = None if remote else each.tracking_branch()
            yield Branch(
                name=short(path),
                commit=str(each.dereference_recursive(repo, path)),
                upstream=short(str(upstream.path)) if upstream else "",
                current=path == current,
                remote=remote,
            )


def _is_symbolic(reference: Head) -> bool:
    """Another name for a branch, such as ``origin/HEAD``."""
    try:
        return bool(reference.reference)
    except TypeError:
        return False
