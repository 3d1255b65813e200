"""The corpus of commands and what must be thought of each. It is only read, never run."""

import json
from dataclasses import dataclass
from pathlib import Path

from bot.tool import Level

DATA = Path(__file__).parent.parent / "data"
_LEVELS = {"allow": Level.ALLOW, "approve": Level.ASK, "deny": Level.DENY}
_RANK = {Level.ALLOW: 0, Level.ASK: 1, Level.DENY: 2}


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    command: str
    level: Level
    floor: Level
    """The weakest answer that is safe."""


def items(name: str = "policy_corpus") -> list[Item]:
    """Those of ``policy_corpus``, or of ``policy_hostile``: written to get past a policy."""
    rows = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]
    return [
        Item(row["id"], row["cmd"], _LEVELS[row["verdict"]], _LEVELS[row["floor"]]) for row in rows
    ]


def weaker(level: Level, than: Level) -> bool:
    return _RANK[level] < _RANK[than]
