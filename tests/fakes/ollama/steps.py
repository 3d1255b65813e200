"""A stateless script in the words of the last user message that holds ``steps=``.

    steps=10     answer with ten turns of tool calls, then with text
    par=3        tool calls a turn                                  (1)
    tool=NAME    the tool called                                    (probe, else the first offered)
    args={…}     its arguments as JSON; otherwise its required integers are filled with 1, 2, 3 …
    tokens=20    length of the final text                           (8)
    think=5      thinking tokens in front of each reply             (0)
    talk=4       text tokens in front of each tool call             (0)
    ftd=20       milliseconds before the first token of a turn      (0)
    tpd=5        milliseconds between tokens                        (0)
    stamp=1      the final text starts with ``@received:sent@``, nanoseconds of CLOCK_MONOTONIC
    fail=3       turn 3 answers HTTP 500
    hang=3       turn 3 never answers

The conversation itself tells how far it is, so a run can go on against another process.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.fakes.ollama.conversation import ChatRequest, Reply

_NUMBER = re.compile(r"\b(steps|par|tokens|think|talk|ftd|tpd|stamp|fail|hang)=(\d+)")
_TOOL = re.compile(r"\btool=(\w+)")
_ARGS = re.compile(r"\bargs=(\{.*\})")
_WORDS = ("All", " checks", " passed", ":", " the", " node", " is", " healthy", " and", " serving")


@dataclass(frozen=True, slots=True)
class Script:
    steps: int = 0
    par: int = 1
    tokens: int = 8
    think: int = 0
    talk: int = 0
    ftd: int = 0
    tpd: int = 0
    stamp: int = 0
    fail: int = 0
    hang: int = 0
    tool: str = ""
    args: str = ""


@lru_cache(maxsize=4096)
def parse(text: str) -> Script:
    numbers = {name: int(value) for name, value in _NUMBER.findall(text)}
    tool, args = _TOOL.search(text), _ARGS.search(text)
    return Script(**numbers, tool=tool[1] if tool else "", args=args[1] if args else "")


def find(messages: Sequence[Mapping[str, Any]]) -> tuple[Script, int] | None:
    """The script in force and the number of tool results after it."""
    results = 0
    for message in reversed(messages):
        if message["role"] == "tool":
            results += 1
        elif message["role"] == "user" and "steps=" in message.get("content", ""):
            return parse(message["content"]), results
    return None


def reply(request: ChatRequest) -> Reply | None:
    """What the script says next; None when the conversation holds no script."""
    found = find(request.messages)
    if found is None:
        return None
    script, results = found
    turn = results // script.par + 1
    if script.fail == turn:
        return Reply(status=500, error="scripted failure")
    calls = _calls(script, turn, request) if turn <= script.steps and request.tools else ()
    return Reply(
        text=_words(script.talk) if calls else _answer(script, turn),
        thinking="".join(f" thought{i}" for i in range(script.think)),
        tool_calls=calls,
        first_delay=script.ftd / 1000,
        token_delay=script.tpd / 1000,
        hang_after=0 if script.hang == turn else -1,
    )


def _calls(script: Script, turn: int, request: ChatRequest) -> tuple[tuple[str, Any], ...]:
    tool = request.tool(script.tool or "probe") or request.tools[0]["function"]
    first = (turn - 1) * script.par + 1
    return tuple((tool["name"], _args(script, tool, first + i)) for i in range(script.par))


def _args(script: Script, tool: Mapping[str, Any], number: int) -> dict[str, Any]:
    if script.args:
        return json.loads(script.args)
    schema: Mapping[str, Any] = tool.get("parameters") or {}
    needed: Sequence[str] = schema.get("required") or ()
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    return {name: number for name in needed if properties[name].get("type") == "integer"}


def _words(count: int) -> str:
    return "".join(_WORDS[i % len(_WORDS)] for i in range(count))


def _answer(script: Script, turn: int) -> str:
    stamp = time.monotonic_ns()
    start = f"@{stamp}:%d@ " if script.stamp else ""
    return f"{start}{_words(script.tokens)} (after {turn - 1} steps)"
