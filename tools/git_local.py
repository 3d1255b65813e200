"""Branches of a repository on this machine, read by GitPython: refs and objects are files, so no
process is started, and nothing of the repository's configuration can be."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tools.git_porcelain import Branch

if TYPE_CHECKING:
    from git import Commit, Head


def branches(path: str) -> list[Branch]:
    """Blocks; the most recent first. Raises ValueError when they cannot be read this way."""
    from git import GitError, Repo  # it takes 0.2 s to load

    try:
        with Repo(path) as repo:
            current = "" if repo.head.is_detached else repo.head.ref.name
            found = [_branch(head, current) for head in repo.heads]
    except (GitError, ValueError, OSError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error
    return sorted(found, key=lambda each: datetime.fromisoformat(each.when), reverse=True)


def _branch(head: "Head", current: str) -> Branch:
    commit = head.commit
    upstream = head.tracking_branch()
    return Branch(
        name=head.name,
        commit=commit.hexsha,
        when=_when(commit),
        upstream=upstream.name if upstream is not None else "",
        subject=" ".join(str(commit.message).partition("\n\n")[0].split()),
        current=head.name == current,
    )


def _when(commit: "Commit") -> str:
    offset = timezone(timedelta(seconds=-commit.committer_tz_offset))
    moment = datetime.fromtimestamp(commit.committed_date, UTC).astimezone(offset)
    return moment.isoformat()
