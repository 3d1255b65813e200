"""A model that reads little is offered the tools that matter now, and told of the others."""

import json
from typing import Any

import pytest

import tools
from agent.models.offering import offer
from bot.agents import Ask, Message
from bot.tool import ToolCall
from tests.asking import answer, ask, served
from tests.fakes.ollama import ChatRequest, FakeModel, FakeOllama, Reply

ALL = tuple(tools.load().values())
CORE = {"execute_command", "system_info", "service_status", "disk_usage", "process_list"}
SMALL = 4_096


def names(request: ChatRequest) -> set[str]:
    return {tool["function"]["name"] for tool in request.tools}


def small(name: str = "small:latest", *capabilities: str) -> FakeModel:
    return FakeModel(name, capabilities=("completion", *capabilities), context_length=SMALL)


def question(*said: str | Message) -> Ask:
    return ask(*said, model="small", tools=ALL)


def told(request: ChatRequest) -> str:
    return "\n".join(m["content"] for m in request.messages if m["role"] == "system")


async def test_few_tools_fit_a_small_context() -> None:
    """The plain ones stay, the memory and other families go; what was left out is named."""
    async with FakeOllama([small("small:latest", "tools")]) as ollama, served(ollama) as model:
        ollama.script("small", [Reply("Fine.")])
        await answer(model, question("how is the machine?"))
        [request] = ollama.requests

    assert names(request) >= CORE
    assert not any(name.startswith("memory_") for name in names(request))
    assert all(tool.name in names(request) or tool.name in told(request) for tool in ALL)
    assert len(json.dumps(request.tools)) / 3.5 <= SMALL * 0.35


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Is the docker container of the shop up?", "docker_status"),
        ("Show me the git log of /srv/app", "git_log"),
        ("What do you have in memory about srv-db-03? Recall it.", "memory_recall"),
    ],
)
async def test_what_is_spoken_of_is_offered(said: str, wanted: str) -> None:
    """Words of the request bring the tools of that name."""
    assert wanted in {tool.name for tool in offer(ALL, [Message("user", said)], SMALL).tools}


async def test_a_tool_left_out_is_called_by_its_name_and_then_offered() -> None:
    """The call comes through; from then on the model sees how it is described."""
    call = ("memory_delete", {"ids": [1]})
    async with FakeOllama([small("small:latest", "tools")]) as ollama, served(ollama) as model:
        ollama.script("small", [Reply(tool_calls=(call,)), Reply("Gone.")])
        _, first = await answer(model, question("clean up"))
        said = Message("assistant", "", calls=first.tool_calls)
        await answer(model, question("clean up", said, Message("tool", "done", tool=call[0])))
        before, after = ollama.requests

    assert ["memory_delete"] == [made.name for made in first.tool_calls]
    assert call[0] not in names(before)
    assert call[0] in names(after)


async def test_constrained_json_may_name_them_too() -> None:
    """A model without tools of its own can write the name of one that it was not shown."""
    written: dict[str, Any] = {"thought": "x", "tool": "memory_list", "arguments": {}}
    async with FakeOllama([small()]) as ollama, served(ollama) as model:
        ollama.script("small", [Reply(json.dumps(written))])
        _, reply = await answer(model, question("how is the machine?"))
        [request] = ollama.requests

    assert [("memory_list", {})] == [(made.name, made.args) for made in reply.tool_calls]
    assert "memory_list" in told(request)
    assert "\nmemory_list:" not in told(request)


def test_a_large_context_has_room_for_all() -> None:
    """From 8,192 tokens on nothing is left out, and nothing is said of it."""
    given = offer(ALL, [Message("user", "hi")], 8_192)

    assert ALL == given.tools
    assert given.note is None


def test_the_choice_stays_the_same_while_the_words_do() -> None:
    """The order is that of the tools: what was evaluated need not be evaluated again."""
    hi, call = Message("user", "hi"), ToolCall("1", "disk_usage", {})
    given = offer(ALL, [hi], SMALL)
    later = offer(ALL, [hi, Message("assistant", "", calls=(call,))], SMALL)

    assert given == later
    assert [tool for tool in ALL if tool in given.tools] == list(given.tools)
