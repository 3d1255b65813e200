"""``users`` and ``keys`` on the command line, beside a running bot."""

import io
from pathlib import Path

import pytest

from adapters.web.cli import KeysCommand, UsersCommand
from bot.chat import Role
from bot.events import Noted
from bot.journal import PROCESS, load
from bot.store.sqlite import SqliteStore
from tests.web.site import Site

Output = pytest.CaptureFixture[str]


async def _key(site: Site, capsys: Output, *words: str) -> str:
    capsys.readouterr()
    assert await KeysCommand(site.store)(["add", *words]) == 0
    return capsys.readouterr().out.splitlines()[-1]


async def _me(site: Site, credential: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {credential}"}
    async with site.http.get("/api/me", headers=headers) as response:
        return response.status, (await response.json()).get("role", "")


async def test_a_user_is_added_listed_changed_and_removed(
    site: Site, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole life of an account; the running bot knows at once."""
    users = UsersCommand(site.store)
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))

    added = await users(["add", "kim", "--role", "operator", "--password-stdin"])
    token = (await site.login("kim", "a long enough password"))["access_token"]
    listed = await users(["list"])
    changed = await users(["role", "kim", "viewer"])

    out = capsys.readouterr().out
    assert (added, listed, changed) == (0, 0, 0)
    assert "kim    operator" in out
    assert "kim is viewer now, was operator" in out
    assert (await _me(site, token))[0] in (200, 401)  # believed for up to 5 s
    assert await users(["remove", "kim"]) == 0
    form = {"username": "kim", "password": "a long enough password"}
    async with site.http.post("/api/auth/login", data=form) as response:
        assert response.status == 401


async def test_names_on_the_command_line_have_no_case(
    site: Site, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kim and kim are one person, who exists once and may log in as either."""
    users = UsersCommand(site.store)
    words = ["add", "Kim", "--role", "operator", "--password-stdin"]
    codes: list[int] = []
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
        codes.append(await users(words))

    await site.login("KIM", "a long enough password")
    await _key(site, capsys, "KIM", "--role", "viewer", "--label", "ci")

    assert codes == [0, 1]
    assert await users(["remove", "KIM"]) == 0


async def test_a_changed_role_ends_logins_and_keys(site: Site, capsys: Output) -> None:
    """A demoted person keeps neither tokens nor keys of better days."""
    login = await site.login("op")
    key = await _key(site, capsys, "op", "--role", "operator", "--label", "ci")

    await UsersCommand(site.store)(["role", "op", "viewer"])

    assert (await _me(site, login["access_token"]))[0] == 401
    assert (await _me(site, key))[0] == 401
    body = {"refresh_token": login["refresh_token"]}
    async with site.http.post("/api/auth/refresh", json=body) as response:
        assert response.status == 401


async def test_what_is_done_stands_in_the_audit_trail(site: Site, capsys: Output) -> None:
    """Who got which role, by the command line, is noted in the process's log."""
    assert await UsersCommand(site.store)(["role", "op", "viewer"]) == 0

    noted = [item.event for item in await load(site.store, PROCESS, None)]
    assert noted[-1] == Noted("role changed", "command line", "op from operator to viewer")


async def test_a_key_is_shown_once_and_never_more_than_its_role(site: Site, capsys: Output) -> None:
    """Only its hash is kept; its role caps the owner's; revoking ends it at once."""
    key = await _key(site, capsys, "admin", "--role", "viewer", "--label", "ci", "--days", "90")

    shape = [len(part) for part in key.split("_")]
    stored = await site.store.read("SELECT * FROM api_keys")
    assert shape == [3, 8, 32]
    assert key.rsplit("_", 1)[1] not in str(stored)
    assert await _me(site, key) == (200, "viewer")
    assert (await _me(site, key[:-1] + "A"))[0] == 401

    keys = KeysCommand(site.store)
    assert await keys(["list"]) == 0
    assert "ci" in capsys.readouterr().out
    assert await keys(["revoke", key.split("_")[1]]) == 0
    assert (await _me(site, key))[0] == 401


async def test_an_expired_key_is_nobody(site: Site, capsys: Output) -> None:
    """After its days it does not count, and it says when it was used."""
    key = await _key(site, capsys, "admin", "--role", "viewer", "--label", "ci", "--days", "1")
    await _me(site, key)
    [(used,)] = await site.store.read("SELECT used FROM api_keys")
    await site.store.write("UPDATE api_keys SET expires = expires - 86401")

    assert used is not None
    assert (await _me(site, key))[0] == 401


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("add kim --role operator", 1, "--password-stdin"),
        ("add Kim/../x --role operator --password-stdin", 1, "a name is"),
        ("add admin --role operator --password-stdin", 1, "admin already"),
        ("add kim --role god --password-stdin", 2, "invalid choice"),
        ("role nobody viewer", 1, "no user nobody"),
        ("role admin viewer", 1, "last admin"),
        ("remove admin", 1, "last admin"),
        ("password nobody --password-stdin", 1, "no user nobody"),
        ("", 2, "usage"),
    ],
)
async def test_mistakes_are_one_clear_line(
    tmp_path: Path,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    status: int,
    says: str,
) -> None:
    """Exit status 1 or 2, the reason on standard error, nothing changed."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        users = UsersCommand(store)
        monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
        await users(["add", "admin", "--role", "admin", "--password-stdin"])
        monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
        capsys.readouterr()

        assert await users(words.split()) == status
        assert says in capsys.readouterr().err
        assert await store.read("SELECT name, role FROM users") == [("admin", Role.ADMIN)]


async def test_a_short_password_is_refused(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight characters at least; a long one is fine."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        users = UsersCommand(store)
        for password, status in (("1234567", 1), ("x" * 200, 0)):
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
            assert await users(["add", "kim", "--role", "viewer", "--password-stdin"]) == status
        assert "at least 8" in capsys.readouterr().err


async def test_a_new_password_ends_the_old_logins(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knew the old one is out."""
    login = await site.login("op")
    monkeypatch.setattr("sys.stdin", io.StringIO("another long password\n"))

    assert await UsersCommand(site.store)(["password", "op", "--password-stdin"]) == 0
    await site.login("op", "another long password")

    assert (await _me(site, login["access_token"]))[0] == 401


