"""/ws/chat: what it shows, what it takes, and whom it sends away."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.chat import ThreadRef
from bot.events import ApprovalRequested, ModelReplied, RunFinished
from bot.recorded import ModelDelta, ToolOutput
from bot.tool import ToolCall, Verdict
from tests.web.site import Site

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
