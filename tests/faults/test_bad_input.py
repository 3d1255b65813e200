"""What people and the world do wrong while the bot runs: said plainly, and nothing is lost."""

import asyncio
from typing import Any

from tests.faults.life import House, Life


async def test_without_a_model(house: House) -> None:
    """Ollama is not there: health says so, plain requests still work and say that nobody reasons;
    when Ollama is back it answers."""
    await house.ollama.stop()
    async with house.life() as life:
        status, health = await life.get("/health")
        asked = {"message": "show me the disk usage", "thread": "t1"}
        over, answer = await life.post("/api/chat", asked)
        named, _ = await life.post("/api/chat", {**asked, "model": "qwen3"})
        await house.ollama.start()
        _, back = await life.post("/api/chat", {**asked, "message": "hello"})

    assert (200, "degraded", False) == (status, health["status"], health["model"]["reachable"])
    assert f"Ollama does not answer at {house.ollama.url}" in health["model"]["detail"]
    assert (200, 200) == (over, named)
    assert "offline" == answer["model"]
    assert "No model is reachable" in answer["response"]
    assert "disk_usage" in answer["response"]
    assert ("qwen3:latest", "done") == (back["model"], back["status"])


async def test_the_model_goes_away_in_the_middle(house: House) -> None:
    """A run that a model had begun ends saying that it went away; the bot lives on."""
    async with house.life() as life:
        await life.say('steps=1 tool=execute_command args={"command": "touch x"}')
        asked = (await life.until("approval_requested"))[-1]
        await house.ollama.stop()
        await life.decide(asked, "deny")
        events = await life.until("run_failed")
        status, _ = await life.get("/health")
        await house.ollama.start()

    assert "The model went away in the middle of this run." in events[-1]["reason"]
    assert 200 == status


async def test_a_model_that_is_not_installed(house: House) -> None:
    """The error names the installed ones; no run begins."""
    async with house.life() as life:
        status, said = await life.post("/api/chat", {"message": "hello", "model": "gpt-9"})
        _, threads = await life.get("/api/threads")

    assert 422 == status
    assert said["detail"].startswith("The model 'gpt-9' is not installed. Installed: ")
    assert "qwen3:latest" in said["detail"]
    assert [] == threads["threads"]


UNREADABLE = (
    ({"message": ""}, 422, "message: is empty; write what the bot should do"),
    ({"message": " \n"}, 422, "message: is empty; write what the bot should do"),
    ({"message": "a\0b"}, 422, "message: holds binary data; send text"),
    ({"message": "a\x1bb"}, 422, "the message holds binary data: send plain text"),
    ({"message": "x" * 70_000}, 422, "message: is longer than 64 KiB; put it into a file and"),
    ({"message": "x" * 1_000_000}, 422, "message: is longer than 64 KiB; put it into a file and"),
)


async def test_messages_that_are_none(house: House) -> None:
    """Empty, binary, 70 kB, 1 MB: each is refused with its reason, no run begins, and the next
    message is answered as if nothing had been."""
    async with house.life() as life:
        refusals = [await life.post("/api/chat", body) for body, _, _ in UNREADABLE]
        refusals.append(await _send(life, b"\xff\xfe\0"))
        _, threads = await life.get("/api/threads")
        status, answer = await life.post("/api/chat", {"message": "show me the disk usage"})

    expected = [*((code, reason) for _, code, reason in UNREADABLE), (400, "this is not JSON")]
    assert expected == [
        (code, said["detail"][: len(reason)])
        for (code, said), (_, reason) in zip(refusals, expected, strict=True)
    ]
    assert [] == threads["threads"]
    assert (200, "done") == (status, answer["status"])


async def test_frames_that_are_none(house: House) -> None:
    """Over the socket too, whatever it is and however long; other sockets and the bot do not
    notice."""
    async with house.life() as life, life.http.ws_connect("/ws/chat") as socket:
        await socket.send_bytes(b"\xff\xfe\0")
        binary = await socket.receive_json()
        await socket.send_json({"message": ""})
        empty = await socket.receive_json()
        async with life.http.ws_connect("/ws/chat") as other:
            await other.send_json({"message": "x" * 1_000_000})
            large = await other.receive_json()
        await socket.send_json({"message": "hello"})
        async with asyncio.timeout(20):
            while (frame := await socket.receive_json())["type"] != "run_finished":
                pass

    assert (415, "send text frames with JSON") == (binary["status"], binary["detail"])
    assert "message: is empty; write what the bot should do" == empty["detail"]
    assert (413, "the frame is larger than 64 KiB") == (large["status"], large["detail"])
    assert frame["text"]


async def _send(life: Life, body: bytes) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    async with life.http.post("/api/chat", data=body, headers=headers) as response:
        return response.status, await response.json()
