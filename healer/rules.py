"""The numbers that self-healing keeps to. Seconds are of the healer's own clock, see ``clock``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Tests shorten the durations; the counts are what makes it safe."""

    period: float = 10.0
    """Between two rounds of the healer."""
    open_after: int = 2
    """Bad readings in a row that open an incident."""
    resolve_after: int = 3
    """Good ones in a row that close it."""
    repair_bad: int = 3
    """Bad ones of the last :attr:`repair_of` before anything is repaired …"""
    repair_of: int = 5
    repair_span: float = 120.0
    """… the first of them at least so long ago."""
    flaps: int = 4
    """Changes between well and not well within :attr:`flap_within` that mean flapping."""
    flap_within: float = 1800.0
    grace: float = 120.0
    """After anything was changed on the target's host: it gets time to come up."""
    same_target: float = 600.0
    """Between two repairs of one target; doubled with each, up to :attr:`same_target_most`."""
    same_target_most: float = 14_400.0
    locked_after: int = 3
    """Repairs of one target within a day, after which a person is needed."""
    per_host: int = 4
    """Repairs on one host within an hour."""
    per_fleet: int = 6
    """Repairs anywhere within an hour."""
    at_once: int = 2
    diagnosis: float = 300.0
    """How long a repair waits for the diagnosis."""
    forgotten: float = 7200.0
    """Without any reading of a signal, although its host answers: what it was about is gone."""
    common_cause: int = 3
    """Targets of one group, bad within :attr:`common_within`, that point to one cause …"""
    common_part: float = 0.4
    """… and so does more than this part of the group, or more than one of at most three hosts."""
    common_within: float = 300.0
    storm: int = 10
    """Incidents that open within a minute and are told one by one; the others are summed up."""
    digest: float = 60.0
    """Between two such summaries."""


USUAL = Rules()
HOUR, DAY = 3600.0, 86_400.0
