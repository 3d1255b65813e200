"""Pictures over REST and the socket, and who may have them back."""

import asyncio
import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType

from adapters.web.limits import BODY, UPLOAD, Limits
from bot.chat import Attachment, IncomingMessage
from bot.events import Event, RunFinished
from tests.picture_kit import GIF, JPEG, WEBP, png
from tests.web.site import Site, serving
from tests.web.test_socket import connected, until


def base64(data: bytes) -> str:
    return b64encode(data).decode()


async def post(site: Site, body: Any) -> tuple[int, Any]:
    """To /api/chat, also what is too large for aiohttp to send in one piece."""
    headers = {**site.bearer(), "Content-Type": "application/json"}
    data = BytesIO(json.dumps(body).encode())
    async with site.http.post("/api/chat", data=data, headers=headers) as response:
        return response.status, await response.json()


class Heard:
    """A script of the fake kernel that keeps what it was told."""

    def __init__(self, site: Site) -> None:
        self.attachments: tuple[Attachment, ...] = ()
        site.bot.script = self

    def __call__(self, message: IncomingMessage) -> list[Event]:
        self.attachments = message.attachments
        return [RunFinished("Seen.")]


async def test_rest_takes_base64_and_data_urls(site: Site) -> None:
    """With a name or without; the bytes arrive as they are, also large ones."""
    heard = Heard(site)
    large = png(1, 3 * 1024 * 1024)
    images = [base64(large), f"data:image/jpeg;name=disk%20full.jpg;base64,{base64(JPEG)}"]
    code, _ = await post(site, {"message": "see", "images": images})

    assert 200 == code
    assert (Attachment("picture", large), Attachment("disk full.jpg", JPEG)) == heard.attachments


async def test_the_socket_takes_the_same(site: Site) -> None:
    """A frame with pictures may be larger than others."""
    heard = Heard(site)
    data = png(1, 1024 * 1024)
    async with connected(site) as socket:
        await socket.send_json({"message": "", "images": [base64(data)]})
        frames = await until(socket, "accepted")

    assert "accepted" == frames[-1]["type"]
    assert (Attachment("picture", data),) == heard.attachments


async def test_given_back_as_what_it_is(site: Site) -> None:
    """By its id in the log, typed by its bytes, never sniffed, never kept by the browser."""
    images = [f"data:text/html;name=%22a%22.html;base64,{base64(each)}" for each in (WEBP, GIF)]
    await site.post("/api/chat", {"message": "see", "images": images, "thread": "t1"})
    _, thread = await site.get("/api/threads/t1")
    ids = thread["runs"][0]["events"][0]["pictures"]
    path = f"/api/pictures/{ids[0]}"
    async with site.http.get(path, headers=site.bearer()) as response:
        data = await response.read()

    assert WEBP == data
    assert "image/webp" == response.headers["Content-Type"]
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    assert "no-store" == response.headers["Cache-Control"]
    assert "inline; filename*=UTF-8''%22a%22.html" == response.headers["Content-Disposition"]


async def test_not_for_others(site: Site) -> None:
    """Who may not see the thread is told that there is no such picture."""
    await site.post("/api/chat", {"message": "see", "images": [base64(png())], "thread": "t1"})
    [picture] = site.bot.pictures

    assert 404 == (await site.get(f"/api/pictures/{picture}", name="eve"))[0]
    async with site.http.get(f"/api/pictures/{picture}") as response:
        assert 401 == response.status


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"message": "x", "images": ["%%%"]}, "images.0: is no base64"),
        ({"message": "x", "images": [3]}, "images.0: is no text"),
        ({"message": "x", "images": "aGk="}, "images: Input should be"),
        ({"message": "x", "images": ["data:image/png,abc"]}, "images.0: is a data: URL without"),
        ({"message": "x", "images": ["aGk="]}, "picture is no PNG, JPEG, WebP or GIF"),
        ({"message": "x", "images": [""]}, "picture is no PNG, JPEG, WebP or GIF"),
        ({"message": "x", "images": [base64(png())] * 5}, "there are 5 pictures; send at most 4"),
        ({"message": " ", "images": []}, "message: is empty"),
    ],
)
async def test_refused_in_one_line(site: Site, body: Any, says: str) -> None:
    """Over REST and the socket alike; no run starts."""
    code, answer = await site.post("/api/chat", body)
    async with connected(site) as socket:
        await socket.send_json(body)
        [*_, frame] = await until(socket, "error")

    assert (422, 422) == (code, frame["status"])
    assert answer["detail"].startswith(says)
    assert frame["detail"] == answer["detail"]
    assert "\n" not in answer["detail"]
    assert {} == site.bot.runs


async def test_only_what_people_say_may_be_large(site: Site) -> None:
    """Other routes and other frames keep their limits; a person's words do too."""
    big = "x" * BODY
    assert 413 == (await site.post("/api/commands/help", {"text": big}))[0]
    assert 422 == (await site.post("/api/chat", {"message": big}))[0]
    code, answer = await post(site, {"message": "x", "images": ["A" * UPLOAD]})
    async with connected(site) as socket:
        await socket.send_json({"message": big})
        [*_, frame] = await until(socket, "error")

    assert (413, f"the body is larger than {UPLOAD // 1024} KiB") == (code, answer["detail"])
    assert (413, "the frame is larger than 64 KiB") == (frame["status"], frame["detail"])


async def test_a_frame_over_the_limit_closes_with_1009(site: Site) -> None:
    """As soon as its head says so. The socket ends, the server goes on."""
    async with connected(site) as socket:
        transport = socket._writer.transport
        assert transport is not None
        transport.write(b"\x81\xff" + (UPLOAD + 1).to_bytes(8, "big") + b"mask")
        closed = await socket.receive()

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
    assert (await site.get("/api/me"))[0] == 200


async def test_few_at_one_time(tmp_path: Path) -> None:
    """One more than that many is told to try again; small messages pass all the while, and a place
    is free again when its sender goes away."""
    async with serving(tmp_path, limits=Limits(uploads=1)) as site:
        slow = asyncio.Event()

        async def body() -> Any:
            yield b'{"message": "x"'
            slow.set()
            await asyncio.Event().wait()

        headers = {**site.bearer(), "Content-Type": "application/json"}
        first = asyncio.ensure_future(site.http.post("/api/chat", data=body(), headers=headers))
        await slow.wait()
        said = {"message": "x", "images": [base64(png(0, BODY))]}
        async with asyncio.timeout(10):
            while (refused := await site.post("/api/chat", said))[0] == 200:
                pass
        small, _ = await site.post("/api/chat", {"message": "x", "images": [base64(png())]})
        first.cancel()
        async with asyncio.timeout(10):
            while (await site.post("/api/chat", said))[0] == 429:
                pass

    assert 429 == refused[0]
    assert 200 == small


def test_json_of_a_picture_is_not_deep() -> None:
    """The limit holds what the largest message needs."""
    assert len(json.dumps({"images": [base64(bytes(5 * 1024 * 1024))] * 4})) < UPLOAD
