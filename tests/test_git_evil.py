"""A repository whose own files name programs: none of the git tools starts one.

Each plant first proves that it is one: plain git starts it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.tool import ToolContext, ToolError
from tests.repository_kit import World, commit, git, made, world
from tests.tools_kit import call, context
from tools.git_safe import Entry, overrides
from tools.repositories import git_diff, git_log, git_status
from tools.repository_branches import git_branch
from tools.repository_pull import git_pull

Plant = Callable[[World, str], None]
"""Makes a repository name a program, given as the path of a script."""


def _set(repos: World, name: str, value: str) -> None:
    git(repos.here, "config", name, value)


def setting(name: str) -> Plant:
    return lambda repos, program: _set(repos, name, program)


def _attributes(repos: World, line: str) -> None:
    with (repos.here / ".git/info/attributes").open("a") as file:
        file.write(f"{line}\n")


def attribute(value: str, name: str) -> Plant:
    def plant(repos: World, program: str) -> None:
        _attributes(repos, f"* {value}")
        _set(repos, name, program)

    return plant


def _hooks(repos: World, program: str) -> None:
    for name in ("post-merge", "post-checkout", "reference-transaction", "post-index-change"):
        (repos.here / ".git/hooks" / name).symlink_to(program)


def _hooks_elsewhere(repos: World, program: str) -> None:
    hooks = repos.root / "evil"
    hooks.mkdir()
    for name in ("post-merge", "reference-transaction"):
        (hooks / name).symlink_to(program)
    _set(repos, "core.hooksPath", str(hooks))


def _included(repos: World, program: str) -> None:
    file = repos.root / "more"
    git(repos.root, "config", "--file", str(file), "core.fsmonitor", program)
    _set(repos, "include.path", str(file))


def _in_the_working_tree(repos: World, program: str) -> None:
    _set(repos, "extensions.worktreeConfig", "true")
    git(repos.here, "config", "--worktree", "core.fsmonitor", program)


def _address_rewritten(repos: World, program: str) -> None:
    _set(repos, f"url.ext::{program} .insteadOf", "/")
    _set(repos, "protocol.ext.allow", "always")


def at(address: str, name: str) -> Plant:
    def plant(repos: World, program: str) -> None:
        _set(repos, "remote.origin.url", address.format(program=program))
        _set(repos, name, program)
        _set(repos, "protocol.allow", "always")

    return plant


def _signed(repos: World, program: str) -> None:
    text = git(repos.here, "cat-file", "commit", "HEAD") + "\n"
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"
    top, _, message = text.partition("\n\n")
    file = repos.root / "signed"
    file.write_text(f"{top}\n{signature}\n{message}")
    made = git(repos.here, "hash-object", "-t", "commit", "-w", str(file))
    git(repos.here, "update-ref", "refs/heads/main", made)
    _set(repos, "gpg.program", program)
    _set(repos, "log.showSignature", "true")


def _merge_driver(repos: World, program: str) -> None:
    _attributes(repos, "* merge=evil")
    _set(repos, "merge.evil.driver", program)
    commit(repos.here, "a.txt", "mine\n")


def _submodule(repos: World, program: str) -> None:
    sub = made(repos.here / "sub")
    commit(sub, "file", "content")
    git(repos.here, "add", "sub")
    git(repos.here, "commit", "--quiet", "--message", "submodule")
    git(sub, "config", "core.fsmonitor", program)


def _alternates(repos: World, program: str) -> None:
    alternates = repos.here / ".git/objects/info/alternates"
    alternates.write_text(f"{repos.colleague}/.git/objects\n")
    _set(repos, "core.alternateRefsCommand", program)


PLANTS: dict[str, tuple[Plant, Sequence[str]]] = {
    "core.fsmonitor": (setting("core.fsmonitor"), ["status"]),
    "include.path": (_included, ["status"]),
    "config.worktree": (_in_the_working_tree, ["status"]),
    "insteadOf": (_address_rewritten, ["fetch"]),
    "hooks": (_hooks, ["pull"]),
    "core.hooksPath": (_hooks_elsewhere, ["pull"]),
    "diff.external": (setting("diff.external"), ["diff"]),
    "textconv": (attribute("diff=evil", "diff.evil.textconv"), ["diff"]),
    "diff.command": (attribute("diff=evil", "diff.evil.command"), ["diff"]),
    "filter.clean": (attribute("filter=evil", "filter.evil.clean"), ["status"]),
    "filter.process": (attribute("filter=evil", "filter.evil.process"), ["status"]),
    "filter.smudge": (attribute("filter=evil", "filter.evil.smudge"), ["checkout", "a.txt"]),
    "filter with =": (attribute("filter=a=b", "filter.a=b.clean"), ["status"]),
    "merge.driver": (_merge_driver, ["pull", "--no-rebase", "--no-edit"]),
    "core.sshCommand": (at("ssh://127.0.0.1/x", "core.sshCommand"), ["fetch"]),
    "ext protocol": (at("ext::{program}", "x.y"), ["fetch"]),
    "core.gitProxy": (at("git://127.0.0.1/x", "core.gitProxy"), ["fetch"]),
    "uploadpack": (setting("remote.origin.uploadpack"), ["fetch"]),
    "alternates": (_alternates, ["fetch"]),
    "gpg.program": (_signed, ["log"]),
    "submodule": (_submodule, ["status"]),
}
"""Each with a question at which plain git starts it."""
TOGETHER = (
    ("core.fsmonitor", "hooks", "diff.external", "textconv", "filter.clean", "uploadpack"),
    ("alternates", "core.hooksPath", "merge.driver", "submodule"),
    ("include.path", "diff.command", "filter.process", "gpg.program", "core.sshCommand"),
    ("filter with =", "ext protocol"),
    ("filter.smudge", "core.gitProxy"),
    ("config.worktree", "insteadOf"),
)
"""Plants that do not hide each other."""


def planted(repos: World, *names: str) -> None:
    """What is started leaves its name in the directory ``started``."""
    (repos.root / "started").mkdir()
    for name in names:
        script = repos.root / f"plant {name}".replace(" ", "-")
        script.write_text(f"#!/bin/sh\ntouch '{repos.root}/started/{name}'\n")
        script.chmod(0o755)
        PLANTS[name][0](repos, str(script))


def started(repos: World) -> list[str]:
    return sorted(file.name for file in (repos.root / "started").iterdir())


def edit(repos: World) -> None:
    """A change that can only be seen by looking into the file."""
    (repos.here / "a.txt").write_text("eno\ntwo\nthree\n")


def leave(repos: World) -> None:
    (repos.here / "a.txt").write_text(git(repos.here, "show", "HEAD:a.txt") + "\n")


@pytest.mark.parametrize("name", PLANTS)
def test_plain_git_starts_them(name: str, tmp_path: Path) -> None:
    """Otherwise the other tests would show nothing."""
    repos = world(tmp_path / "repos")
    repos.pushed("a.txt", "theirs\n")
    planted(repos, name)
    (repos.root / "started" / name).unlink(missing_ok=True)
    proof = PLANTS[name][1]
    if proof[0] != "pull":
        edit(repos)
    git(repos.here, *proof, check=False)

    assert [name] == started(repos)


@pytest.mark.parametrize("names", TOGETHER, ids=" ".join)
async def test_no_program_of_a_repository_is_started(names: Sequence[str], tmp_path: Path) -> None:
    """Whatever its configuration, attributes and hooks say, on a changed and on a clean tree."""
    repos = world(tmp_path / "repos")
    repos.pushed("a.txt", "theirs\n")
    planted(repos, *names)
    for name in started(repos):
        (repos.root / "started" / name).unlink()
    ctx = context(tmp_path / "data", f"write:{repos.root}", "read:/")
    edit(repos)
    await _looked_at(repos, ctx)
    assert [] == started(repos)
    leave(repos)
    for name in started(repos):
        (repos.root / "started" / name).unlink()
    await _changed(repos, ctx)

    assert [] == started(repos)


async def _looked_at(repos: World, ctx: ToolContext) -> None:
    path = str(repos.here)
    assert "modified a.txt" in (await call(git_status, ctx, path=path)).text
    assert "+eno" in (await call(git_diff, ctx, path=path)).text
    assert "begin" in (await call(git_log, ctx, path=path)).text
    assert "* main" in (await call(git_branch, ctx, path=path)).text


async def _changed(repos: World, ctx: ToolContext) -> None:
    """A refusal is as good as an answer."""
    path = str(repos.here)
    await call(git_branch, ctx, path=path, action="create", name="side")
    for tool, more in (
        (git_branch, {"action": "switch", "name": "side"}),
        (git_branch, {"action": "switch", "name": "main"}),
        (git_pull, {"how": "merge"}),
        (git_pull, {"how": "rebase"}),
        (git_pull, {}),
    ):
        try:
            print((await call(tool, ctx, path=path, **more)).text)
        except ToolError as error:
            print(error)


def test_what_cannot_be_made_safe_is_refused() -> None:
    """A program as a remote, and a name that cannot be told to git again."""
    with pytest.raises(ToolError, match="starts a program"):
        overrides([Entry("local", "remote.origin.vcs", "evil")])
    with pytest.raises(ToolError, match="no text"):
        overrides([Entry("local", "filter.\udcff.clean", "evil")])


def test_credential_helpers_of_the_account_stay() -> None:
    """Those of the repository go."""
    config = [
        Entry("global", "credential.helper", "store"),
        Entry("global", "credential.https://a.b.helper", "!pass"),
        Entry("local", "credential.helper", "evil"),
        Entry("worktree", "credential.https://a.b.helper", "evil"),
    ]

    assert [
        ("credential.helper", ""),
        ("credential.helper", "store"),
        ("credential.https://a.b.helper", "!pass"),
    ] == overrides(config)[-3:]
