"""What starts a repair run: one line that people can read, and that says all there is to know."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from healer.parameter import NAME, RESERVED

Level = Literal["suggest", "auto"]
"""Whether a person approves the repair first."""
_WORD = re.compile(f"({NAME})=(.*)", re.DOTALL)


class NoOrder(Exception):
    """The text orders no repair. One line that says why."""


@dataclass(frozen=True, slots=True)
class Order:
    runbook: str
    version: str
    """Hash of the runbook's file when it was proposed."""
    host: str
    incident: str
    level: Level = "suggest"
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """As text; the runbook knows what they are."""

    def __str__(self) -> str:
        named = {
            "host": self.host,
            **self.parameters,
            "version": self.version,
            "incident": self.incident,
            "level": self.level,
        }
        words = (f"{name}={shlex.quote(value)}" for name, value in named.items())
        return " ".join((shlex.quote(self.runbook), *words))

    @staticmethod
    def parse(text: str) -> "Order":
        """Read what ``str`` wrote; raises NoOrder."""
        try:
            runbook, *words = shlex.split(text)
        except ValueError:
            raise NoOrder("the order of a repair is empty, or its quotes do not close") from None
        named: dict[str, str] = {}
        for word in words:
            found = _WORD.fullmatch(word)
            if not found or found[1] in named:
                raise NoOrder(f"{word!r} is no name=value of its own")
            named[found[1]] = found[2]
        if missing := [name for name in RESERVED if not named.get(name)]:
            raise NoOrder(f"the order of a repair does not say its {missing[0]}")
        host, version, incident, level = (named.pop(name) for name in RESERVED)
        if level not in ("suggest", "auto"):
            raise NoOrder(f"there is no level {level!r}")
        return Order(runbook, version, host, incident, level, named)