async def test_a_key_needs_an_owner(tmp_path: Path, capsys: Output) -> None:
    """No such user, no such key, no days: refused."""
    async with SqliteStore.open(tmp_path / "x.db") as store:
        keys = KeysCommand(store)
        assert await keys(["add", "nobody", "--role", "viewer", "--label", "x"]) == 1
        assert await keys(["add", "nobody", "--role", "viewer", "--label", "x", "--days", "0"]) == 1
        assert await keys(["revoke", "nothing"]) == 1
        assert await keys(["list"]) == 0
        assert capsys.readouterr().err.splitlines() == [
            "there is no user nobody; see: users list",
            "a key is valid for 1 to 3650 days",
            "there is no key nothing; see: keys list",
        ]


@pytest.mark.parametrize("days", ["-1", "0", "3651", "9999999", "9" * 400])
async def test_a_key_is_valid_for_days_that_can_be_told(
    site: Site, capsys: Output, days: str
) -> None:
    """Ten years at most, said in one line; the list of keys stays readable."""
    keys = KeysCommand(site.store)

    refused = await keys(["add", "op", "--role", "viewer", "--label", "x", "--days", days])
    said = capsys.readouterr().err.splitlines()
    await _key(site, capsys, "op", "--role", "viewer", "--label", "longest", "--days", "3650")

    assert (refused, said) == (1, ["a key is valid for 1 to 3650 days"])
    assert await keys(["list"]) == 0
    assert "longest" in capsys.readouterr().out
