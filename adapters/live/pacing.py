"""Which steps of a run share a message: a pure rule, so that a restart finds the same messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.live.texts import call_line
from adapters.live.views import Step


@dataclass(frozen=True, slots=True)
class Pacing:
    """How talkative a platform may be while a run works."""

    steps: int = 3
    """A message is full with so many finished steps,"""
    characters: int = 2_000
    """or with so many characters,"""
    apart: float = 0.0
    """or, when it is not 0, once its first step is so many seconds older than the next one."""
    messages: int = 6
    """The last message takes all the rest."""


SLACK = Pacing()
DISCORD = Pacing(steps=1_000, characters=1_500, apart=1.0, messages=12)
CARD = Pacing(messages=1)
"""``AI_THOUGHTS=card``: one message that is edited."""


def grouped(steps: Sequence[Step], pacing: Pacing) -> list[list[Step]]:
    """The steps of each message, in order."""
    groups: list[list[Step]] = []
    for step in steps:
        if not groups or (len(groups) < pacing.messages and _full(groups[-1], step, pacing)):
            groups.append([])
        groups[-1].append(step)
    return groups


def _full(group: Sequence[Step], coming: Step, pacing: Pacing) -> bool:
    size = sum(len(s.thought) + sum(len(call_line(c)) for c in s.calls) for s in group)
    late = pacing.apart and coming.at - group[0].at >= pacing.apart * 1_000_000
    return len(group) >= pacing.steps or size >= pacing.characters or bool(late)
