"""Branches read by GitPython in this process, and asked of git: the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.tool import ToolContext
from tests.repository_kit import commit, git, made, world
from tests.tools_kit import context
from tools.local_branches import local_branches
from tools.repository import opened
from tools.repository_branches import asked_branches


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data")


def _plain(root: Path) -> Path:
    return world(root).here


def _many(root: Path) -> Path:
    repos = world(root)
    git(repos.colleague, "push", "--quiet", "origin", "HEAD:refs/heads/feature/x")
    git(repos.here, "fetch", "--quiet")
    git(repos.here, "branch", "--track", "ü/y", "origin/feature/x")
    git(repos.here, "pack-refs", "--all")
    commit(repos.here, "b.txt", "b")
    git(repos.here, "branch", "loose")
    git(repos.here, "symbolic-ref", "refs/heads/nickname", "refs/heads/loose")
    return repos.here


def _detached(root: Path) -> Path:
    here = _many(root)
    git(here, "checkout", "--quiet", "--detach")
    return here


def _second_tree(root: Path) -> Path:
    here = _many(root)
    git(here, "worktree", "add", "--quiet", str(root / "second"), "loose")
    return root / "second"


def _empty(root: Path) -> Path:
    root.mkdir()
    return made(root / "empty")


def _bare(root: Path) -> Path:
    return world(root).bare


@pytest.mark.parametrize("make", [_plain, _many, _detached, _second_tree, _empty, _bare])
async def test_both_ways_tell_the_same(
    make: Callable[[Path], Path], tmp_path: Path, ctx: ToolContext
) -> None:
    """Names, commits, upstreams, the current one: packed and loose, in every kind of repository."""
    path = str(make(tmp_path / "repos"))
    here = await local_branches(path)
    there = await asked_branches(await opened(ctx, None, path, writes=False))

    assert here is not None
    assert there == here.branches


async def test_what_gitpython_cannot_read_is_left_to_git(tmp_path: Path) -> None:
    """No repository, or another format of references."""
    assert await local_branches(str(tmp_path)) is None
    here = world(tmp_path / "repos").here
    git(here, "config", "extensions.refStorage", "reftable")
    assert await local_branches(str(here)) is None
