"""git_pull and switching branches: what comes in, what is refused, and that no half is left."""

from pathlib import Path

import pytest

from bot.tool import Level, Risk, ToolContext, ToolError
from tests.driving_kit import driving
from tests.repository_kit import World, commit, git, head, world
from tests.tools_kit import call, context, judged, previewed
from tools.repository_branches import git_branch
from tools.repository_pull import git_pull


@pytest.fixture
def repos(tmp_path: Path) -> World:
    return world(tmp_path / "repos")


@pytest.fixture
def ctx(tmp_path: Path, repos: World) -> ToolContext:
    return context(tmp_path / "data", f"write:{repos.root}", "read:/")


def state(repository: Path) -> list[str]:
    """All that a failed pull must leave as it was: commit, references, index, files."""
    questions = ("rev-parse HEAD", "for-each-ref", "status --porcelain", "ls-files -s")
    files = sorted(file for file in repository.iterdir() if file.is_file())
    return [*(git(repository, *each.split()) for each in questions), *map(Path.read_text, files)]


async def test_a_pull_is_shown_approved_and_done(tmp_path: Path, repos: World) -> None:
    """The card lists the incoming commits and files before anything has changed; afterwards the
    result tells both commits, and the remote's branch is remembered."""
    before = head(repos.here)
    repos.pushed("b.txt", "b\n", "Add b")
    after = repos.pushed("a.txt", "one\n", "Shorten a")
    (tmp_path / "data").mkdir()
    roots = (f"write:{repos.root}", "read:/")
    async with driving(tmp_path / "data", files_roots=roots) as bot:
        thread, asked = await bot.begin("git_pull", path=str(repos.here))
        [request] = asked.asked
        assert before == head(repos.here)
        assert before == git(repos.here, "rev-parse", "origin/main")
        assert "2 commits of origin/main:" in request.preview
        assert "Ann Example: Shorten a" in request.preview
        assert "b.txt | 1 +" in request.preview
        assert Risk.CHANGE == request.verdict.risk
        assert "reset --keep BEFORE" in request.undo
        told = await bot.call("git_pull", path=str(repos.here))

    assert after == head(repos.here) == git(repos.here, "rev-parse", "origin/main")
    assert f"before: {before}\nafter: {after}" in told.output
    assert "" == git(repos.here, "status", "--porcelain")
    git(repos.here, "reset", "--keep", before)
    assert not (repos.here / "b.txt").exists()
    assert thread


async def test_all_five_through_the_agent(tmp_path: Path, repos: World) -> None:
    """Looking asks nobody; a new branch does."""
    (tmp_path / "data").mkdir()
    roots = (f"write:{repos.root}", "read:/")
    path = str(repos.here)
    async with driving(tmp_path / "data", files_roots=roots) as bot:
        looked = [
            await bot.call(name, path=path)
            for name in ("git_status", "git_diff", "git_log", "git_branch")
        ]
        made = await bot.call("git_branch", path=path, action="create", name="side")

    assert [] == [asked for each in looked for asked in each.asked]
    assert "on branch main" in looked[0].output
    assert "no changes" == looked[1].output
    assert "begin" in looked[2].output
    assert "* main" in looked[3].output
    assert 1 == len(made.asked)
    assert "side" in git(repos.here, "branch")


async def test_more_commits_since_are_another_call(ctx: ToolContext, repos: World) -> None:
    """What the approval is for changes with the remote's branch and with HEAD."""
    repos.pushed("b.txt", "b\n")
    first = await judged(git_pull, ctx, path=str(repos.here))
    again = await judged(git_pull, ctx, path=str(repos.here))
    repos.pushed("c.txt", "c\n")
    later = await judged(git_pull, ctx, path=str(repos.here))

    assert first.basis == again.basis != later.basis


async def test_nothing_to_pull(ctx: ToolContext, repos: World) -> None:
    """It is said, and nobody is asked."""
    with pytest.raises(ToolError, match="nothing to pull: main has all of origin/main"):
        await judged(git_pull, ctx, path=str(repos.here))


async def test_a_changed_tree_is_refused(ctx: ToolContext, repos: World) -> None:
    """Before anything is fetched. Untracked files do not matter, unless they are in the way."""
    repos.pushed("b.txt", "b\n")
    (repos.here / "extra.txt").write_text("mine")
    (repos.here / "a.txt").write_text("mine")
    before = state(repos.here)
    with pytest.raises(ToolError, match=r"not committed: a\.txt; nothing was done"):
        await call(git_pull, ctx, path=str(repos.here))
    assert before == state(repos.here)
    git(repos.here, "checkout", "--quiet", "a.txt")
    (repos.here / "b.txt").write_text("in the way")
    before = state(repos.here)
    with pytest.raises(ToolError, match=r"all is as it was before(.|\n)*b\.txt"):
        await call(git_pull, ctx, path=str(repos.here))

    assert before == state(repos.here)


@pytest.mark.parametrize("how", ["merge", "rebase"])
async def test_both_sides_changed(ctx: ToolContext, repos: World, how: str) -> None:
    """Only a fast-forward is done unasked; what is asked for is done."""
    theirs = repos.pushed("b.txt", "b\n")
    mine = commit(repos.here, "c.txt", "c\n")
    path = str(repos.here)
    with pytest.raises(ToolError, match=r"went different ways \(1 commits here, 1 there\)"):
        await judged(git_pull, ctx, path=path)
    verdict = await judged(git_pull, ctx, path=path, how=how)
    assert (Level.ASK, Risk.DANGER if how == "rebase" else Risk.CHANGE) == (
        verdict.level,
        verdict.risk,
    )
    await call(git_pull, ctx, path=path, how=how)

    parents = git(repos.here, "show", "--no-patch", "--format=%P", "HEAD").split()
    assert ([mine, theirs] if how == "merge" else [theirs]) == parents
    assert {"a.txt", "b.txt", "c.txt"} == {p.name for p in repos.here.iterdir()} - {".git"}


