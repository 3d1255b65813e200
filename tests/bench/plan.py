"""What is measured, and for how long."""

from dataclasses import dataclass, field

CONTENDERS = ("project", "raw", "client")


@dataclass(frozen=True, slots=True)
class Measurement:
    contender: str
    scenario: str
    options: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds, runs at once, tool calls of a run … as the scenario has it."""

    @property
    def name(self) -> str:
        """The scenario with what makes it another one: ``at_once 64``."""
        number = self.options.get("level", self.options.get("count", 0))
        return f"{self.scenario} {number:g}" if number else self.scenario

    def __str__(self) -> str:
        return f"{self.contender}, {self.name}"


_TALKERS = ("service", "raw", "client")
"""The bot's whole process, and the others behind a WebSocket of the same kind."""


def measurements(*, quick: bool) -> list[Measurement]:
    """Those of one round, the most telling first; *quick* is less of everything."""
    share = 0.5 if quick else 1.0
    shared = [
        Measurement(contender, scenario, options)
        for scenario, options in _shared(share)
        for contender in CONTENDERS
    ]
    if quick:
        few = [m for m in shared[:12] if m.contender != "client" or m.name == "steps 10"]
        return [*few, *_own(share)]
    return [*shared[:9], *_own(share), *shared[9:]]


def _shared(share: float) -> list[tuple[str, dict[str, float]]]:
    """What every contender does. *share* shortens it."""
    return [
        ("steps", {"count": 10, "seconds": 2 * share}),
        ("at_once", {"level": 64, "seconds": 2.5 * share}),
        ("steps", {"count": 200, "seconds": 1.5 * share}),
        ("at_once", {"level": 256, "seconds": 3 * share}),
        ("first_token", {"times": 30 * share}),
        ("steps", {"count": 50, "seconds": 1.5 * share}),
    ]


def _own(share: float) -> list[Measurement]:
    """The kernel alone, the whole process, and the hosts."""
    return [
        Measurement("service", "start"),
        Measurement("kernel", "clicks", {"times": 100 * share}),
        Measurement("kernel", "messages", {"seconds": 3 * share}),
        Measurement("kernel", "news", {"seconds": 4 * share}),
        *(Measurement(name, "tokens", {"tokens": 1500 * share}) for name in _TALKERS),
        Measurement("policy", "verdicts", {"judged": 5000 * share, "confirmed": 200 * share}),
        Measurement("replies", "replies", {"read": 2000 * share}),
        Measurement("kernel", "waiting", {"runs": 500 * share}),
        Measurement("hosts", "command", {"times": 60 * share}),
        Measurement("hosts", "sweep", {"count": 20}),
        Measurement("slack", "talk", {"rate": 200, "seconds": 30 if share == 1 else 5}),
        Measurement("checks", "watch", {"count": 50, "seconds": 30 * share}),
    ]
