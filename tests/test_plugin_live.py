"""Plugins of a running bot: a child process, a scripted model, calls over REST."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bot_process import bot_says
from tests.fakes.ollama import FakeOllama
from tests.faults.life import Event, House, Life, last
from tests.plugin_kit import GREET, plugin

CALL = "steps=1 tool=greet"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    (tmp_path / "data" / "tools").mkdir(parents=True)
    async with FakeOllama() as ollama:
        yield House(tmp_path, ollama)


def put(house: House, text: str) -> None:
    (house.directory / "data" / "tools" / "greet.py").write_text(text)


async def known(life: Life, holds: Callable[[Any], object]) -> None:
    """Wait until the tool ``greet``, or None without one, is such that it *holds*."""
    async with asyncio.timeout(10):
        while True:
            _, body = await life.get("/api/tools")
            if holds(next((tool for tool in body["tools"] if tool["name"] == "greet"), None)):
                return


async def ask(life: Life, thread: str) -> Event:
    """Have the model call the tool; how the call ended."""
    await life.say(CALL, thread)
    return last(await life.until("run_finished", "run_failed", thread=thread), "tool_finished")


async def test_dropped_in_edited_broken_and_removed(house: House) -> None:
    """One process, never restarted: a file is a tool of the model's while it is there and works;
    a broken edit is told in /health and changes nothing."""
    async with house.life() as life:
        put(house, GREET)
        await known(life, bool)
        assert "hello you" == (await ask(life, "dropped"))["output"]

        put(house, GREET.replace("hello", "bye").replace("Greet", "Leave"))
        await known(life, lambda tool: tool["description"].startswith("Leave"))
        assert "bye you" == (await ask(life, "edited"))["output"]

        put(house, "def (\n")
        said = await _trouble(life)
        assert "greet.py:1: SyntaxError: invalid syntax; the version before it stays" == said
        assert "bye you" == (await ask(life, "broken"))["output"]

        (house.directory / "data" / "tools" / "greet.py").unlink()
        await known(life, lambda tool: tool is None)
        await ask(life, "removed")
        assert house.ollama.requests[-1].tool("execute_command")
        assert house.ollama.requests[-1].tool("greet") is None
        assert "greet" not in str((await life.get("/health"))[1])


async def _trouble(life: Life) -> str:
    async with asyncio.timeout(10):
        while True:
            _, health = await life.get("/health")
            if said := health["parts"].get("plugin greet.py"):
                return said


async def test_an_edit_while_a_call_is_in_flight(house: House) -> None:
    """The call ends with the function it began with; the next one has the new function."""
    begun, go = house.directory / "begun", house.directory / "go"
    put(house, _waiting(begun, go))
    async with house.life() as life:
        await life.say(CALL, "old")
        async with asyncio.timeout(10):
            while not begun.exists():  # noqa: ASYNC110 - it is another process that writes
                await asyncio.sleep(0.01)
        put(house, GREET)
        await known(life, lambda tool: tool["description"].startswith("Greet"))
        go.touch()
        ended = last(await life.until("run_finished", thread="old"), "tool_finished")

        assert "from the old one" == ended["output"]
        assert "hello you" == (await ask(life, "new"))["output"]


def _waiting(begun: Path, go: Path) -> str:
    return plugin(f'''
        import asyncio
        from pathlib import Path

        @tool(risk=Risk.READ, trust=Trust.SYSTEM)
        async def greet() -> str:
            """Wait to be told."""
            Path({str(begun)!r}).touch()
            while not Path({str(go)!r}).exists():
                await asyncio.sleep(0.01)
            return "from the old one"
        ''')


def _changing(text: str, ran: Path) -> str:
    return plugin(f'''
        from pathlib import Path

        @tool(risk=Risk.CHANGE, trust=Trust.SYSTEM)
        async def greet() -> str:
            """{text}"""
            with Path({str(ran)!r}).open("a") as file:
                file.write("{text}\\n")
            return "{text}"
        ''')


async def test_an_approval_is_for_the_version_it_was_asked_for(house: House) -> None:
    """What was approved before an edit does not run after it: the new version is asked for."""
    ran = house.directory / "ran"
    put(house, _changing("one", ran))
    async with house.life() as life:
        await life.say(CALL)
        asked = last(await life.until("approval_requested"), "approval_requested")
        put(house, _changing("two", ran))
        await known(life, lambda tool: tool["description"] == "two")
        assert 200 == (await life.decide(asked, "approve"))[0]

        events = await life.until("approval_requested", count=2)
        superseded = last(events, "approval_superseded")
        assert (asked["approval"], "the call has changed") == (
            superseded["approval"],
            superseded["reason"],
        )
        assert not ran.exists()

        assert 200 == (await life.decide(last(events, "approval_requested"), "approve"))[0]
        await life.until("run_finished")
        assert "two\n" == ran.read_text()


async def test_a_waiting_call_outlives_the_bot(house: House) -> None:
    """After a restart the plugin is there before the run goes on, however long its import takes,
    and its approval still fits."""
    ran = house.directory / "ran"
    put(house, "import time\ntime.sleep(1)\n" + _changing("one", ran))
    async with house.life() as life:
        await life.say(CALL)
        asked = last(await life.until("approval_requested"), "approval_requested")
        assert 200 == (await life.get("/health"))[0]
        await life.kill()
    async with house.life() as life:
        assert 200 == (await life.decide(asked, "approve"))[0]
        await life.until("run_finished")

    assert "one\n" == ran.read_text()


async def test_a_bug_in_a_plugin_is_the_calls(house: House) -> None:
    """The model reads the line that failed; the run ends as any other."""
    put(house, GREET.replace('return f"hello {name}"', "return {}[name]"))
    async with house.life() as life:
        ended = await ask(life, "t1")

        assert ("error", "greet.py:7: KeyError: 'you'") == (ended["outcome"], ended["output"])
        assert "run_finished" == (await life.until("run_finished"))[-1]["type"]


async def test_the_command_line(tmp_path: Path) -> None:
    """A file can be tried before it is put there, and what is there is listed."""
    good, bad, taken = (tmp_path / f"{name}.py" for name in ("good", "bad", "taken"))
    good.write_text(GREET)
    bad.write_text("1 +")
    taken.write_text(GREET.replace("greet", "read_file"))

    assert (0, "greet  read  Greet somebody.\n") == await bot_says(
        tmp_path, "tools", "check", str(good)
    )
    status, said = await bot_says(tmp_path, "tools", "check", str(good), str(bad), str(taken))
    assert 1 == status
    assert "bad.py:1: SyntaxError: invalid syntax" in said.splitlines()
    assert "taken.py: a built-in tool is named 'read_file'" in said.splitlines()

    status, said = await bot_says(tmp_path, "tools", "list", tools_dir=str(tmp_path))
    lines = said.splitlines()
    assert 1 == status
    assert "greet  read  Greet somebody." in lines
    assert any(line.startswith("execute_command  judged  ") for line in lines)
    assert "bad.py:1: SyntaxError: invalid syntax" in lines

    assert (2, "usage: tools list | tools check FILE …\n") == await bot_says(tmp_path, "tools")
    status, said = await bot_says(tmp_path, "tools", "list", tools_dir="nowhere")
    assert (2, "AI_TOOLS_DIR: nowhere is no directory; make it\n") == (status, said)
