"""/ws/chat: whom it sends away, and what it does not take."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from adapters.web.keys import Keys
from adapters.web.limits import Limits
from bot.chat import Role, User
from bot.events import ApprovalRequested, ModelReplied
from bot.tool import ToolCall, Verdict
from tests.web.site import Site, serving
from tests.web.test_socket import connected, refused, until

ASKED = ApprovalRequested("K7QD2MX", ToolCall("c1", "x"), Verdict(), "web1", "root@web1", "d", 9.0)


async def test_too_many_messages_are_refused_not_run(tmp_path: Path) -> None:
    """20 in 10 s (here 2); the rest get an error frame."""
    async with serving(tmp_path, limits=Limits(frames=2)) as site, connected(site) as socket:
        for _ in range(3):
            await socket.send_json({"message": "hello"})
        [*_, error] = await until(socket, "error")

        assert error["status"] == 429
        assert len(site.bot.runs) == 2


async def test_a_person_has_so_many_sockets(tmp_path: Path) -> None:
    """The one too many is a 429; a closed one frees its place."""
    async with serving(tmp_path, limits=Limits(sockets=1)) as site:
        async with connected(site), connected(site, name="op"):
            assert await refused(site, site.token()) == 429
        await site.bot.followed_by(0)
        async with connected(site):
            pass


async def test_a_revoked_login_loses_its_sockets(tmp_path: Path) -> None:
    """Checked again every so often: close code 4401."""
    async with serving(tmp_path, limits=Limits(recheck=0.05)) as site:
        given = await site.login("op")
        query = {"token": given["access_token"]}
        async with site.http.ws_connect("/ws/chat", params=query) as socket:
            site.bot.roles["op"] = site.bot.roles["eve"].NOBODY
            closed = await socket.receive()

        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 4401)


@pytest.mark.parametrize("by_key", [True, False])
async def test_what_was_taken_back_decides_nothing(
    site: Site,
    by_key: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    """A key revoked, or a login ended, a moment ago: its next frame is not acted on, code 4401."""
    site.bot.script = lambda _: [ASKED]
    await site.post("/api/chat", {"message": "restart"})
    keys = Keys(site.store)
    login = await site.login()
    token = login["access_token"]
    if by_key:
        token = await keys.add("admin", Role.ADMIN, "ci", None)
    async with site.http.ws_connect("/ws/chat", params={"token": token}) as socket:
        await site.bot.followed_by(1)
        await keys.revoke(token.split("_")[1]) if by_key else await _log_out(site, login)
        await socket.send_json({"approval": "K7QD2MX", "decision": "approve"})
        closed = await socket.receive()

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 4401)
    assert (await site.bot.approval("K7QD2MX", by=User("web", "admin"))).status == "pending"


async def _log_out(site: Site, login: dict[str, str]) -> None:
    body = {"refresh_token": login["refresh_token"]}
    async with site.http.post("/api/auth/logout", json=body) as response:
        assert response.status == 204


async def test_frames_count_as_requests_of_their_person(tmp_path: Path) -> None:
    """Over all sockets and REST together; who has used them up is told so, others go on."""
    limits = Limits(requests=5)
    async with (
        serving(tmp_path, limits=limits, rate_limit_enabled=True) as site,
        connected(site, after="now") as one,
        connected(site, after="now") as two,
        connected(site, name="op", after="now") as other,
    ):
        for socket in (one, two, one):
            await socket.send_json({"stop": "norun"})
            assert (await socket.receive_json())["status"] == 404
        await two.send_json({"stop": "norun"})
        refused = await two.receive_json()
        await other.send_json({"stop": "norun"})

        assert refused["status"] == 429
        assert (await site.get("/api/me"))[0] == 429
        assert (await other.receive_json())["status"] == 404


async def test_who_does_not_read_is_sent_away_and_nobody_waits(tmp_path: Path) -> None:
    """A stuck client is cut off after the send limit; another one gets everything at once."""
    async with serving(tmp_path, limits=Limits(send=0.2, connections=2)) as site:
        await site.post("/api/chat", {"message": "x", "thread": "t1"})
        [run] = site.bot.runs
        async with connected(site) as good:
            _, writer = await asyncio.open_connection("127.0.0.1", site.server.port, limit=1)
            writer.write(
                f"GET /ws/chat?token={site.token()} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            await site.bot.followed_by(2)
            for number in range(200):
                site.bot.record(run, ModelReplied("x" * 65_536, model=str(number)))
            seen = [(await good.receive_json())["model"] for _ in range(200)]
            await site.bot.followed_by(1)

            assert seen == [str(number) for number in range(200)]
            assert not good.closed
            await _a_place_is_free(site.server.port)
        writer.close()


async def _a_place_is_free(port: int) -> None:
    """Until the server, full before, takes one more connection."""
    answer = b""
    while not answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try:
            answer = await reader.read()
        except ConnectionResetError:
            continue
        finally:
            writer.close()


async def test_stopping_says_goodbye(site: Site) -> None:
    """When the bot stops, sockets close with 1001: clients come back, nothing hangs."""
    async with connected(site) as socket:
        site.service.cancel()
        message = await socket.receive()

    assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
