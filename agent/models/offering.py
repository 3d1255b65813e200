"""Which tools a model with a small context is offered: all of them would fill it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.models.client import describe, dump
from agent.transcript import CHARS_PER_TOKEN
from bot.agents import Message
from bot.tool import Tool

SMALL = 8_192
"""Tokens from which on all tools are offered."""
_SHARE = 0.3
"""What of a small context tools may take; the rest is for the conversation and the answer."""
_FIRST = (
    "execute_command", "system_info", "disk_usage", "service_status", "process_list", "logs_view",
)  # fmt: skip
"""What most requests need."""
_RARE = ("docker_", "git_", "memory_")
"""Families that come last, in this order."""
_WORD = re.compile(r"[a-z]{3,}")
_RECENT = 6
"""Messages whose words tell what is needed now."""


@dataclass(frozen=True, slots=True)
class Offer:
    tools: tuple[Tool, ...]
    left_out: tuple[str, ...] = ()

    @property
    def note(self) -> Message | None:
        """Tells the model of the tools it is not shown; None when it is shown all."""
        if not self.left_out:
            return None
        names = ", ".join(self.left_out)
        return Message(
            "system",
            f"There are more tools, left out here for want of room: {names}. If you need one, call "
            "it by its name: you are told its arguments if you do not guess them.",
        )


def offer(tools: Sequence[Tool], messages: Sequence[Message], num_ctx: int) -> Offer:
    """Those that fit, in the order they were given. First come tools that were called in the
    conversation, then those whose names are in its last words."""
    if num_ctx >= SMALL:
        return Offer(tuple(tools))
    room = num_ctx * _SHARE
    called = {call.name for message in messages for call in message.calls}
    said = {word for message in messages[-_RECENT:] for word in _WORD.findall(message.text.lower())}

    def rank(tool: Tool) -> tuple[bool, int, int, bool]:
        fitting = len(said & set(_WORD.findall(tool.name)))
        return tool.name not in called, -fitting, _usual(tool.name), not tool.read_only

    kept: set[str] = set()
    for tool in sorted(tools, key=rank):
        room -= len(dump(describe(tool))) / CHARS_PER_TOKEN
        if room < 0:
            break
        kept.add(tool.name)
    shown = tuple(tool for tool in tools if tool.name in kept)
    return Offer(shown, tuple(tool.name for tool in tools if tool.name not in kept))


def _usual(name: str) -> int:
    """The place of a tool in a request that speaks of none."""
    if name in _FIRST:
        return _FIRST.index(name)
    rare = (len(_FIRST) + 1 + n for n, of in enumerate(_RARE) if name.startswith(of))
    return next(rare, len(_FIRST))
