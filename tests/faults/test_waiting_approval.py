"""``kill -9`` while a person is to decide: the question outlives the process that asked it."""

import sqlite3
from pathlib import Path

from tests.faults.life import Command, Event, House, kinds, last


async def _asked(house: House, command: Command) -> Event:
    """A life that ends by ``kill -9`` as soon as it has asked."""
    async with house.life() as life:
        await life.say(command.script)
        events = await life.until("approval_requested")
        await life.kill()
    return last(events, "approval_requested")


async def test_approved_after_the_kill(house: House, tmp_path: Path) -> None:
    """The same approval is decided in the next life: the command runs once, the run finishes."""
    command = Command(tmp_path)
    approval = await _asked(house, command)
    assert 0 == command.runs
    async with house.life() as life:
        _, listed = await life.get("/api/approvals")
        status, settled = await life.decide(approval, "approve")
        events = await life.until("run_finished")
        again, _ = await life.decide(approval, "approve")
        _, run = await life.get(f"/api/runs/{approval['run_id']}")

    assert [approval["approval"]] == [each["id"] for each in listed["approvals"]]
    assert (200, "approved") == (status, settled["state"])
    assert 409 == again
    assert 1 == command.runs
    assert ["tool_started", "tool_finished", "model_replied", "run_finished"] == kinds(events)[-4:]
    assert "ok" == last(events, "tool_finished")["outcome"]
    assert "done" == run["status"]


async def test_denied_after_the_kill(house: House, tmp_path: Path) -> None:
    """Nothing runs; the model reads who denied it and why, and the run finishes."""
    command = Command(tmp_path)
    approval = await _asked(house, command)
    async with house.life() as life:
        denial = {"decision": "deny", "reason": "not on a Friday"}
        await life.post(f"/api/approvals/{approval['approval']}", denial)
        events = await life.until("run_finished")

    assert 0 == command.runs
    assert "tool_started" not in kinds(events)
    assert "admin denied it: not on a Friday" in house.ollama.requests[-1].results[-1]


async def test_expired_while_the_bot_was_away(house: House, tmp_path: Path) -> None:
    """Time goes on without the bot: a late click hears that it is too late, the run ends saying
    that nobody decided, and the command never runs."""
    house.settings["approval_ttl"] = "10"
    command = Command(tmp_path)
    approval = await _asked(house, command)
    with sqlite3.connect(house.database) as database:  # as if the ten seconds had gone by
        database.execute("UPDATE approvals SET expires = expires - 10")
    database.close()
    async with house.life() as life:
        status, said = await life.decide(approval, "approve")
        events = await life.until("run_failed")

    assert 409 == status
    assert "has expired: ask for it again" in said["detail"]
    assert "approval_expired" in kinds(events)
    assert "not done: nobody decided within 0.2 min" == last(events, "run_failed")["reason"]
    assert 0 == command.runs
