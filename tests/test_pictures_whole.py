"""Pictures from a client's socket to a model server's, and back to those who may see them."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp

from tests.picture_kit import JPEG, VISION, png, sent_images
from tests.whole_kit import whole


def said(*pictures: bytes) -> dict[str, Any]:
    images = [b64encode(each).decode() for each in pictures]
    return {"message": "what is this?", "images": images}


async def test_over_rest(tmp_path: Path) -> None:
    """The model server gets the bytes that were sent; they come back to their sender alone."""
    async with whole(tmp_path) as bot, aiohttp.ClientSession(bot.url) as http:
        async with http.post(
            "/api/chat", json=said(png(1), JPEG), headers=bot.bearer("bob")
        ) as response:
            answer = await response.json()
        async with http.get(f"/api/runs/{answer['run_id']}", headers=bot.bearer("bob")) as response:
            ids = (await response.json())["events"][0]["pictures"]
        back: dict[str, Any] = {}
        for name in ("bob", "vic", "admin"):
            async with http.get(f"/api/pictures/{ids[1]}", headers=bot.bearer(name)) as response:
                back[name] = response.status, response.content_type, await response.read()

    assert f"said {VISION}" == answer["response"]
    assert [png(1), JPEG] == sent_images(bot.ollama.requests[0])
    assert (200, "image/jpeg", JPEG) == back["bob"] == back["admin"]
    assert (404, "application/problem+json") == back["vic"][:2]


async def test_over_the_socket(tmp_path: Path) -> None:
    """The same, and the feed names the pictures."""
    frames: list[dict[str, Any]] = []
    async with (
        whole(tmp_path) as bot,
        aiohttp.ClientSession(bot.url) as http,
        http.ws_connect("/ws/chat", headers=bot.bearer("bob")) as socket,
    ):
        await socket.send_json(said(png(2)))
        while not frames or frames[-1]["type"] != "run_finished":
            frames.append(await socket.receive_json(timeout=10))

    started = next(frame for frame in frames if frame["type"] == "run_started")
    assert 1 == len(started["pictures"])
    assert [png(2)] == sent_images(bot.ollama.requests[0])
