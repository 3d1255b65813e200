"""POST /api/chat: from one message to its answer, with curl's means."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.web.limits import Limits
from bot.chat import IncomingMessage
from bot.events import (
    ApprovalRequested,
    ApprovalSuperseded,
    ModelReplied,
    RunFailed,
    RunFinished,
    RunStopped,
)
from bot.tool import ToolCall, Verdict
from tests.fakes.bot import FakeBot
from tests.web.site import Site, serving

CALL = ToolCall("c1", "restart", {"unit": "nginx"})
ASKED = ApprovalRequested("K7QD2MX", CALL, Verdict(), "web1", "root@web1", "d", 99.0)


async def test_ask_and_answer(site: Site) -> None:
    """200 when the run is over, with the answer, the model and the number of steps."""
    site.bot.script = lambda _: [
        ModelReplied("let me see", model="qwen3:latest"),
        ModelReplied("42 s", model="qwen3:latest"),
        RunFinished("42 s"),
    ]

    code, body = await site.post("/api/chat", {"message": "uptime?"})

    assert code == 200
    assert len(body.pop("thread")) == 16
    assert body == {
        "run_id": next(iter(site.bot.runs)),
        "status": "done",
        "response": "42 s",
        "model": "qwen3:latest",
        "steps": 2,
        "approvals": [],
    }


@pytest.mark.parametrize(
    ("end", "response"),
    [
        (RunFailed("the model is gone"), "the model is gone"),
        (
            RunStopped("web:admin", ("restart nginx",), ("restart db",)),
            "Stopped. What had run: restart nginx. What may have run: restart db.",
        ),
        (RunStopped("web:admin"), "Stopped."),
    ],
)
async def test_every_end_is_an_answer(
    site: Site, end: RunFailed | RunStopped, response: str
) -> None:
    """Failed and stopped runs are over too: 200 with the status and the reason."""
    site.bot.script = lambda _: [end]

    code, body = await site.post("/api/chat", {"message": "go"})

    assert (code, body["response"]) == (200, response)


async def test_it_answers_when_the_run_ends_while_it_waits(site: Site) -> None:
    """The answer comes from the feed, not from polling."""
    site.bot.script = lambda _: []
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(site.post("/api/chat", {"message": "go"}))
        await site.bot.followed_by(1)
        site.bot.record(next(iter(site.bot.runs)), ModelReplied("hm"), RunFinished("done"))

    code, body = asking.result()
    assert (code, body["response"], site.bot.followers) == (200, "done", 0)


async def test_ask_approve_answer(site: Site) -> None:
    """202 with the card while a human is awaited; the decision; then the answer."""
    site.bot.script = lambda _: [ASKED]

    code, body = await site.post("/api/chat", {"message": "restart nginx"})
    decided = await site.post("/api/approvals/K7QD2MX", {"decision": "deny", "reason": "not now"})
    run = (await site.get(f"/api/runs/{body['run_id']}"))[1]

    assert code == 202
    assert (body["status"], body["response"]) == ("waiting", "")
    assert [card["id"] for card in body["approvals"]] == ["K7QD2MX"]
    assert decided[0] == 200
    assert (run["status"], run["events"][-1]["text"]) == ("done", "deny: not now")


async def test_a_run_about_to_park_is_waiting_already(site: Site) -> None:
    """Its row says running for another moment; who reads the answer is told what counts."""
    site.bot.script = lambda _: [ASKED, ModelReplied("late")]

    code, body = await site.post("/api/chat", {"message": "go"})

    assert (code, body["status"]) == (202, "waiting")


async def test_a_superseded_approval_is_no_reason_to_answer(site: Site) -> None:
    """Only an open approval ends the waiting."""
    site.bot.script = lambda _: [ASKED, ApprovalSuperseded("K7QD2MX", "c1"), RunFinished("ok")]

    assert (await site.post("/api/chat", {"message": "go"}))[0] == 200


async def test_it_waits_only_so_long(tmp_path: Path) -> None:
    """After the limit, or with wait false at once: 202, and the run goes on."""
    async with serving(tmp_path, bot=FakeBot(lambda _: []), limits=Limits(wait=0.05)) as site:
        code, body = await site.post("/api/chat", {"message": "go"})
        at_once, _ = await site.post("/api/chat", {"message": "go", "wait": False})

        assert (code, body["status"], body["response"], at_once) == (202, "running", "", 202)


async def test_the_same_idempotency_key_is_the_same_message(site: Site) -> None:
    """Sent again it starts nothing; another person's equal key is another message."""
    runs: list[str] = []
    for name in ("op", "op", "admin"):
        headers = {**site.bearer(name), "Idempotency-Key": "k1"}
        body = {"message": "hello", "thread": name}
        async with site.http.post("/api/chat", json=body, headers=headers) as response:
            runs.append((await response.json())["run_id"])

    assert runs[0] == runs[1] != runs[2]


