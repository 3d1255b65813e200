"""What all contenders have in common: the same work, asked for in the same way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

MODEL = "qwen3:latest"
CONTEXT = 40_000
"""Tokens: room for a run of 200 steps, so that no contender sends less than another."""
SYSTEM = "You are an operations assistant. Use the tools you are given, then answer briefly."
RESULT = ("ok " * 100)[:200]
"""What the tool says; 200 characters."""
PROBE: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "probe",
        "description": "Probe the system and return the reading.",
        "parameters": {
            "type": "object",
            "properties": {"n": {"type": "integer"}},
            "required": ["n"],
        },
    },
}


class Contender(Protocol):
    """One way to have a model call a tool until it answers."""

    database: Path | None
    """Where the steps go, for those that keep any."""

    def stream(self, prompt: str) -> AsyncIterator[str]:
        """One run; yields the model's text as it comes."""
        ...


def prompt(steps: int, **more: int) -> str:
    """A message that holds the fake model's script: *steps* tool calls, then an answer."""
    words = " ".join(f"{name}={value}" for name, value in {"steps": steps, **more}.items())
    return f"Check every node and report. {words}"


async def run(contender: Contender, steps: int) -> None:
    """One run of *steps* tool calls that must have said so in its answer."""
    text = "".join([piece async for piece in contender.stream(prompt(steps))])
    assert text.endswith(f"(after {steps} steps)"), text[-200:]
