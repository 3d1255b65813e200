"""Hostile and broken clients: what they get, and that others do not notice."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest

from adapters.web import create
from adapters.web.limits import Limits
from adapters.web.server import WebServer
from bot.config import BadSettings, Settings
from bot.store.sqlite import SqliteStore
from tests.fakes.bot import FakeBot
from tests.web.site import Site, serving

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NO_BRACES = str.maketrans("", "", "{}")


class BrokenBot(FakeBot):
    async def threads(self, **_: object) -> list[object]:  # type: ignore[override]
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("path", "status", "cache"),
    [
        ("/", 200, "no-cache"),
        ("/static/app.js", 200, "no-cache"),
        ("/static/none.js", 404, "no-cache"),
        ("/static/../../test.db", 404, "no-store"),
        ("/health", 200, "no-store"),
        ("/api/me", 200, "no-store"),
        ("/api/chat", 405, "no-store"),
        ("/api/threads", 500, "no-store"),
        ("/api/threads/none", 404, "no-store"),
        ("/api/nothing", 404, "no-store"),
        ("/ws/chat", 400, "no-store"),
        ("/.env", 404, "no-store"),
    ],
)
async def test_every_answer_carries_the_security_headers(
    tmp_path: Path, path: str, status: int, cache: str
) -> None:
    """Pages, errors, crashes and upgrades alike."""
    async with (
        serving(tmp_path, bot=BrokenBot()) as site,
        site.http.get(path, headers=site.bearer()) as response,
    ):
        text = await response.text()

    assert (response.status, response.headers["Cache-Control"]) == (status, cache)
    assert HEADERS.items() <= response.headers.items()
    assert "Server" not in response.headers
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "ZeroDivisionError" not in text


async def test_a_crash_is_a_problem_with_a_number_that_the_log_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 tells the client nothing but where to look."""
    async with serving(tmp_path, bot=BrokenBot()) as site:
        code, body = await site.get("/api/threads")

    number = body["detail"].rpartition(" ")[2]
    out = capsys.readouterr()
    assert code == 500
    assert number in out.out + out.err
    assert "ZeroDivisionError" in out.out + out.err


async def test_the_page_is_revalidated_not_reloaded(site: Site) -> None:
    """An unchanged file is a 304."""
    async with site.http.get("/static/app.js") as first:
        tag = first.headers["ETag"]
    async with site.http.get("/static/app.js", headers={"If-None-Match": tag}) as second:
        assert second.status == 304


@pytest.mark.parametrize("path", ["/api/me", "/api/threads", "/api/tools", "/api/ws-ticket"])
async def test_without_a_login_there_is_nothing(site: Site, path: str) -> None:
    """Every route that is not named as open is a 401."""
    method = "POST" if path.endswith("ticket") else "GET"
    async with site.http.request(method, path) as response:
        assert response.status == 401