async def test_a_retry_without_a_thread_waits_where_its_run_is(site: Site) -> None:
    """The message goes to the first try's run, and the retry gets that run's answer."""
    site.bot.script = lambda _: []
    headers = {**site.bearer(), "Idempotency-Key": "k1"}

    async def say(wait: bool) -> dict[str, Any]:  # noqa: FBT001 - a field of the request
        body = {"message": "go", "wait": wait}
        async with site.http.post("/api/chat", json=body, headers=headers) as response:
            return await response.json()

    first = await say(wait=False)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        again = tasks.create_task(say(wait=True))
        await site.bot.followed_by(1)
        site.bot.record(first["run_id"], RunFinished("done"))

    same = (again.result()["run_id"], again.result()["thread"])
    assert same == (first["run_id"], first["thread"])
    assert again.result()["response"] == "done"


async def test_a_message_carries_what_was_said(site: Site) -> None:
    """Thread, model and fresh reach the kernel."""
    heard: list[IncomingMessage] = []
    site.bot.script = lambda message: heard.append(message) or [RunFinished("ok")]

    said = {"message": " hi\n", "thread": "t1", "model": "qwen3:latest", "fresh": True}
    await site.post("/api/chat", said, "op")

    [message] = heard
    assert (message.text, str(message.thread), message.model, message.fresh) == (
        " hi\n",
        "web:::t1",
        "qwen3:latest",
        True,
    )
    assert message.user.key == "web:op"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"message": ""}, 422, "message: is empty"),
        ({"message": " \n\t"}, 422, "is empty"),
        ({"message": "a\0b"}, 422, "binary"),
        ({"message": "x" * (64 * 1024 + 1)}, 422, "64 KiB"),
        ({"message": 5}, 422, "message: "),
        ({}, 422, "message: Field required"),
        ({"message": "x", "mesage": "y"}, 422, "mesage: "),
        ([], 422, "send a JSON object"),
        ("x", 422, "send a JSON object"),
        ({"message": "x", "model": "gpt-9"}, 422, "installed: qwen3:latest"),
        ({"message": "x", "thread": "../etc"}, 422, "thread: "),
        ({"message": "x", "thread": "slack:T1:C1:1.2"}, 403, "slack"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_name(
    site: Site, body: Any, status: int, says: str
) -> None:
    """One line that names the field or the fix; no run starts."""
    code, answer = await site.post("/api/chat", body)

    assert (code, answer["status"], answer["type"]) == (status, status, "about:blank")
    assert says in answer["detail"]
    assert site.bot.runs == {}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"null", 422),
        (b"{", 400),
        (b"\xff\xfe\x00binary", 400),
        (b'{"message": "\\ud800"}', 400),
        (b'{"message": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"message":' + b"[" * 21 + b"]" * 21 + b"}", 400),
        (b'{"message": "' + b"x" * 256 * 1024 + b'"}', 422),
    ],
)
async def test_bytes_that_are_no_message_are_refused(site: Site, raw: bytes, status: int) -> None:
    """Broken, binary, deep or huge bodies: a problem document, the connection survives."""
    headers = {**site.bearer(), "Content-Type": "application/json"}
    async with site.http.post("/api/chat", data=raw, headers=headers) as response:
        assert (response.status, response.content_type) == (status, "application/problem+json")
    assert (await site.get("/api/me"))[0] == 200


async def test_a_body_must_say_that_it_is_json(site: Site) -> None:
    """A form of another site cannot pose as a request of ours."""
    async with site.http.post("/api/chat", data="{}", headers=site.bearer()) as response:
        assert response.status == 415


async def test_stop(site: Site) -> None:
    """202, and the run is stopped by who asked."""
    site.bot.script = lambda _: []
    body = (await site.post("/api/chat", {"message": "go", "wait": False}))[1]

    code, answer = await site.post(f"/api/runs/{body['run_id']}/stop")

    assert (code, answer) == (202, {"run_id": body["run_id"]})
    assert site.bot.runs[body["run_id"]].status == "stopped"