@pytest.mark.parametrize("how", ["merge", "rebase"])
async def test_a_conflict_is_taken_back(ctx: ToolContext, repos: World, how: str) -> None:
    """The error names the file; commit, references, index and files are as before."""
    repos.pushed("a.txt", "theirs\n")
    commit(repos.here, "a.txt", "mine\n")
    before = state(repos.here)
    with pytest.raises(ToolError, match=rf"{how} failed, all is as it was before(.|\n)*a\.txt"):
        await call(git_pull, ctx, path=str(repos.here), how=how)

    assert before == state(repos.here)
    assert not (repos.here / ".git/MERGE_HEAD").exists()


async def test_where_there_is_nothing_to_pull_from(ctx: ToolContext, repos: World) -> None:
    """A branch without upstream, a detached HEAD, a remote that is gone, its branch gone."""
    path = str(repos.here)
    git(repos.here, "switch", "--quiet", "--create", "alone")
    with pytest.raises(ToolError, match="alone follows no branch of a remote"):
        await judged(git_pull, ctx, path=path)
    git(repos.here, "switch", "--quiet", "--detach")
    with pytest.raises(ToolError, match="not on a branch"):
        await judged(git_pull, ctx, path=path)
    git(repos.here, "switch", "--quiet", "main")
    git(repos.here, "config", "branch.main.merge", "refs/heads/gone")
    with pytest.raises(ToolError, match="origin has no branch gone any more"):
        await judged(git_pull, ctx, path=path)
    repos.bare.rename(repos.root / "moved.git")
    with pytest.raises(ToolError, match=r"origin cannot be read: .*does not appear to be a git"):
        await judged(git_pull, ctx, path=path)


async def test_only_where_files_may_be_written(tmp_path: Path, repos: World) -> None:
    """Denied outside of the roots; refused when a file comes in that tools may not touch, or when
    the remote is a directory that they may not read."""
    path = str(repos.here)
    outside = await judged(git_pull, context(tmp_path / "data"), path=path)
    assert Level.DENY == outside.level
    switch = {"action": "switch", "name": "main"}
    denied = await judged(git_branch, context(tmp_path / "data"), path=path, **switch)
    assert Level.DENY == denied.level
    repos.pushed(".env", "TOKEN=1")
    ctx = context(tmp_path / "data", f"write:{repos.root}")
    with pytest.raises(ToolError, match=r"would change what tools may not touch: \.env"):
        await judged(git_pull, ctx, path=path)
    ctx = context(tmp_path / "data", f"write:{repos.here}")
    remote = await judged(git_pull, ctx, path=path)
    assert (Level.DENY, f"{repos.bare} may not be read") == (remote.level, remote.reasons[0])


async def test_what_a_filter_would_write_is_refused(ctx: ToolContext, repos: World) -> None:
    """Without the filter the files would be wrong: a person should pull. Other files may come."""
    (repos.here / ".git/info/attributes").write_text("*.bin filter=lfs\n")
    git(repos.here, "config", "filter.lfs.smudge", "cat")
    path = str(repos.here)
    repos.pushed("b.txt", "b\n")
    assert Level.ASK == (await judged(git_pull, ctx, path=path)).level
    repos.pushed("large.bin", "pointer\n")
    with pytest.raises(ToolError, match=r"changes large\.bin, which the filter lfs may have to"):
        await judged(git_pull, ctx, path=path)


async def test_switching(ctx: ToolContext, repos: World) -> None:
    """To a branch that there is, from a clean tree."""
    commit(repos.here, "b.txt", "b\n")
    git(repos.here, "branch", "old", "HEAD~1")
    given = {"path": str(repos.here), "action": "switch"}
    assert (
        "switch the branch old" in (await judged(git_branch, ctx, **given, name="old")).reasons[0]
    )
    told = await call(git_branch, ctx, **given, name="old")

    assert told.text.startswith("switched from main to old")
    assert "old" == git(repos.here, "branch", "--show-current")
    with pytest.raises(ToolError, match="there is no branch nowhere"):
        await call(git_branch, ctx, **given, name="nowhere")
    with pytest.raises(ToolError, match="needs the name"):
        await judged(git_branch, ctx, **given)
    (repos.here / "a.txt").write_text("mine")
    with pytest.raises(ToolError, match="not committed"):
        await call(git_branch, ctx, **given, name="main")
    with pytest.raises(ToolError, match="already exists"):
        await call(git_branch, ctx, path=str(repos.here), action="create", name="main")


async def test_a_preview_of_many_commits_is_bounded(ctx: ToolContext, repos: World) -> None:
    """The first fifty are listed, the rest counted."""
    for number in range(60):
        git(repos.colleague, "commit", "--quiet", "--allow-empty", "--message", f"n{number}")
    git(repos.colleague, "push", "--quiet", "origin", "main")
    shown = await previewed(git_pull, ctx, {"path": str(repos.here)})

    assert "60 commits of origin/main:" in shown
    assert "… and 10 more" in shown
