"""Logging in, going on, logging out, and what a thief of a token gets."""

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from adapters.web.limits import Limits
from bot.chat import Role
from tests.web.site import PASSWORD, Site, add_user, serving

CSRF = {"X-CSRF": "1"}


async def _refresh(site: Site, token: str) -> tuple[int, dict[str, str]]:
    async with site.http.post("/api/auth/refresh", json={"refresh_token": token}) as response:
        return response.status, await response.json()


async def _me(site: Site, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with site.http.get("/api/me", headers=headers) as response:
        return response.status


async def _age(site: Site, seconds: float) -> None:
    await site.store.write("UPDATE refresh_tokens SET replaced = replaced - $1", seconds)


async def test_login_gives_what_the_contract_says(site: Site) -> None:
    """Two tokens, an hour, and the access token lets in."""
    given = await site.login()

    assert given.keys() == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert (given["expires_in"], given["token_type"]) == (3600, "bearer")
    assert await _me(site, given["access_token"]) == 200
    assert site.bot.notes == [("login", "web:admin")]


@pytest.mark.parametrize("name", ["Admin", "ADMIN", " admin "])
async def test_a_name_is_the_same_in_any_case(site: Site, name: str) -> None:
    """However it is typed, the person is known by the name as it is kept."""
    given = await site.login(name)

    headers = {"Authorization": f"Bearer {given['access_token']}"}
    async with site.http.get("/api/me", headers=headers) as response:
        assert (await response.json())["name"] == "admin"
    assert site.bot.notes == [("login", "web:admin")]


@pytest.mark.parametrize("name", ["admin", "nobody", "x" * 5000])
async def test_a_wrong_password_and_an_unknown_user_look_alike(site: Site, name: str) -> None:
    """401 with the same words; only a name that exists is written down."""
    form = {"username": name, "password": "wrong password"}
    async with site.http.post("/api/auth/login", data=form) as response:
        body = await response.json()

    assert (response.status, body["detail"]) == (401, "wrong user name or password")
    assert site.bot.notes == [("login failed", "web:admin" if name == "admin" else "web:?")]


async def test_the_sixth_wrong_password_waits_even_when_it_is_right(site: Site) -> None:
    """429 with Retry-After; nothing is looked at meanwhile; other accounts from elsewhere go on."""
    form = {"username": "admin", "password": "wrong password"}
    for _ in range(5):
        async with site.http.post("/api/auth/login", data=form) as response:
            assert response.status == 401

    right = {"username": "admin", "password": PASSWORD}
    async with site.http.post("/api/auth/login", data=right) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "1"


async def test_an_address_that_tries_many_accounts_waits_too(site: Site) -> None:
    """Five wrong passwords, each for another account: the sixth account waits as well."""
    for number in range(5):
        form = {"username": f"guess{number}", "password": "wrong password"}
        async with site.http.post("/api/auth/login", data=form) as response:
            assert response.status == 401

    form = {"username": "op", "password": PASSWORD}
    async with site.http.post("/api/auth/login", data=form) as response:
        assert response.status == 429


@pytest.mark.parametrize("first", ["login", "refresh"])
async def test_a_stranger_cannot_keep_the_owner_out(tmp_path: Path, first: str) -> None:
    """From where an account was lately let in, the guesses of others elsewhere do not count; its
    own do, and so do those of the address."""
    async with serving(tmp_path, trusted_proxies=("127.0.0.1",)) as site:

        async def log_in(address: str, password: str) -> int:
            form = {"username": "admin", "password": password}
            headers = {"X-Forwarded-For": address}
            async with site.http.post("/api/auth/login", data=form, headers=headers) as response:
                return response.status

        async def be_known_at(address: str) -> None:
            if first == "login":
                assert await log_in(address, PASSWORD) == 200
                return
            body = {"refresh_token": (await site.login())["refresh_token"]}
            headers = {"X-Forwarded-For": address}
            async with site.http.post("/api/auth/refresh", json=body, headers=headers) as response:
                assert response.status == 200

        await be_known_at("203.0.113.7")
        guesses = [await log_in(f"198.51.100.{number}", "wrong password") for number in range(6)]
        elsewhere = await log_in("192.0.2.1", PASSWORD)
        at_home = await log_in("203.0.113.7", PASSWORD)
        slips = [await log_in("203.0.113.7", "wrong password") for _ in range(6)]

    assert guesses == [401] * 5 + [429]
    assert (elsewhere, at_home) == (429, 200)
    assert slips == [401] * 5 + [429]


async def test_a_crowd_at_the_door_is_told_to_come_back(site: Site) -> None:
    """Passwords are checked a few at a time; the rest get 503, which is no wrong password."""
    dear = PasswordHasher(time_cost=40, memory_cost=4096, parallelism=1).hash(PASSWORD)
    people = [f"u{number}" for number in range(12)]
    for name in people:
        await add_user(site.store, name, Role.VIEWER)
    await site.store.write("UPDATE users SET password = $1", dear)

    async def log_in(name: str) -> int:
        form = {"username": name, "password": PASSWORD}
        async with site.http.post("/api/auth/login", data=form) as response:
            return response.status

    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(log_in(name)) for name in people]
    statuses = [task.result() for task in answers]

    assert sorted(statuses) == [200] * 10 + [503] * 2
    assert await log_in(people[statuses.index(503)]) == 200


async def test_a_refresh_token_is_replaced_at_each_use(site: Site) -> None:
    """The successor works; two tabs at once get the same successor."""
    first = (await site.login())["refresh_token"]

    _, second = await _refresh(site, first)
    _, tab = await _refresh(site, first)
    status, third = await _refresh(site, second["refresh_token"])

    assert status == 200
    assert tab["refresh_token"] == second["refresh_token"] != first
    assert await _me(site, third["access_token"]) == 200


