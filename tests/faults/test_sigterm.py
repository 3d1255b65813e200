"""SIGTERM: a clean end within seconds, whoever is connected and whatever is running."""

import asyncio
import signal
from pathlib import Path
from time import monotonic

import aiohttp
from aiohttp import WSCloseCode, WSMsgType

from tests.fakes.ollama import Reply
from tests.faults.life import Command, House, Life, kinds, last, orphans
from tools.hosts.processes import members

PROMPTLY = 3.0
"""Seconds, on a machine that has other things to do as well."""


async def _end(life: Life) -> tuple[int | None, float]:
    """SIGTERM: the exit status, and the seconds until it."""
    began = monotonic()
    life.bot.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        await life.bot.process.wait()
    return life.bot.process.returncode, monotonic() - began


async def test_while_the_model_speaks(house: House) -> None:
    """Followers are told that the bot goes away, one that does not read delays nothing, and who
    waits for the answer hears how far it is. The next life finishes the run."""
    house.ollama.script("qwen3", [Reply("So far", hang_after=1), Reply("Here again.")])
    async with house.life() as life:
        run = await life.say("how are you?")
        async with (
            life.http.ws_connect("/ws/chat") as reader,
            life.http.ws_connect("/ws/chat"),
            asyncio.TaskGroup() as tasks,
        ):
            body = {"message": "and you?", "thread": "t1"}
            waiting = tasks.create_task(life.post("/api/chat", body))
            while (await reader.receive_json())["type"] != "message_joined":
                pass
            goodbye = tasks.create_task(_goodbye(reader))
            status, seconds = await _end(life)
    async with house.life() as life:
        events = await life.until("run_finished")

    assert 0 == status
    assert seconds < PROMPTLY
    assert (202, run) == (waiting.result()[0], waiting.result()[1]["run_id"])
    assert WSCloseCode.GOING_AWAY == goodbye.result()
    assert "Here again." == events[-1]["text"]


async def _goodbye(socket: aiohttp.ClientWebSocketResponse) -> int:
    """The code the server closes with."""
    while (message := await socket.receive()).type is WSMsgType.TEXT:
        pass
    return message.data


async def test_while_a_command_runs(house: House, tmp_path: Path) -> None:
    """The command is ended with the bot, not left behind; the next life says that its outcome is
    unknown and does not repeat it."""
    command = Command(tmp_path, "sleep 300")
    with orphans(command):
        async with house.life() as life:
            await life.say(command.script)
            asked = last(await life.until("approval_requested"), "approval_requested")
            await life.decide(asked, "approve")
            await command.begun()
            status, seconds = await _end(life)
            left = members(command.pids[0])
        async with house.life() as life:
            events = await life.until("approval_requested", count=2)
            await life.decide(last(events, "approval_requested"), "leave")
            events = await life.until("run_finished")

    assert 0 == status
    assert seconds < PROMPTLY
    assert [] == left
    assert "unknown" == last(events, "tool_finished")["outcome"]
    assert 1 == kinds(events).count("tool_started")
    assert 1 == command.runs
