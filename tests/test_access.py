"""Roles: from the file, else the database; never above the ceiling; who sees what."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.access import Access, authorize, may_see
from bot.chat import Role, User
from bot.config import BadSettings
from bot.ports import Forbidden, Query, Row, Statement

T = TypeVar("T")
ROLES = """\
admin = ["web:root", "slack:U01"]
approver = ["email:Ann@Example.org", "discord-role:1/2"]
operator = ["slack-group:S01", "slack:U01", "slack:T9/U02"]
viewer = ["web:guest"]
"""


class Users:
    """A store that holds one table: who is what."""

    def __init__(self, **roles: str) -> None:
        self._roles = roles

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        assert sql == "SELECT role FROM users WHERE name=$1"
        return [(self._roles[args[0]],)] if args[0] in self._roles else []

    async def write(self, sql: str, *args: Any, then: Sequence[Statement] = ()) -> Sequence[Row]:
        raise NotImplementedError

    async def search(self, text: str, scopes: Sequence[str], limit: int) -> Sequence[int]:
        raise NotImplementedError

    def transaction(self) -> AbstractAsyncContextManager[Query]:
        raise NotImplementedError

    async def atomically(self, work: Callable[[Query], Coroutine[Any, Any, T]]) -> T:
        raise NotImplementedError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "roles.toml"
    path.write_text(ROLES)
    return path


@pytest.mark.parametrize(
    ("user", "role"),
    [
        (User("slack", "U01"), Role.ADMIN),
        (User("slack", "U02"), Role.VIEWER),
        (User("slack", "U02", also=("slack:T9/U02",)), Role.OPERATOR),
        (User("slack", "U07", also=("slack-group:S01",)), Role.OPERATOR),
        (User("slack", "U07", also=("slack-group:S01", "email:ann@example.ORG")), Role.APPROVER),
        (User("discord", "5", also=("discord-role:1/2",)), Role.APPROVER),
        (User("discord", "5"), Role.VIEWER),
        (User("slack", "U09", ceiling=Role.NOBODY), Role.NOBODY),
        (User("web", "root"), Role.ADMIN),
        (User("web", "root", ceiling=Role.OPERATOR), Role.OPERATOR),
        (User("web", "guest"), Role.VIEWER),
        (User("web", "kim"), Role.OPERATOR),
        (User("web", "kim", ceiling=Role.ADMIN), Role.OPERATOR),
        (User("web", "nobody"), Role.NOBODY),
    ],
)
async def test_roles(file: Path, user: User, role: Role) -> None:
    """The file wins where it names somebody, the highest role listed counts, then the database."""
    access = Access(Users(kim="operator", guest="admin"), file)

    assert role == await access.role(user)


async def test_without_a_file() -> None:
    """Nothing is listed: web users come from the database, people in chats are viewers."""
    access = Access(Users(admin="admin"), None)

    assert Role.ADMIN is await access.role(User("web", "admin"))
    assert Role.VIEWER is await access.role(User("slack", "U01"))


async def test_an_edit_counts_within_a_second(file: Path) -> None:
    """Taking somebody off the list takes their role away, after at most one second."""
    now = [100.0]
    access = Access(Users(), file, clock=lambda: now[0])
    replacement = file.with_name("new")
    replacement.write_text(ROLES.replace("slack:U01", "slack:U0X"))
    replacement.replace(file)

    assert Role.ADMIN is await access.role(User("slack", "U01"))
    now[0] += 1
    assert Role.VIEWER is await access.role(User("slack", "U01"))


@pytest.mark.parametrize("edit", ["admin = [", 'boss = ["web:kim"]', None])
async def test_a_bad_edit_keeps_the_last_good_version(
    file: Path, edit: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken or deleted file changes no role, and is logged once, not at every question."""
    now = [100.0]
    access = Access(Users(), file, clock=lambda: now[0])
    if edit is None:
        file.unlink()
    else:
        file.write_text(edit)

    for _ in range(3):
        now[0] += 1
        assert Role.ADMIN is await access.role(User("slack", "U01"))

    assert 1 == capsys.readouterr().out.count("roles file not read")
    file.write_text('viewer = ["slack:U01"]')
    now[0] += 1
    assert Role.VIEWER is await access.role(User("slack", "U01"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("admin = []\nboss = []", "roles.toml:2: 'boss' is no role"),
        ('admin = "web:a"', "roles.toml:1: admin must be a list"),
        ('admin = []\nviewer = [\n  "ann",\n]', "roles.toml:3: 'ann' names nobody"),
        ("admin = [3]", "roles.toml:1: 3 names nobody"),
        ("admin = ][", "at line 1"),
    ],
)
def test_a_bad_file_at_the_start(file: Path, text: str, problem: str) -> None:
    """The bot does not start with a file it cannot use; it names file and line."""
    file.write_text(text)

    with pytest.raises(BadSettings) as raised:
        Access(Users(), file)

    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_at_the_start(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake, not an empty list."""
    with pytest.raises(BadSettings, match=r"^AI_ROLES_FILE: .*gone\.toml"):
        Access(Users(), tmp_path / "gone.toml")


def test_who_sees_a_thread() -> None:
    """Those who take part, those who may decide in it, admins; nobody without a role."""
    seen = [
        (role, takes_part, may_decide)
        for role in Role
        for takes_part in (False, True)
        for may_decide in (False, True)
        if may_see(role, takes_part=takes_part, may_decide=may_decide)
    ]

    some = [(False, True), (True, False), (True, True)]
    assert seen == [
        *((role, *why) for role in (Role.VIEWER, Role.OPERATOR, Role.APPROVER) for why in some),
        *((Role.ADMIN, *why) for why in [(False, False), *some]),
    ]


@pytest.mark.parametrize("role", list(Role))
def test_who_may(role: Role) -> None:
    """Somebody of too low a role reads, in one line, what is needed and who can change it."""
    if role.covers(Role.APPROVER):
        authorize(role, Role.APPROVER, "Deciding")
        return
    with pytest.raises(Forbidden, match=r"^Deciding needs the role approver; you .* An admin can"):
        authorize(role, Role.APPROVER, "Deciding")
