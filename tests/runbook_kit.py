"""Runbooks, and repairs told by hand: a log's answers in, what the agent does next out."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from bot.agents import Action, Call, Wait
from bot.chat import HEALER, Role, incident_thread
from bot.events import Event, Outcome, RunStarted, ToolFinished
from bot.recorded import Recorded
from bot.tool import ToolCall
from healer.catalogue import Catalogue
from healer.never import Bounds
from healer.order import Level, Order
from healer.repair import Repair, RepairAgent

RUN = "r1"
BEGAN = 1_800_000_000
"""Seconds since the epoch."""
MEND: Mapping[str, JsonValue] = {
    "id": "mend",
    "title": "Mend a thing",
    "fixes": ["services"],
    "risk": "change",
    "target": "thing",
    "parameters": {
        "thing": {"description": "a thing", "pattern": "[a-z]+", "from_finding": True},
        "limit": {"description": "how much", "type": "integer", "minimum": 1, "maximum": 9},
    },
    "preconditions": [
        {
            "say": "${thing} is broken",
            "tool": "look",
            "arguments": {"thing": "${thing}"},
            "expect": "broken",
            "refuse": [{"when": "hopeless", "reason": "it is hopeless"}],
        }
    ],
    "steps": [
        {"say": "oil it", "tool": "mend", "arguments": {"thing": "${thing}", "with": "oil"}},
        {
            "say": "hit it",
            "tool": "mend",
            "arguments": {"thing": "${thing}", "with": "${limit}"},
            "expect": "moved",
        },
    ],
    "verification": {
        "times": 2,
        "every": 40,
        "calls": [
            {"say": "${thing} works", "tool": "look", "arguments": {}, "expect": "^works"},
        ],
    },
}
UNDO = [{"say": "take it back", "tool": "mend", "arguments": {"with": "nothing"}}]


def text_of(**changes: object) -> str:
    """``MEND`` as a file, with some of it changed; None takes a part away."""
    merged = {**MEND, **changes}
    return yaml.safe_dump({name: value for name, value in merged.items() if value is not None})


def catalogue(directory: Path, bounds: Bounds | None = None) -> Catalogue:
    return Catalogue(directory, lambda: bounds or Bounds())


class Told:
    """A repair whose calls a test answers."""

    def __init__(
        self, directory: Path, *, level: Level = "auto", version: str = "", text: str = ""
    ) -> None:
        if text or not list(directory.iterdir()):
            (directory / "mend.yaml").write_text(text or text_of())
        self.catalogue = catalogue(directory)
        assert not self.catalogue.troubles(), self.catalogue.troubles()
        current = self.catalogue.entries["mend"].version
        parameters = {"thing": "pump", "limit": "3"}
        self.order = Order("mend", version or current, "web1", "K7QD2MX", level, parameters)
        self.halted = ""
        self.agent = RepairAgent(self.catalogue, dict, lambda _host: self.halted)
        self.log: list[Recorded] = []
        self.state = Repair(None)
        self.at = float(BEGAN)
        self._add(RunStarted(HEALER, Role.OPERATOR, str(self.order), agent="repair"))
        self.state = self.agent.begin(self.log, RUN)

    def _add(self, event: Event) -> None:
        seq = len(self.log)
        thread = incident_thread("K7QD2MX", 1)
        recorded = Recorded(seq, RUN, seq, int(self.at * 1e6), thread, event)
        self.log.append(recorded)
        self.state.fold(recorded)

    @property
    def next(self) -> Action:
        """What comes next, which must be the same when the run is taken up by another process."""
        now = self.agent.next(self.state)
        assert self.agent.next(self.agent.begin(self.log, RUN)) == now
        return now

    @property
    def wanted(self) -> ToolCall:
        action = self.next
        if isinstance(action, Wait):
            assert action.then
            self.at = action.until
            action = action.then
        assert isinstance(action, Call), action
        [call] = action.calls
        return call

    def answer(self, output: str, outcome: Outcome = "ok", *, to: str = "") -> None:
        """Answer the call that is wanted, which has the id *to*."""
        call = self.wanted
        assert not to or call.id == to, call
        self.at += 1
        self._add(ToolFinished(call.id, outcome, output))

    def answers(self, **outputs: str) -> None:
        """Answers in order, by ids with ``_`` for ``-``."""
        for name, output in outputs.items():
            self.answer(output, to=name.replace("_", "-"))
