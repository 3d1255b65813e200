"""Repositories whose configuration starts programs: none of the tools lets it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.tool import ToolContext, ToolError
from tests.git_kit import Repositories, git, repositories
from tests.tools_kit import call, context, judged, previewed
from tools.repositories import git_branch, git_diff, git_log, git_pull, git_status

EVIL: Mapping[str, Mapping[str, str]] = {
    "fsmonitor": {"core.fsmonitor": "{run}"},
    "hooks": {"core.hooksPath": "{hooks}"},
    "ssh": {"core.sshCommand": "{run}", "remote.origin.url": "ssh://localhost/x"},
    "pager": {"core.pager": "{run}", "pager.log": "{run}", "pager.diff": "{run}"},
    "editor": {"core.editor": "{run}", "sequence.editor": "{run}"},
    "external": {"diff.external": "{run}"},
    "driver": {"diff.evil.command": "{run}", "diff.evil.textconv": "{run}"},
    "filter": {"filter.evil.clean": "{run}", "filter.evil.smudge": "{run}"},
    "process": {"filter.evil.process": "{run}", "filter.evil.required": "true"},
    "merge": {"merge.evil.driver": "{run}"},
    "credentials": {"credential.helper": "!{run}", "remote.origin.url": "http://127.0.0.1:1/x"},
    "askpass": {"core.askPass": "{run}", "remote.origin.url": "http://a@127.0.0.1:1/x"},
    "gpg": {"gpg.program": "{run}", "log.showSignature": "true", "commit.gpgSign": "true"},
    "upload": {"remote.origin.uploadpack": "{run}"},
    "vcs": {"remote.origin.vcs": "ext", "remote.origin.url": "{run}"},
    "ext": {"remote.origin.url": "ext::{run}", "protocol.ext.allow": "always"},
    "instead": {"url.ext::{run} .insteadOf": "/", "protocol.ext.allow": "always"},
    "proxy": {"core.gitProxy": "{run}", "remote.origin.url": "git://127.0.0.1:1/x"},
    "refs": {"core.alternateRefsCommand": "{run}"},
    "include": {"include.path": "{included}"},
}


@pytest.fixture
def there(tmp_path: Path) -> Repositories:
    made = repositories(tmp_path / "repositories")
    made.push("more.txt", "x\n", "More")
    (made.here / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    git(made.here, "add", ".gitattributes")
    git(made.here, "commit", "-q", "-m", "Attributes")
    (made.here / "app.py").write_text("print(2)\n")
    return made


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data", "read:/", f"write:{tmp_path}/repositories")


@pytest.mark.parametrize("kind", [*EVIL, "repository hooks", "worktree config"])
async def test_nothing_of_the_repository_runs(
    ctx: ToolContext, there: Repositories, tmp_path: Path, kind: str
) -> None:
    """Each way that git knows to start a program from a repository, through all five tools."""
    ran = tmp_path / "ran"
    run = tmp_path / "run"
    run.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    run.chmod(0o755)
    _plant(there, run, tmp_path, kind)
    path = str(there.here)
    await _tried(lambda: call(git_status, ctx, path=path))
    await _tried(lambda: call(git_diff, ctx, path=path, ref="HEAD~1"))
    await _tried(lambda: call(git_log, ctx, path=path))
    await _tried(lambda: call(git_branch, ctx, path=path))
    git_plainly(there.here, "checkout", "-q", "--", "app.py")
    ran.unlink(missing_ok=True)  # that was ours, and git's own way
    await _tried(lambda: judged(git_pull, ctx, path=path, how="merge"))
    await _tried(lambda: previewed(git_pull, ctx, {"path": path, "how": "merge"}))
    for how in ("merge", "rebase"):
        await _tried(lambda how=how: call(git_pull, ctx, path=path, how=how))
    await _tried(lambda: call(git_branch, ctx, path=path, action="create", name="new"))

    assert not ran.exists()


def git_plainly(where: Path, *words: str) -> None:
    """Without failing: the repository is meant to be odd."""
    try:
        git(where, *words)
    except AssertionError:
        return


async def _tried(act: Callable[[], object]) -> None:
    """It may work or be refused."""
    try:
        await act()  # type: ignore[misc]
    except ToolError:
        return


def _plant(there: Repositories, run: Path, tmp_path: Path, kind: str) -> None:
    hooks = there.here / ".git" / "hooks" if kind == "repository hooks" else tmp_path / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "pre-merge-commit", "post-merge", "pre-rebase", "post-rewrite",
                 "reference-transaction", "pre-auto-gc", "post-index-change",
                 "fsmonitor-watchman", "pre-commit", "commit-msg"):  # fmt: skip
        (hooks / name).write_bytes(run.read_bytes())
        (hooks / name).chmod(0o755)
    if kind == "repository hooks":
        return
    included = tmp_path / "included"
    included.write_text(f'[core]\n\tfsmonitor = {run}\n[filter "evil"]\n\tclean = {run}\n')
    config = there.here / ".git" / "config"
    if kind == "worktree config":
        git(there.here, "config", "extensions.worktreeConfig", "true")
        (there.here / ".git" / "config.worktree").write_text(included.read_text())
        return
    for key, value in EVIL[kind].items():
        filled = {"run": run, "hooks": hooks, "included": included}
        words = ("config", "--file", str(config), key.format(**filled), value.format(**filled))
        git(there.here, *words)


async def test_files_elsewhere_are_not_shown(
    ctx: ToolContext, there: Repositories, tmp_path: Path
) -> None:
    """core.worktree makes any folder look like the repository's own: it is not followed."""
    git(there.here, "config", "core.worktree", "/etc")
    with pytest.raises(ToolError, match=r"elsewhere|no git repository"):
        await call(git_diff, ctx, path=str(there.here))


async def test_a_repository_of_somebody_else(ctx: ToolContext, there: Repositories) -> None:
    """git itself refuses those, and the way to allow one is told."""
    import os

    for each in (there.here, *there.here.rglob("*")):
        os.chown(each, 12345, 12345)
    with pytest.raises(ToolError, match=r"safe\.directory"):
        await call(git_status, ctx, path=str(there.here))


async def test_large_differences_are_cut(ctx: ToolContext, there: Repositories) -> None:
    """Ten thousand changed lines, and a binary file: head and tail, and its name."""
    (there.here / "app.py").write_text("".join(f"line {n}\n" for n in range(10_000)))
    (there.here / "blob").write_bytes(bytes(range(256)))
    git(there.here, "add", "-N", "blob")
    text = (await call(git_diff, ctx, path=str(there.here))).text

    assert len(text) < 60_000
    assert "left out" in text
    assert "Binary files" in text
