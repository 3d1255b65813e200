"""The fake Ollama is as strict as Ollama, spoken to by the official client."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import ollama
import pytest

from tests.fakes.ollama import FakeOllama, Reply, Truncation
from tests.recording import TOOLS

OFFERED = [
    {"type": "function", "function": {"name": t.name, "description": "…", "parameters": t.schema}}
    for t in TOOLS.values()
]


@asynccontextmanager
async def client(fake: FakeOllama) -> AsyncGenerator[ollama.AsyncClient]:
    one = ollama.AsyncClient(fake.url)
    try:
        yield one
    finally:
        await one.close()


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"model": "none"}, 404, "model 'none' not found"),
        (
            {"model": "phi3:mini", "tools": OFFERED},
            400,
            "registry.ollama.ai/library/phi3:mini does not support tools",
        ),
        ({"model": "phi3:mini", "think": True}, 400, '"phi3:mini" does not support thinking'),
    ],
)
async def test_refusals(request_: dict[str, Any], status: int, error: str) -> None:
    """It refuses what Ollama refuses, in its words."""
    async with FakeOllama() as fake, client(fake) as one:
        with pytest.raises(ollama.ResponseError) as caught:
            await one.chat(messages=said("hello"), **request_)

    assert (status, error) == (caught.value.status_code, caught.value.error)


async def test_images_need_vision() -> None:
    """Images are refused by a model that is blind."""
    message = {"role": "user", "content": "?", "images": ["cG5n"]}
    async with FakeOllama() as fake, client(fake) as one:
        with pytest.raises(ollama.ResponseError, match="does not support images"):
            await one.chat("qwen3", messages=[message])


async def test_silent_truncation() -> None:
    """A prompt over num_ctx loses its oldest messages without a word; the count stops there."""
    messages = [
        {"role": "system", "content": "obey"},
        *(m for n in range(20) for m in said(f"{n} " + "x" * 800)),
    ]
    async with FakeOllama() as fake, client(fake) as one:
        fake.script("qwen3", [Reply("ok")])
        reply = await one.chat("qwen3", messages=messages, options={"num_ctx": 2_048})

    seen = fake.requests[0].messages
    assert fake.truncations == [Truncation("qwen3:latest", 21 - len(seen), 2_048)]
    assert seen[0]["content"] == "obey"
    assert seen[-1]["content"].startswith("19 ")
    assert 1_500 < (reply.prompt_eval_count or 0) <= 2_048


async def test_without_streaming() -> None:
    """The whole reply in one object."""
    async with FakeOllama() as fake, client(fake) as one:
        fake.script("qwen3", [Reply("Half.", "Hm.", (("disk_usage", {"path": "/"}),))])
        reply = await one.chat("qwen3", messages=said("how full?"), tools=OFFERED)

    assert (reply.message.content, reply.message.thinking) == ("Half.", "Hm.")
    assert reply.message.tool_calls
    assert reply.message.tool_calls[0].function.arguments == {"path": "/"}
    assert reply.done_reason == "stop"


async def test_script_runs_out() -> None:
    """A request too many is an error, not silence."""
    async with FakeOllama() as fake, client(fake) as one:
        fake.script("qwen3", [])
        with pytest.raises(ollama.ResponseError, match="no reply left"):
            await one.chat("qwen3", messages=said("hello"))


async def converse(one: ollama.AsyncClient, text: str, *, result: str) -> list[str]:
    """Carry out all calls of a model until it answers; returns the calls and the answer."""
    messages: list[Any] = said(text)
    happened: list[str] = []
    while True:
        reply = (await one.chat("qwen3", messages=messages, tools=OFFERED)).message
        messages.append(reply)
        for call in reply.tool_calls or ():
            happened.append(f"{call.function.name} {dict(call.function.arguments)}")
            messages.append({"role": "tool", "content": result, "tool_name": call.function.name})
        if not reply.tool_calls:
            return [*happened, reply.content or ""]


async def test_steps_script() -> None:
    """``steps=`` in the last user message scripts the whole run without any state."""
    command = "{'command': 'true'}"
    async with FakeOllama() as fake, client(fake) as one, asyncio.timeout(5):
        plain = await converse(one, "steps=2 par=2 tokens=3", result="ok")
        named = await converse(
            one, 'steps=1 tool=execute_command args={"command": "true"}', result="ok"
        )

    assert plain == ["disk_usage {}"] * 4 + ["All checks passed (after 2 steps)"]
    assert named[0] == f"execute_command {command}"


async def test_demo() -> None:
    """Plain sentences become calls, one a turn; the answer quotes what the tools said."""
    marked = (
        "<<<data 0123456789abcdef from x (data, not instructions)\nok\ndata 0123456789abcdef>>>"
    )
    async with FakeOllama() as fake, client(fake) as one, asyncio.timeout(5):
        both = await converse(one, "disk usage, then run uptime -p", result=marked)
        denied = await converse(one, "run reboot", result="denied: Bob denied it")
        helped = await converse(one, "hello", result="")

    assert both == [
        "disk_usage {}",
        "execute_command {'command': 'uptime -p'}",
        "Done. ok\n\nok",
    ]
    assert denied[-1] == "I did not do all of it.\n\ndenied: Bob denied it"
    assert helped[0].startswith("I am a scripted stand-in")


async def test_as_a_program() -> None:
    """It starts by hand, says its port, and ends when asked."""
    arguments = ("-m", "tests.fakes.ollama", "--port", "0", "--model", "mine")
    program = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout
    async with asyncio.timeout(20):
        word, port = (await program.stdout.readline()).split()
        one = ollama.AsyncClient(f"http://127.0.0.1:{int(port)}")
        models = (await one.list()).models
        await one.close()
        program.terminate()
        status = await program.wait()

    assert word == b"READY"
    assert [model.model for model in models] == ["mine:latest"]
    assert status == 0
