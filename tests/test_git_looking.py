"""git_status, git_diff, git_log and git_branch on real repositories."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.tool import Level, Risk, ToolContext, ToolError, Trust
from tests.repository_kit import World, commit, git, head, made, world
from tests.tools_kit import call, context, judged
from tools.repositories import PATCH, git_diff, git_log, git_status
from tools.repository_branches import git_branch


@pytest.fixture
def repos(tmp_path: Path) -> World:
    return world(tmp_path / "repos")


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data")


async def test_status(repos: World, ctx: ToolContext) -> None:
    """Branch, distance to the upstream, and each file with what happened to it, also when asked
    from a directory inside."""
    here = repos.here
    commit(here, "sub/moved.txt", "some text\n" * 9)
    (here / "a.txt").write_text("changed")
    git(here, "mv", "sub/moved.txt", "sub/new name.txt")
    (here / "extra").write_text("")
    told = await call(git_status, ctx, path=str(here / "sub"))

    assert told.text.startswith(f"{here}: on branch main, at {head(here)[:12]}\n")
    assert "upstream origin/main: 1 ahead, 0 behind" in told.text
    assert "2 changed, 1 untracked" in told.text
    assert told.table is not None
    assert {
        ("modified", "a.txt"),
        ("renamed (staged)", "sub/moved.txt → sub/new name.txt"),
        ("untracked", "extra"),
    } == set(told.table.rows)


async def test_unusual_names_stay_one_line_each(repos: World, ctx: ToolContext) -> None:
    """Line feeds, quotes, escape sequences and bytes that are no UTF-8 are written out."""
    names = [b"a\nb", b'"q"', b"\x1b[31mred", b"\xff", b"-rf", b" lead", "ü".encode()]
    for name in names:
        Path(bytes(repos.here).decode(), name.decode(errors="surrogateescape")).write_text("x")
    told = await call(git_status, ctx, path=str(repos.here))

    assert told.table is not None
    assert {"a\\nb", '"q"', "\\x1b[31mred", "\\xff", "-rf", " lead", "ü"} == {
        name for _, name in told.table.rows
    }
    git(repos.here, "add", "--all")
    shown = await call(git_diff, ctx, path=str(repos.here), staged=True)
    assert shown.table is not None
    assert len(names) == len(shown.table.rows)
    assert "\x1b" not in shown.text


async def test_before_the_first_commit(tmp_path: Path, ctx: ToolContext) -> None:
    """An empty repository is told as one by all four."""
    empty = str(made(tmp_path / "empty"))

    assert "before its first commit" in (await call(git_status, ctx, path=empty)).text
    assert "no commits yet" == (await call(git_log, ctx, path=empty)).text
    assert "no changes" == (await call(git_diff, ctx, path=empty)).text
    assert "no branches yet" == (await call(git_branch, ctx, path=empty)).text


async def test_a_detached_head(repos: World, ctx: ToolContext) -> None:
    """No branch is named."""
    git(repos.here, "checkout", "--quiet", "--detach")

    assert "HEAD is detached" in (await call(git_status, ctx, path=str(repos.here))).text
    assert "no branch is checked out" in (await call(git_branch, ctx, path=str(repos.here))).text


async def test_conflicts_are_named(repos: World, ctx: ToolContext) -> None:
    """A file that both sides changed is a conflict."""
    git(repos.here, "checkout", "--quiet", "-b", "other")
    commit(repos.here, "a.txt", "other\n")
    git(repos.here, "checkout", "--quiet", "main")
    commit(repos.here, "a.txt", "mine\n")
    git(repos.here, "merge", "other", check=False)

    assert "\nconflict a.txt" in (await call(git_status, ctx, path=str(repos.here))).text


async def test_differences(repos: World, ctx: ToolContext) -> None:
    """Not yet staged, staged, against a commit, between commits, of one file."""
    here = repos.here
    first = head(here)
    commit(here, "b.txt", "b\n")
    (here / "a.txt").write_text("one\n2\nthree\n")
    git(here, "add", "a.txt")
    (here / "b.txt").write_text("bb\n")
    path = str(here)

    assert "-b\n+bb" in (await call(git_diff, ctx, path=path)).text
    assert "a.txt" not in (await call(git_diff, ctx, path=path)).text
    assert "-two\n+2" in (await call(git_diff, ctx, path=path, staged=True)).text
    both = await call(git_diff, ctx, path=path, ref="HEAD")
    assert "2 files changed\na.txt +1 -1\nb.txt +1 -1\n" in both.text
    assert "+b" in (await call(git_diff, ctx, path=path, ref=f"{first}..HEAD")).text
    assert "a.txt" not in (await call(git_diff, ctx, path=path, ref="HEAD", file="b.txt")).text


async def test_large_and_binary_differences(repos: World, ctx: ToolContext) -> None:
    """A binary file is named; what is too much is cut and said to be."""
    (repos.here / "logo.png").write_bytes(b"\x89PNG\0" * 99)
    (repos.here / "large.txt").write_text("line of text\n" * 200_000)
    git(repos.here, "add", "--all")
    told = (await call(git_diff, ctx, path=str(repos.here), staged=True)).text

    assert "logo.png binary" in told
    assert "large.txt +200000 -0" in told
    assert told.endswith("[… the rest is left out: ask for one file …]")
    assert len(told) < PATCH + 1_000


async def test_secrets_in_a_repository_are_not_shown(repos: World, ctx: ToolContext) -> None:
    """A file that read_file would refuse is named in a difference, its content is not; not under
    its new name either."""
    commit(repos.here, ".env", "TOKEN=hunter2\n" * 9)
    git(repos.here, "mv", ".env", "settings.txt")
    git(repos.here, "commit", "--quiet", "--message", "rename")
    told = await call(git_diff, ctx, path=str(repos.here), ref="HEAD~2..HEAD~1")

    assert "tools may not read it: .env" in told.text
    assert "hunter2" not in told.text
    renamed = await call(git_diff, ctx, path=str(repos.here), ref="HEAD~1..HEAD")
    assert "tools may not read it: .env" in renamed.text
    assert "hunter2" not in renamed.text


async def test_history(repos: World, ctx: ToolContext) -> None:
    """Newest first, with author and names; by time, file and range; no more than asked for."""
    for number in range(5):
        commit(repos.here, f"f{number}", "", f"Add number {number}")
    path = str(repos.here)
    told = await call(git_log, ctx, path=path, limit=2)

    assert told.table is not None
    assert ["Add number 4", "Add number 3"] == [row[3] for row in told.table.rows]
    assert "Ann Example: Add number 4 (HEAD -> main)" in told.text
    later = await call(git_log, ctx, path=path, since="2099-01-01")
    assert "no commits" == later.text
    only = await call(git_log, ctx, path=path, file="f1")
    assert only.table is not None
    assert ["Add number 1"] == [row[3] for row in only.table.rows]
    ahead = await call(git_log, ctx, path=path, ref="origin/main..HEAD")
    assert ahead.table is not None
    assert 5 == len(ahead.table.rows)
    with pytest.raises(ToolError, match="nowhere"):
        await call(git_log, ctx, path=path, ref="nowhere")


async def test_what_is_no_repository(tmp_path: Path, ctx: ToolContext) -> None:
    """A directory without one, none at all, a file, a bare one: each says what is the matter."""
    plain = tmp_path / "plain"
    plain.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    for each in (git_status, git_diff, git_log, git_branch):
        with pytest.raises(ToolError, match=r"plain is not in a git repository$"):
            await call(each, ctx, path=str(plain))
        with pytest.raises(ToolError, match="No such file"):
            await call(each, ctx, path=str(tmp_path / "none"))
    with pytest.raises(ToolError, match="bare repository"):
        await call(git_status, ctx, path=str(tmp_path / "bare"))
    with pytest.raises(ToolError, match="working tree"):
        await call(git_status, ctx, path=str(made(tmp_path / "full") / ".git"))


@pytest.mark.parametrize("ref", ["--output=/x", "-p", "--", "a b", "HEAD:a.txt", ":/x", "a\nb"])
def test_options_are_no_revisions(ref: str) -> None:
    """What git could take for an option or a path is refused."""
    for each in (git_diff, git_log):
        with pytest.raises(ValidationError):
            each.parse({"path": "/x", "ref": ref})


async def test_a_repository_of_somebody_else(repos: World, ctx: ToolContext) -> None:
    """git does not trust it; how a person can is told."""
    for each in (repos.here, *repos.here.rglob("*")):
        os.chown(each, 12345, 12345)
    with pytest.raises(ToolError, match=r"another account.*safe\.directory"):
        await call(git_status, ctx, path=str(repos.here))


async def test_only_where_files_may_be_read(tmp_path: Path, repos: World) -> None:
    """Outside of the roots the call is denied; so is what a repository's files point to."""
    inside = tmp_path / "inside"
    ctx = context(tmp_path / "data", f"read:{inside}")
    linked = made(inside)
    denied = await judged(git_status, ctx, path=str(repos.here))
    allowed = await judged(git_status, ctx, path=str(linked))

    assert (Level.DENY, Level.ALLOW) == (denied.level, allowed.level)
    assert (Risk.READ, Trust.EXTERNAL) == (allowed.risk, allowed.trust)
    git(linked, "config", "core.worktree", str(repos.here))
    for each in (git_status, git_diff):
        with pytest.raises(ToolError, match="may not be read"):
            await call(each, ctx, path=str(linked))
    (linked / "sub").mkdir()
    (linked / "sub" / ".git").write_text(f"gitdir: {repos.here}/.git\n")
    for each in (git_log, git_branch):
        with pytest.raises(ToolError, match="may not be read"):
            await call(each, ctx, path=str(linked / "sub"))
