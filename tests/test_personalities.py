"""Every kind of model does the same operations tasks through the whole bot, with the real tools."""

import json
from pathlib import Path
from typing import Any

import pytest

import agent.models
import tools
import tools.hosts
from bot.chat import ThreadRef
from bot.events import ApprovalRequested, RunFinished, ToolFinished
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama.personalities import PERSONALITIES, Personality, mind
from tests.kernel_kit import ANN, Bench, process, settings

_ENDS = ("run_finished", "run_failed", "run_stopped")
Task = tuple[list[tuple[str, dict[str, Any]]], str]


def tasks(place: Path) -> list[Task]:
    """The calls of each, and what its answer must hold."""
    file = str(place / "app.conf")
    return [
        ([("disk_usage", {})], "%"),
        ([("system_info", {})], "Linux"),
        ([("process_list", {})], "processes"),
        ([("list_directory", {"path": str(place)})], "notes.txt"),
        ([("read_file", {"path": str(place / "notes.txt")})], "port 8080"),
        ([("file_info", {"path": str(place / "notes.txt")})], "notes.txt"),
        ([("search_files", {"path": str(place), "content": "8080"})], "notes.txt"),
        ([("execute_command", {"command": "uname -s"})], "Linux"),
        ([("write_file", {"path": file, "content": 'port = "80"\n'})], "app.conf"),
        ([("file_info", {"path": file}), ("read_file", {"path": file})], 'port = "80"'),
    ]


@pytest.mark.parametrize("personality", PERSONALITIES, ids=str)
async def test_ten_tasks(personality: Personality, tmp_path: Path) -> None:
    """Looking, reading, running, writing with an approval, two steps: all ten end well, whichever
    way the model has of calling a tool."""
    place = tmp_path / "files"
    place.mkdir()
    (place / "notes.txt").write_text("the app listens on port 8080\n")
    async with FakeOllama([personality.model]) as ollama:
        ollama.script(personality.model.name, mind(personality.way))
        given: dict[str, Any] = {
            "ollama_url": ollama.url,
            "models": personality.model.name,
            "files_roots": f"read:/,write:{place}",
        }
        chosen = settings(tmp_path, **given)
        model, _ = agent.models.create(chosen)
        hosts = tools.hosts.create(chosen)
        async with process(tmp_path, model, tools.load(), hosts=hosts, **given) as bench:
            for number, (calls, evidence) in enumerate(tasks(place)):
                await _done(bench, ThreadRef("web", "", "", f"t{number}"), calls, evidence)
        await model.close()

    assert not ollama.truncations


async def _done(
    bench: Bench, thread: ThreadRef, calls: list[tuple[str, dict[str, Any]]], evidence: str
) -> None:
    await bench.say(json.dumps(calls), ANN, thread)
    events = await bench.until("approval_requested", *_ENDS, thread=thread)
    if isinstance(request := events[-1], ApprovalRequested):
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until(*_ENDS, thread=thread)

    finished = [event for event in events if isinstance(event, ToolFinished)]
    assert ["ok"] * len(calls) == [event.outcome for event in finished], finished
    end = events[-1]
    assert isinstance(end, RunFinished), end
    assert evidence in end.text
    assert not any(mark in end.text for mark in ("<think>", "Final Answer", '"final"'))
