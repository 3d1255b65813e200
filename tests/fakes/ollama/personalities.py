"""Five kinds of models with one mind: they want the same, and each says it in its own way."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.ollama.conversation import ChatRequest, FakeModel, Reply

_DATA = re.compile(r"<<<data [0-9a-f]{16} .*\n|^data [0-9a-f]{16}>>>$", re.MULTILINE)
_RESULT = re.compile(r"Result of \w+:\n")
Call = tuple[str, Mapping[str, Any]]
Way = Callable[[Call | None, str], Reply]
"""How a model says that it makes a call, or else its answer."""


def _native(call: Call | None, answer: str) -> Reply:
    return Reply(tool_calls=(call,)) if call else Reply(answer)


def _thinking(call: Call | None, answer: str) -> Reply:
    thought = f"I should use {call[0]}." if call else "Now I know."
    return Reply("" if call else answer, thought, tool_calls=(call,) if call else ())


def _coder(call: Call | None, answer: str) -> Reply:
    """As qwen2.5-coder: it has tools, and writes the call all the same."""
    if not call:
        return Reply(answer)
    return Reply(f"```json\n{json.dumps({'name': call[0], 'arguments': call[1]}, indent=2)}\n```")


def _formatted(call: Call | None, answer: str) -> Reply:
    if not call:
        return Reply(json.dumps({"thought": "Now I know.", "final": answer}))
    name, arguments = call
    return Reply(json.dumps({"thought": "Look.", "tool": name, "arguments": arguments}))


def _babbling(call: Call | None, answer: str) -> Reply:
    if not call:
        return Reply(f"<think>So that is it.</think>\nFinal Answer: {answer}")
    written = json.dumps({"name": call[0], "parameters": call[1]})
    return Reply(
        "Sure! I would be happy to help you with that. There is no need to `rm` anything. "
        f"Let me look:\n<tool_call>\n{written}\n</tool_call>\nObservation: it all went well.\n"
    )


@dataclass(frozen=True, slots=True)
class Personality:
    model: FakeModel
    way: Way

    def __str__(self) -> str:
        return self.model.name.partition(":")[0]


PERSONALITIES = (
    Personality(FakeModel("llama3.1:8b", ("completion", "tools")), _native),
    Personality(FakeModel("qwen2.5-coder:7b", ("completion", "tools"), 32_768), _coder),
    Personality(FakeModel("phi4:14b", ("completion",), 16_384), _formatted),
    Personality(FakeModel("qwen3:8b"), _thinking),
    Personality(FakeModel("smollm2:1.7b", ("completion", "tools"), 16_384), _babbling),
)


def _written(text: str) -> Sequence[Call] | None:
    """The calls that a person wrote down as JSON."""
    return json.loads(text) if text.startswith("[[") else None


def mind(
    way: Way, understands: Callable[[str], Sequence[Call] | None] = _written
) -> Callable[[ChatRequest], Reply]:
    """It makes the calls that it takes from what the person says, one after the other, and then
    says what the last one showed. What it *understands* as None is no request."""

    def says(request: ChatRequest) -> Reply:
        results: list[str] = []
        wanted: Sequence[Call] = ()
        for message in request.messages:
            text: str = message.get("content") or ""
            if message["role"] == "tool" or _RESULT.match(text):
                results.append(_RESULT.sub("", text, count=1))
            elif message["role"] == "user" and (calls := understands(text)) is not None:
                wanted, results = calls, []
        if len(results) < len(wanted):
            name, arguments = wanted[len(results)]
            return way((name, arguments), "")
        return way(None, f"The last tool said: {_DATA.sub('', results[-1]).strip()}")

    return says
