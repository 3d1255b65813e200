"""What is known while a reply is read, and what a place of it can come to be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from agent.models.formats.names import Names
from agent.models.formats.shapes import Wanted

_INK = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Step:
    """What a place of the text came to be."""

    start: int
    end: int
    kept: bool = False
    """It stays in what is said."""
    wanted: Sequence[Wanted] = ()
    broken: str = ""
    """The text of a call that cannot be read."""
    thought: str = ""
    thought_before: bool = False
    """All before it was thought."""
    over: bool = False
    """What follows was not the model's to write."""


@dataclass
class Seen:
    text: str
    names: Names
    since: int = 0
    """Where the text begins that is neither said nor dropped yet."""
    said: list[str] = field(default_factory=list[str])
    thought: list[str] = field(default_factory=list[str])
    wanted: list[Wanted] = field(default_factory=list[Wanted])
    broken: list[str] = field(default_factory=list[str])
    """The texts of calls that could not be read."""
    _thought_until: int = 0
    _spoken: bool = False
    _ink: tuple[int, int] = (-1, 0)

    @property
    def calls(self) -> int:
        """How many calls were found, readable or not."""
        return len(self.wanted) + len(self.broken)

    @property
    def anything(self) -> bool:
        return bool(self.wanted or self.broken)

    def silent(self, at: int) -> bool:
        """Whether nothing was said before *at*."""
        if self._ink[0] != self.since:
            ink = _INK.search(self.text, self.since)
            self._ink = self.since, ink.start() if ink else len(self.text)
        return not self._spoken and self._ink[1] >= at

    def leads(self, at: int) -> bool:
        """Whether a line begins at *at*, after three blanks at most."""
        before = self.text[max(0, at - 4) : at].rstrip(" ")
        return before.endswith("\n") or (not before and at <= 3)

    @cached_property
    def ticks(self) -> dict[int, list[int]]:
        """Where runs of backticks begin, by their length."""
        places: dict[int, list[int]] = {}
        for run in re.finditer("`+", self.text):
            places.setdefault(len(run[0]), []).append(run.start())
        return places

    def take(self, step: Step) -> int:
        """Record what was found; where to go on."""
        if step.broken:
            self.broken.append(step.broken)
        if step.kept:
            self.wanted += step.wanted
            return step.end
        self._say(step.start)
        if step.thought_before:
            self.thought.append(self.text[self._thought_until : step.start])
            self.said, self.wanted, self.broken, self._spoken = [], [], [], False
        if step.thought:
            self.thought.append(step.thought)
        if step.thought or step.thought_before:
            self._thought_until = step.end
        self.wanted += step.wanted
        self.since = len(self.text) if step.over else step.end
        return self.since

    def finish(self) -> None:
        self._say(len(self.text))
        self.since = len(self.text)

    def _say(self, until: int) -> None:
        said = self.text[self.since : until]
        self.said.append(said)
        self._spoken = self._spoken or not (said.isspace() or not said)
