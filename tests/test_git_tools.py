"""The git tools on real repositories with a remote: on this machine, and the same over SSH."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.tool import Level, Risk, ToolContext, ToolError
from tests.git_kit import Repositories, commit, git, repositories
from tests.tools_kit import call, context, judged, previewed, settings
from tools.hosts import create
from tools.repositories import git_branch, git_diff, git_log, git_pull, git_status

ROOT = "write:{}"


@pytest.fixture
def there(tmp_path: Path) -> Repositories:
    return repositories(tmp_path / "repositories")


@pytest.fixture(params=["local", "ssh"])
async def ctx(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[ToolContext]:
    roots = f"read:/,write:{tmp_path}/repositories"
    given = context(tmp_path / "data", *roots.split(","))
    if request.param == "local":
        yield given
        return
    sshd = request.getfixturevalue("sshd")
    inventory = tmp_path / "hosts.toml"
    inventory.write_text(
        f'[hosts.far]\naddress = "127.0.0.1"\nport = {sshd.port}\nkey = "{sshd.key}"\n'
        f'known_hosts = "{sshd.known_hosts}"\nfiles = "{roots}"\n'
    )
    chosen = settings(tmp_path / "data").model_copy(
        update={"hosts_file": inventory, "default_host": "far"}
    )
    hosts = create(chosen)
    yield replace(given, hosts=hosts)
    await hosts.close()


async def test_a_status(ctx: ToolContext, there: Repositories) -> None:
    """Branch, distance, changed, staged and new files; names of any kind."""
    (there.here / "app.py").write_text("print(2)\n")
    (there.here / "new\nüber file").write_text("x")
    (there.here / "staged").write_text("x")
    git(there.here, "add", "staged")
    commit(there.other, "more", "x", "More")
    result = await call(git_status, ctx, path=str(there.here))

    assert "on main at" in result.text
    assert "0 ahead and 0 behind origin/main" in result.text
    assert result.table
    assert {
        ("modified", "app.py"), ("added, staged", "staged"), ("new", "new\\nüber file"),
    } == set(result.table.rows)  # fmt: skip


async def test_what_is_no_repository(ctx: ToolContext, tmp_path: Path) -> None:
    """A folder without one, and an empty repository, are told apart."""
    with pytest.raises(ToolError, match="is no git repository"):
        await call(git_status, ctx, path=str(tmp_path))
    empty = tmp_path / "repositories" / "empty"
    empty.mkdir(parents=True)
    git(empty, "init", "-q", "-b", "main")

    assert "no commit yet" in (await call(git_status, ctx, path=str(empty))).text
    assert "no commit yet" in (await call(git_log, ctx, path=str(empty))).text
    assert "no branch yet" in (await call(git_branch, ctx, path=str(empty))).text


async def test_a_difference(ctx: ToolContext, there: Repositories) -> None:
    """What is not committed, what is staged, one file, and between commits; never secrets."""
    (there.here / "app.py").write_text("print(2)\n")
    commit(there.other, ".env", "PASSWORD=hunter2\n", "Secret")
    (there.here / ".env").write_text("PASSWORD=hunter2\n")
    git(there.here, "add", "-N", ".env")
    path = str(there.here)
    text = (await call(git_diff, ctx, path=path)).text

    assert "-print(1)\n+print(2)" in text
    assert "left out, as they hold secrets by their name: .env" in text
    assert "hunter2" not in text
    assert "no difference" == (await call(git_diff, ctx, path=path, staged=True)).text
    assert "app.py" in (await call(git_diff, ctx, path=path, file="app.py")).text
    second = commit(there.here, "app.py", "print(3)\n", "Third")
    assert "+print(3)" in (await call(git_diff, ctx, path=path, ref=f"{second}~1..{second}")).text


@pytest.mark.parametrize("ref", ["--output=/tmp/x", "-O", "a b", "$(id)", ":app.py", ""])
async def test_options_are_no_refs(ctx: ToolContext, there: Repositories, ref: str) -> None:
    """What git would take for an option, or for more than a commit, is no argument."""
    with pytest.raises(ValueError, match="ref"):
        await call(git_diff, ctx, path=str(there.here), ref=ref)


async def test_a_log(ctx: ToolContext, there: Repositories) -> None:
    """The newest first, limited, by file; a ref that does not exist is an error."""
    for number in range(3):
        commit(there.here, f"file{number}", "x", f"Commit {number}")
    path = str(there.here)
    result = await call(git_log, ctx, path=path, limit=2)

    assert result.table
    assert ["Commit 2", "Commit 1"] == [row[3] for row in result.table.rows]
    [only] = (await call(git_log, ctx, path=path, file="file0")).text.splitlines()[1:]
    assert "Ann | Commit 0" in only
    with pytest.raises(ToolError, match="bad revision"):
        await call(git_log, ctx, path=path, ref="nowhere")


async def test_branches(ctx: ToolContext, there: Repositories) -> None:
    """All of them, the newest first, the current one marked; the same in both places."""
    git(there.here, "branch", "old", "main")
    git(there.here, "switch", "-q", "-c", "work")
    commit(there.here, "w", "x", "Work on it")
    result = await call(git_branch, ctx, path=str(there.here))

    assert result.table
    [current] = [row for row in result.table.rows if row[0] == "*"]
    assert ("work", "Work on it") == (current[1], current[5])
    assert {"main", "old", "work"} == {row[1] for row in result.table.rows}
    assert "origin/main" == next(row[4] for row in result.table.rows if row[1] == "main")


async def test_switching_and_creating(ctx: ToolContext, there: Repositories) -> None:
    """Both ask; a dirty tree is refused, and stays as it was."""
    path = str(there.here)
    verdict = await judged(git_branch, ctx, path=path, action="create", name="fix")
    await call(git_branch, ctx, path=path, action="create", name="fix")
    await call(git_branch, ctx, path=path, action="switch", name="main")

    assert (Level.ASK, Risk.CHANGE) == (verdict.level, verdict.risk)
    assert "main" == git(there.here, "branch", "--show-current")
    (there.here / "app.py").write_text("dirty")
    with pytest.raises(ToolError, match=r"app\.py"):
        await call(git_branch, ctx, path=path, action="switch", name="fix")
    assert "dirty" == (there.here / "app.py").read_text()


async def test_a_pull(ctx: ToolContext, there: Repositories) -> None:
    """It asks, shows what is coming, and brings exactly that in."""
    made = there.push("app.py", "print(2)\n", "Print two")
    path = {"path": str(there.here)}
    verdict = await judged(git_pull, ctx, **path)
    preview = await previewed(git_pull, ctx, path)
    result = await call(git_pull, ctx, **path)

    assert (Level.ASK, Risk.CHANGE) == (verdict.level, verdict.risk)
    assert "Ann: Print two" in preview
    assert "1 new commits" in result.text
    assert made == git(there.here, "rev-parse", "HEAD")
    assert "print(2)\n" == (there.here / "app.py").read_text()


async def test_what_came_after_the_question_is_another_question(
    ctx: ToolContext, there: Repositories
) -> None:
    """A commit that is pushed between card and click is not covered by the click."""
    there.push("app.py", "print(2)\n", "Two")
    before = await judged(git_pull, ctx, path=str(there.here))
    there.push("app.py", "print(3)\n", "Three")
    after = await judged(git_pull, ctx, path=str(there.here))

    assert before.basis != after.basis


async def test_a_dirty_tree_is_not_pulled(ctx: ToolContext, there: Repositories) -> None:
    """Changes of its own are named, and nothing is touched."""
    there.push("app.py", "print(2)\n", "Two")
    (there.here / "app.py").write_text("mine")
    await judged(git_pull, ctx, path=str(there.here))
    with pytest.raises(ToolError, match=r"app\.py; commit or put them away"):
        await call(git_pull, ctx, path=str(there.here))

    assert "mine" == (there.here / "app.py").read_text()


@pytest.mark.parametrize("how", ["fast_forward", "merge", "rebase"])
async def test_a_conflict_changes_nothing(
    ctx: ToolContext, there: Repositories, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both changed the same line: it fails, and HEAD and files are as before."""
    there.push("app.py", "print(2)\n", "Two")
    git(there.here, "config", "user.name", "Ann")
    git(there.here, "config", "user.email", "ann@example.org")
    mine = commit(there.here, "app.py", "print(9)\n", "Nine")
    verdict = await judged(git_pull, ctx, path=str(there.here), how=how)
    with pytest.raises(ToolError, match="nothing was changed"):
        await call(git_pull, ctx, path=str(there.here), how=how)

    assert (Risk.CHANGE if how == "fast_forward" else Risk.DANGER) == verdict.risk
    assert mine == git(there.here, "rev-parse", "HEAD")
    assert "" == git(there.here, "status", "--porcelain")