@pytest.mark.parametrize("late", [True, False])
async def test_a_reused_refresh_token_ends_the_whole_login(site: Site, late: bool) -> None:  # noqa: FBT001 - a test's parameter
    """After 10 s, or once its successor was used, it was stolen: every token of it is void."""
    first = (await site.login())["refresh_token"]
    _, second = await _refresh(site, first)
    last = second
    if late:
        await _age(site, 11)
    else:
        _, last = await _refresh(site, second["refresh_token"])

    stolen, _ = await _refresh(site, first)
    after, _ = await _refresh(site, last["refresh_token"])

    assert (stolen, after) == (401, 401)
    assert await _me(site, last["access_token"]) == 401
    assert ("refresh token reused", "web:admin") in site.bot.notes


async def test_two_at_the_same_time_get_one_successor(site: Site) -> None:
    """The rotation is one transaction: ten refreshes side by side do not end the login."""
    first = (await site.login())["refresh_token"]
    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(_refresh(site, first)) for _ in range(10)]

    assert len({task.result()[1]["refresh_token"] for task in answers}) == 1


async def test_logging_out_ends_access_and_refresh(site: Site) -> None:
    """Not only the refresh token: the access token of this login is void too."""
    given = await site.login()
    other = await site.login()

    async with site.http.post(
        "/api/auth/logout", json={"refresh_token": given["refresh_token"]}
    ) as response:
        assert response.status == 204

    assert await _me(site, given["access_token"]) == 401
    assert (await _refresh(site, given["refresh_token"]))[0] == 401
    assert await _me(site, other["access_token"]) == 200


async def test_a_browser_keeps_the_refresh_token_in_a_cookie(site: Site) -> None:
    """HttpOnly, Strict, only for /api/auth; it needs the header no other site can send."""
    form = {"username": "admin", "password": PASSWORD, "cookie": "1"}
    async with site.http.post("/api/auth/login", data=form) as response:
        assert response.status == 403
    async with site.http.post("/api/auth/login", data=form, headers=CSRF) as response:
        body = await response.json()
        cookie = response.cookies["refresh"]

    sent = {"Cookie": f"refresh={cookie.value}"}
    async with site.http.post("/api/auth/refresh", headers=sent) as response:
        assert response.status == 403
    async with site.http.post("/api/auth/refresh", headers=sent | CSRF) as response:
        assert response.status == 200
        assert "refresh_token" not in await response.json()
        assert response.cookies["refresh"].value != cookie.value
    evil = {"Origin": "https://evil.example"}
    async with site.http.post("/api/auth/refresh", headers=sent | CSRF | evil) as response:
        assert response.status == 403
    async with site.http.post("/api/auth/logout", headers=sent | CSRF) as response:
        assert (response.status, response.cookies["refresh"].value) == (204, "")

    assert "refresh_token" not in body
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (
        True, "Strict", "/api/auth", "",
    )  # fmt: skip


async def test_behind_https_the_cookie_is_secure(tmp_path: Path) -> None:
    """With AI_PUBLIC_URL=https://… the cookie never travels in the clear."""
    async with serving(tmp_path, public_url="https://bot.example.org") as site:
        form = {"username": "admin", "password": PASSWORD, "cookie": "1"}
        origin = {"Origin": "https://bot.example.org"}
        async with site.http.post("/api/auth/login", data=form, headers=CSRF | origin) as response:
            assert response.cookies["refresh"]["secure"] is True
            assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("form", [{}, {"username": "admin"}, {"password": "x"}])
async def test_a_login_form_with_holes_says_what_is_missing(
    site: Site, form: dict[str, str]
) -> None:
    """422 or 415, never a crash."""
    async with site.http.post("/api/auth/login", data=form) as response:
        assert response.status in (415, 422)
    async with site.http.post("/api/auth/login", json=form) as response:
        assert response.status == 415


async def test_requests_are_counted_by_person_and_logins_by_address(tmp_path: Path) -> None:
    """The 61st request of a minute is a 429 for this person only; so is the 11th login."""
    limits = Limits(requests=6, logins=2)
    async with serving(tmp_path, limits=limits, rate_limit_enabled=True) as site:
        codes = [(await site.get("/api/me"))[0] for _ in range(7)]
        other, _ = await site.get("/api/me", "op")
        logins: list[int] = []
        for _ in range(3):
            form = {"username": "op", "password": PASSWORD}
            async with site.http.post("/api/auth/login", data=form) as response:
                logins.append(response.status)
        async with site.http.get("/health") as health, site.http.get("/") as page:
            assert (health.status, page.status) == (200, 200)

        assert codes == [200] * 6 + [429]
        assert other == 200
        assert logins == [200, 200, 429]


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(tmp_path: Path) -> None:
    """Anybody can send X-Forwarded-For: believed from AI_TRUSTED_PROXIES alone."""
    limits = Limits(logins=1)

    async def codes(site: Site) -> list[int]:
        found: list[int] = []
        for client in ("203.0.113.7", "203.0.113.8", "9.9.9.9, 203.0.113.8"):
            form = {"username": "op", "password": PASSWORD}
            headers = {"X-Forwarded-For": client}
            async with site.http.post("/api/auth/login", data=form, headers=headers) as response:
                found.append(response.status)
        return found

    async with serving(tmp_path / "a", limits=limits, rate_limit_enabled=True) as site:
        assert await codes(site) == [200, 429, 429]
    async with serving(
        tmp_path / "b", limits=limits, rate_limit_enabled=True, trusted_proxies=("127.0.0.1",)
    ) as site:
        assert await codes(site) == [200, 200, 429]