async def test_no_route_is_open_by_accident(site: Site) -> None:
    """The routes that need no login, written down."""
    open_routes: set[str] = set()
    routes = [r for r in site.server.application(site.bot).router.routes() if r.resource]
    for route in routes:
        assert route.resource is not None
        path = route.resource.canonical
        async with site.http.request(
            route.method, path.replace("{", "").replace("}", "")
        ) as answer:
            if answer.status != 401:
                open_routes.add(path)

    assert len(routes) > 20
    assert open_routes == {"/", "/static", "/health", "/api/auth/login", "/api/auth/logout"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_other_sites_pages_are_refused(
    site: Site, headers: dict[str, str], status: int
) -> None:
    """Even with a valid token; programs send neither header."""
    async with site.http.get("/api/me", headers={**site.bearer(), **headers}) as response:
        assert response.status == status
    async with site.http.get("/api/me", headers={**site.bearer(), "Origin": site.url}) as own:
        assert own.status == 200


async def _said(site: Site, head: bytes) -> int:
    """The status of the answer to a request whose bytes no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
    writer.write(head + b"\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bot_\xff_\xff", 400),
        (b"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff.a.b", 400),
        (b"GET /api/me HTTP/1.1\r\nHost: x\r\nOrigin: http://[", 403),
        (b"POST /api/auth/refresh HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nCookie: refresh=\xff", 400),
        (b"POST /api/chat HTTP/1.1\r\nHost: x\r\nIdempotency-Key: \xff", 400),
    ],
)
async def test_headers_that_cannot_be_read_are_refused_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], head: bytes, status: int
) -> None:
    """One clear refusal, then 429 for the address; no traceback fills the log."""
    limits = Limits(requests=2)
    async with serving(tmp_path, limits=limits, rate_limit_enabled=True) as site:
        codes = [await _said(site, head) for _ in range(3)]

    out = capsys.readouterr()
    assert codes == [status, status, 429]
    assert "Traceback" not in out.out + out.err


async def test_what_is_no_http_writes_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A 400, and not a line for each in the log."""
    assert await _said(site, b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: \xff") == 400
    assert caplog.records == []


async def test_without_logins_an_unreadable_host_is_refused(tmp_path: Path) -> None:
    """It is none of this machine's names."""
    async with serving(tmp_path, auth_enabled=False) as site:
        assert await _said(site, b"GET /api/me HTTP/1.1\r\nHost: [") == 403


async def test_half_requests_do_not_hold_the_door(tmp_path: Path) -> None:
    """50 half heads and 10 half bodies: /health answers at once, and all are closed in time."""
    async with serving(tmp_path, limits=Limits(head=0.5, body=0.5)) as site:
        heads = [b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "] * 49 + [b""]
        body = f"POST /api/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token()}\r\n"
        body += 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"mess'
        streams = [await asyncio.open_connection("127.0.0.1", site.server.port) for _ in range(60)]
        for (_, writer), text in zip(streams, [*heads, *[body.encode()] * 10], strict=True):
            writer.write(text)

        before = monotonic()
        async with site.http.get("/health") as response:
            assert response.status == 200
        took = monotonic() - before
        async with asyncio.timeout(10):
            answers = [await reader.read() for reader, _ in streams]
        for _, writer in streams:
            writer.close()

    assert took < 1
    assert answers[:50] == [b""] * 50
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers[50:])


async def test_there_is_a_most_of_connections(tmp_path: Path) -> None:
    """One too many is cut at once; when one leaves, the next gets in."""
    async with serving(tmp_path, limits=Limits(connections=1)) as site:
        async with site.http.get("/health") as response:  # its connection is kept alive
            assert response.status == 200
        reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        async with site.http.get("/health") as response:
            assert response.status == 200


async def test_a_taken_port_is_named(site: Site, tmp_path: Path) -> None:
    """BadSettings with one line: host, port and the setting that changes it."""
    settings = Settings.model_validate({"data_dir": tmp_path, "port": site.server.port})
    [second] = create(settings, site.store).services

    with pytest.raises(BadSettings) as error:
        await second.serve(FakeBot())

    [line] = str(error.value).splitlines()
    assert f"127.0.0.1:{site.server.port}" in line
    assert "AI_PORT" in line


async def test_an_address_that_is_not_here_is_named(tmp_path: Path) -> None:
    """BadSettings naming AI_HOST."""
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0, "host": "192.0.2.1"})
    async with SqliteStore.open(tmp_path / "x.db") as store:
        [service] = create(settings, store).services
        with pytest.raises(BadSettings, match="AI_HOST"):
            await service.serve(FakeBot())


async def test_the_first_start_makes_secrets_and_the_first_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kept 0600 and the same at the next start; the password is shown once."""
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0})
    async with SqliteStore.open(tmp_path / "x.db") as store:
        parts = [create(settings, store) for _ in range(2)]
        for part in parts:
            [service] = part.services
            assert isinstance(service, WebServer)
            async with asyncio.TaskGroup() as tasks:
                serving_it = tasks.create_task(service.serve(FakeBot()))
                await service.listening.wait()
                serving_it.cancel()
        users = await store.read("SELECT name, role FROM users")

    password = (tmp_path / "admin_password").read_text().strip()
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in _MADE}
    assert modes == dict.fromkeys(_MADE, 0o600)
    assert users == [("admin", "admin")]
    assert capsys.readouterr().err.count(password) == 1
    assert parts[0].secrets == {
        "jwt secret": (tmp_path / "jwt_secret").read_text().strip(),
        "admin password": password,
    }


_MADE = ("admin_password", "jwt_secret")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"admin_password": "short"}, "AI_ADMIN_PASSWORD"),
        ({"trusted_proxies": ("proxy.local",)}, "AI_TRUSTED_PROXIES"),
    ],
)
async def test_unusable_settings_are_named(
    tmp_path: Path, settings: dict[str, object], says: str
) -> None:
    """BadSettings before anything listens."""
    given = Settings.model_validate({"data_dir": tmp_path, **settings})
    async with SqliteStore.open(tmp_path / "x.db") as store:
        with pytest.raises(BadSettings, match=says):
            create(given, store)


async def test_a_cut_jwt_secret_is_named(tmp_path: Path) -> None:
    """A key that is too short to be safe is not used."""
    (tmp_path / "jwt_secret").write_text("short\n")
    async with SqliteStore.open(tmp_path / "x.db") as store:
        with pytest.raises(BadSettings, match="jwt_secret"):
            create(Settings.model_validate({"data_dir": tmp_path}), store)
