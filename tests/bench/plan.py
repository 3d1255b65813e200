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


def measurements(*, quick: bool) -> list[Measurement]:
    """Those of one round."""
    return [
        Measurement(contender, scenario, options)
        for contender in CONTENDERS
        for scenario, options in _shared(0.5 if quick else 1.0)
    ]


def _shared(share: float) -> list[tuple[str, dict[str, float]]]:
    """What every contender does. *share* shortens it."""
    return [
        ("steps", {"count": 10, "seconds": 2 * share}),
        ("steps", {"count": 50, "seconds": 1.5 * share}),
        ("steps", {"count": 200, "seconds": 1.5 * share}),
        ("at_once", {"level": 64, "seconds": 2.5 * share}),
        ("at_once", {"level": 256, "seconds": 3 * share}),
        ("first_token", {"times": 30 * share}),
    ]
