"""``kill -9`` in the middle of a state-changing command: nobody knows its outcome, nobody repeats
it, and a person is asked what to do."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.life import Command, Event, House, Life, kinds, last, orphans


def _stuck(directory: Path) -> Command:
    """A command that does not end the first time."""
    return Command(directory, f"[ $(wc -l < {directory}/ran) -gt 1 ] || sleep 300")


@asynccontextmanager
async def _after_the_kill(house: House, command: Command) -> AsyncGenerator[tuple[Life, Event]]:
    """The life after the one that was killed while the command ran, and the question it opened."""
    async with house.life() as life:
        await life.say(command.script)
        asked = last(await life.until("approval_requested"), "approval_requested")
        await life.decide(asked, "approve")
        await command.begun()
        await life.kill()
    async with house.life() as life:
        events = await life.until("approval_requested", count=2)
        yield life, last(events, "approval_requested")


async def test_left_alone(house: House, tmp_path: Path) -> None:
    """The cut call is reported as unknown, to people and to the model. A second kill changes
    nothing: it is one question, still open, until *leave* settles it, and one run for ever."""
    command = _stuck(tmp_path)
    with orphans(command):
        async with _after_the_kill(house, command) as (life, doubt):
            waiting = await life.until("model_replied", count=2)
            refused, said = await life.decide(doubt, "approve")
            await life.kill()
        async with house.life() as life:
            _, listed = await life.get("/api/approvals")
            status, _ = await life.decide(doubt, "leave")
            events = await life.until("run_finished")

    assert ["unknown"] == [e["outcome"] for e in waiting if e["type"] == "tool_finished"]
    assert "may or may not have had its effect" in house.ollama.requests[-1].results[-1]
    assert doubt["may_have_run"]
    assert command.text == doubt["call"]["args"]["command"]
    assert 422 == refused
    assert "again, leave or look" in said["detail"]
    assert [doubt["approval"]] == [each["id"] for each in listed["approvals"]]
    assert 200 == status
    assert ["approval_decided", "run_finished"] == kinds(events)[-2:]
    assert 1 == command.runs


async def test_run_again(house: House, tmp_path: Path) -> None:
    """*Again* asks afresh; once that is approved the command runs a second time, and its result
    is answered."""
    command = _stuck(tmp_path)
    with orphans(command):
        async with _after_the_kill(house, command) as (life, doubt):
            await life.decide(doubt, "again")
            fresh = last(await life.until("approval_requested", count=3), "approval_requested")
            assert 1 == command.runs
            await life.decide(fresh, "approve")
            events = await life.until("run_finished")

    assert not fresh["may_have_run"]
    assert ["unknown", "ok"] == [e["outcome"] for e in events if e["type"] == "tool_finished"]
    assert 2 == command.runs


async def test_look_first(house: House, tmp_path: Path) -> None:
    """*Look* keeps the question open and asks the model with read-only tools; the person decides
    after that."""
    command = _stuck(tmp_path)
    with orphans(command):
        async with _after_the_kill(house, command) as (life, doubt):
            await life.until("model_replied", count=2)
            await life.decide(doubt, "look")
            await life.until("model_replied", count=3)
            offered = [tool["function"]["name"] for tool in house.ollama.requests[-1].tools]
            _, listed = await life.get("/api/approvals")
            await life.decide(doubt, "leave")
            events = await life.until("run_finished")

    assert "disk_usage" in offered
    assert "execute_command" not in offered
    assert [doubt["approval"]] == [each["id"] for each in listed["approvals"]]
    assert "run_finished" == kinds(events)[-1]
    assert 1 == command.runs