@pytest.mark.parametrize("how", ["merge", "rebase"])
async def test_commits_of_its_own_are_brought_together(
    ctx: ToolContext, there: Repositories, how: str
) -> None:
    """When asked to: both sides are there afterwards."""
    there.push("theirs", "x", "Theirs")
    git(there.here, "config", "user.name", "Ann")
    git(there.here, "config", "user.email", "ann@example.org")
    commit(there.here, "mine", "x", "Mine")
    await judged(git_pull, ctx, path=str(there.here), how=how)
    await call(git_pull, ctx, path=str(there.here), how=how)

    assert {"theirs", "mine", "app.py"} <= {each.name for each in there.here.iterdir()}


async def test_no_upstream_and_a_detached_head(ctx: ToolContext, there: Repositories) -> None:
    """Nothing to pull from: it says what a person can do."""
    git(there.here, "switch", "-q", "--detach")
    with pytest.raises(ToolError, match="no upstream"):
        await judged(git_pull, ctx, path=str(there.here))
    assert "detached" in (await call(git_status, ctx, path=str(there.here))).text


async def test_outside_the_roots_nothing_is_written(ctx: ToolContext, tmp_path: Path) -> None:
    """A repository below no write root may be read, and not pulled or switched."""
    outside = repositories(tmp_path / "outside")
    await call(git_status, ctx, path=str(outside.here))
    with pytest.raises(ToolError, match="may not be written"):
        await judged(git_pull, ctx, path=str(outside.here))
