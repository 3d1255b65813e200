"""``kill -9`` at any moment: what people were promised still holds, read off log and files."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from tests.bot_process import bot_says
from tests.fakes.ollama import ChatRequest, Reply
from tests.faults.life import ENDS, Command, Event, House, Life

POINTS = (
    "run_started",
    "model_replied",
    "approval_requested",
    "approval_decided",
    "tool_started",
    "tool_finished",
)
LATEST = 0.03
"""Seconds between the event and the kill, at most: a few steps of a run."""


@dataclass
class Drill:
    """A bot that is killed at every point in turn, while a person works with it."""

    house: House
    chance: random.Random
    sent: dict[str, str] = field(default_factory=dict[str, str])
    """Thread → what was said there."""
    accepted: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Thread → the run that the bot said it is, however often it was asked."""
    commands: dict[str, Command] = field(default_factory=dict[str, Command])

    async def one_life(self, number: int, point: str) -> None:
        """Say something new, decide whatever is asked, and die soon after *point*."""
        thread = f"t{number}"
        directory = self.house.directory / thread
        directory.mkdir()
        self.commands[thread] = Command(directory, f"sleep {self.chance.uniform(0, LATEST):.3f}")
        self.accepted[thread] = set()
        self.sent[thread] = f"please {self.commands[thread].text}"
        async with self.house.life() as life, asyncio.TaskGroup() as tasks:
            person = tasks.create_task(self._person(life))
            await life.until(point, thread=thread)
            await asyncio.sleep(self.chance.uniform(0, LATEST))
            await life.kill()
            person.cancel()

    async def last_life(self) -> dict[str, list[Event]]:
        """Let everything come to its end. Thread → its events."""
        async with self.house.life() as life:
            async with asyncio.TaskGroup() as tasks:
                person = tasks.create_task(self._person(life))
                logs = {thread: await life.until(*ENDS, thread=thread) for thread in self.sent}
                person.cancel()
            for thread, [run] in self.accepted.items():
                _, view = await life.get(f"/api/runs/{run}")
                logs[thread] = view["events"]
            return logs

    async def _person(self, life: Life) -> None:
        """Sends all again, as it may not have arrived, and decides what is open, until the bot
        dies."""
        try:
            for thread, text in reversed(self.sent.items()):
                self.accepted[thread].add(await life.say(text, thread, key=thread))
            while True:
                _, listed = await life.get("/api/approvals")
                for approval in listed["approvals"]:
                    choices = ("again", "leave") if approval["may_have_run"] else ("approve",)
                    decision = self.chance.choice(choices)
                    await life.post(f"/api/approvals/{approval['id']}", {"decision": decision})
                await asyncio.sleep(0.01)
        except (aiohttp.ClientError, OSError):
            return  # it died in the middle of a word


def _model(request: ChatRequest) -> Reply:
    """Looks first, then runs what it was told, then answers."""
    said = next(m["content"] for m in request.messages if m["content"].startswith("please"))
    command = said.removeprefix("please ")
    turns = (Reply(tool_calls=(("disk_usage", {}),)), Reply(tool_calls=(_run(command),)))
    results = sum(message["role"] == "tool" for message in request.messages)
    return turns[results] if results < len(turns) else Reply("Done, as far as I know.")


def _run(command: str) -> tuple[str, dict[str, Any]]:
    return "execute_command", {"command": command}


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_every_point(house: House, seed: int) -> None:
    """Six kills, each soon after another kind of event; afterwards every message has one end,
    every command ran at most as often as it was approved, and the audit finds nothing wrong."""
    drill = Drill(house, random.Random(seed))
    house.ollama.script("qwen3", _model)
    for number, point in enumerate(drill.chance.sample(POINTS, len(POINTS))):
        await drill.one_life(number, point)
    logs = await drill.last_life()

    for thread, events in logs.items():
        _check(events, drill.commands[thread])
    assert len(POINTS) == len(logs)
    assert (0, "all as it was written") == await _audit(house)


def _check(events: Sequence[Event], command: Command) -> None:
    started = [e for e in events if e["type"] == "tool_started"]
    changes = [e for e in started if e["verdict"]["risk"] != "read"]
    used = [e["approval"] for e in changes]
    decided = [e["approval"] for e in events if e["type"] == "approval_decided"]
    outcomes = _outcomes(events)

    assert 1 == sum(e["type"] in ENDS for e in events)
    assert "run_finished" == events[-1]["type"]
    assert all(used)
    assert len(set(used)) == len(used)
    assert set(used) <= set(decided)
    assert outcomes.count("ok") <= command.runs <= len(changes)
    assert {"ok", "unknown"} >= set(outcomes)
    assert len(changes) == len(outcomes)


def _outcomes(events: Sequence[Event]) -> list[str]:
    """Of the calls that change something."""
    changes = {
        e["call"]["id"]
        for e in events
        if e["type"] == "tool_started" and e["verdict"]["risk"] != "read"
    }
    return [
        e["outcome"] for e in events if e["type"] == "tool_finished" and e["call_id"] in changes
    ]


async def _audit(house: House) -> tuple[int, str]:
    status, said = await bot_says(house.directory, "audit", "verify")
    return status, said.rstrip().rpartition(": ")[2]
