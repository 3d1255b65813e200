"""/ws/chat: what it shows, what it takes, and whom it sends away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from adapters.web.keys import Keys
from adapters.web.limits import Limits
from bot.chat import Role, ThreadRef, User
from bot.events import ApprovalRequested, ModelDelta, ModelReplied, RunFinished, ToolOutput
from bot.tool import ToolCall, Verdict
from tests.web.site import Site, serving

T1 = ThreadRef("web", "", "", "t1")
ASKED = ApprovalRequested("K7QD2MX", ToolCall("c1", "x"), Verdict(), "web1", "root@web1", "d", 9.0)


@asynccontextmanager
async def connected(
    site: Site, *, name: str = "admin", **query: str
) -> AsyncGenerator[ClientWebSocketResponse]:
    query = {"token": site.token(name), **query}
    async with site.http.ws_connect("/ws/chat", params=query) as socket:
        yield socket


async def until(socket: ClientWebSocketResponse, kind: str) -> list[dict[str, Any]]:
    """All frames up to the first of this type."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await socket.receive_json())
    return frames


async def refused(site: Site, token: str, **headers: str) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await site.http.ws_connect("/ws/chat", params={"token": token}, headers=headers)
    return error.value.status


async def ticket(site: Site, **headers: str) -> str:
    sent = {**site.bearer(), **headers}
    async with site.http.post("/api/ws-ticket", headers=sent) as response:
        body = await response.json()
    assert body["expires_in"] == 30
    return body["ticket"]


async def test_a_message_and_its_events(site: Site) -> None:
    """accepted names run and thread; every event follows as a frame with its cursor."""
    async with connected(site) as socket:
        await socket.send_json({"message": "hello", "thread": "t1"})
        frames = await until(socket, "run_finished")
        if "accepted" not in [frame["type"] for frame in frames]:
            frames += await until(socket, "accepted")

    by_type = {frame["type"]: frame for frame in frames}
    accepted, finished = by_type["accepted"], by_type["run_finished"]
    assert accepted == {
        "type": "accepted", "run_id": finished["run_id"], "thread": "t1", "outcome": "started",
    }  # fmt: skip
    assert by_type["run_started"]["text"] == "hello"
    assert finished["text"] == "you said hello"
    assert int(finished["position"]) > int(by_type["run_started"]["position"])


async def test_after_replays_and_then_follows(site: Site) -> None:
    """From a cursor on, nothing twice and nothing lost; live items have no cursor."""
    await site.post("/api/chat", {"message": "one", "thread": "t1"})
    [run] = site.bot.runs
    position = (await site.get("/api/threads/t1"))[1]["position"]
    site.bot.record(run, ModelReplied("missed"))

    async with connected(site, thread="t1", after=position) as socket:
        missed = await socket.receive_json()
        site.bot.show(ModelDelta(run, 1, 0, "th", "thinking", T1))
        site.bot.show(ToolOutput(run, "c1", 5, "out", T1))
        site.bot.show(ToolOutput("other", "c1", 5, "no", ThreadRef("web", "", "", "t2")))
        site.bot.record(run, RunFinished("end"))
        delta, output, end = [await socket.receive_json() for _ in range(3)]

    assert (missed["type"], missed["text"]) == ("model_replied", "missed")
    assert delta == {
        "type": "model_delta", "run_id": run, "thread": "t1", "step": 1, "offset": 0,
        "text": "th", "channel": "thinking",
    }  # fmt: skip
    assert output == {
        "type": "tool_output", "run_id": run, "thread": "t1", "call": "c1", "offset": 5,
        "text": "out",
    }  # fmt: skip
    assert end["type"] == "run_finished"


async def test_approve_and_stop_over_the_socket(site: Site) -> None:
    """The same decisions as over REST, answered in frames."""
    site.bot.script = lambda _: [ASKED]
    async with connected(site, after="now") as socket:
        await socket.send_json({"message": "restart"})
        [*_, asked] = await until(socket, "approval_requested")
        await socket.send_json(
            {"approval": "K7QD2MX", "decision": "edit", "arguments": {"a": 1}, "reason": "safer"}
        )
        frames = await until(socket, "run_finished")
        if "settled" not in [frame["type"] for frame in frames]:
            frames += await until(socket, "settled")
        await socket.send_json({"stop": asked["run_id"]})
        [*_, stopped] = await until(socket, "run_stopped")

    settled = next(frame for frame in frames if frame["type"] == "settled")
    assert settled["approval"] == "K7QD2MX"
    assert (settled["state"], settled["run_id"]) == ("approved", asked["run_id"])
    assert stopped["by"] == "web:admin"


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        ("{", 400, "JSON"),
        ("[]", 422, "message, approval or stop"),
        ('{"hello": 1}', 422, "message, approval or stop"),
        ('{"message": ""}', 422, "empty"),
        ('{"message": "x", "model": "gpt-9"}', 422, "installed: qwen3"),
        ('{"approval": "X", "decision": "maybe"}', 422, "decision"),
        ('{"approval": "NOSUCH2", "decision": "deny"}', 404, "no such approval"),
        ('{"stop": "norun"}', 404, "no such run"),
        (b"\x00\x01", 415, "text frames"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_lives(
    site: Site, sent: str | bytes, status: int, says: str
) -> None:
    """One error frame with one clear line; the next message works."""
    async with connected(site) as socket:
        if isinstance(sent, bytes):
            await socket.send_bytes(sent)
        else:
            await socket.send_str(sent)
        answer = await socket.receive_json()
        await socket.send_json({"message": "hello"})
        await until(socket, "run_finished")

    assert (answer["type"], answer["status"]) == ("error", status)
    assert says in answer["detail"]


async def test_tickets_and_other_credentials(site: Site) -> None:
    """A ticket opens one socket, from its page; tokens and keys work; nothing else does."""
    page, evil = site.url, "https://evil.example"
    good = await ticket(site, Origin=page)
    async with site.http.ws_connect("/ws/chat", params={"token": good}, origin=page):
        pass

    assert await refused(site, good, Origin=page) == 401
    assert await refused(site, await ticket(site, Origin=page)) == 401
    assert await refused(site, await ticket(site), Origin=evil) == 403
    assert await refused(site, site.token(), Origin=evil) == 403
    assert await refused(site, "") == 401
    assert await refused(site, "nonsense") == 401
    async with connected(site):
        pass


async def test_a_thread_of_others_cannot_be_followed(site: Site) -> None:
    """An error frame says so, then close code 4404."""
    await site.post("/api/chat", {"message": "secret", "thread": "mine"}, "op")

    async with connected(site, name="eve", thread="mine", after="") as socket:
        answer = await socket.receive_json()
        closed = await socket.receive()

    assert (answer["type"], answer["status"]) == ("error", 404)
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 4404)


async def test_a_frame_over_64_kib_closes_with_1009(site: Site) -> None:
    """The socket ends, the server goes on."""
    async with connected(site) as socket:
        await socket.send_str("x" * (64 * 1024 + 1))
        closed = await socket.receive()

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
    assert (await site.get("/api/me"))[0] == 200


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
