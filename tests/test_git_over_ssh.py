"""The git tools on a host over SSH: what they tell and do is what they do on this machine."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.tool import ToolContext
from tests.lab.sshd import Sshd
from tests.repository_kit import World, head, world
from tests.ssh_kit import over_ssh, writable
from tests.tools_kit import call, context, previewed
from tools.hosts.inventory import Inventory
from tools.repositories import git_diff, git_log, git_status
from tools.repository_branches import git_branch
from tools.repository_pull import git_pull


@pytest.fixture
def near(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data", f"write:{tmp_path}", "read:/")


@pytest.fixture
async def far(sshd: Sshd, near: ToolContext, tmp_path: Path) -> AsyncGenerator[ToolContext]:
    """The same machine over SSH."""
    host = over_ssh(sshd, writable(tmp_path))
    yield replace(near, hosts=Inventory(host, host.name))
    await host.link.closed()


@pytest.fixture
def repos(tmp_path: Path) -> World:
    return world(tmp_path / "repos")


async def test_both_hosts_tell_the_same(near: ToolContext, far: ToolContext, repos: World) -> None:
    """Byte for byte, also with names and content that a shell or a terminal would take badly."""
    for name in ("a\nb", "ü", "$(id)", "'q' \"r\""):
        (repos.here / name).write_text("x")
    (repos.here / "a.txt").write_bytes(b"\x1b[31m\xff 'quoted' $HOME\n" * 2_000)
    path = str(repos.here)
    for each in (git_status, git_diff, git_log, git_branch):
        assert await call(each, near, path=path) == await call(each, far, path=path)


async def test_a_pull_over_ssh(far: ToolContext, repos: World) -> None:
    """The commits are shown, then they are there."""
    pushed = repos.pushed("b.txt", "b\n", "Add b")
    given = {"path": str(repos.here)}
    assert "Ann Example: Add b" in await previewed(git_pull, far, given)
    told = await call(git_pull, far, **given)

    assert f"after: {pushed}" in told.text
    assert pushed == head(repos.here)
