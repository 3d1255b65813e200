"""Which models ``auto`` may mean for a question, best first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from agent.transcript import asked
from bot.agents import Ask, Message

Role = Literal["chat", "code", "vision", "summary"]
_CODE = re.compile(r"^ {0,3}```|^Traceback \(most recent call last\)|^diff --git ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of ``AI_MODELS``: ``qwen3``, ``code:qwen2.5-coder:32b``."""

    name: str
    role: Role | None = None
    """What it is kept for; None: anything."""


def parse(entries: Sequence[str]) -> tuple[Wanted, ...]:
    """A known role before the first colon is one; anything else belongs to the name."""
    return tuple(map(_entry, entries))


def _entry(text: str) -> Wanted:
    tag, colon, name = text.partition(":")
    for role in get_args(Role):
        if colon and name and tag == role:
            return Wanted(name, role)
    return Wanted(text)


def role_of(ask: Ask) -> Role:
    """What the question needs: eyes, a head for code, or neither."""
    if ask.purpose == "summary":
        return "summary"
    index = asked(ask.messages)
    if index < 0:
        return "chat"
    said = ask.messages[index]
    if said.images:
        return "vision"
    return "code" if _CODE.search(said.text) else "chat"


def candidates(wanted: Sequence[Wanted], role: Role) -> list[str]:
    """Those of the role, those of none, and the others, each in the order they were given."""
    ranks = {role: 0, None: 1}
    return [one.name for one in sorted(wanted, key=lambda one: ranks.get(one.role, 2))]


def pictured(messages: Sequence[Message]) -> bool:
    """Whether the last thing that a person said has a picture."""
    index = asked(messages)
    return index >= 0 and bool(messages[index].images)
