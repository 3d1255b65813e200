"""How often is repaired, and when a person is needed. Pure, over the repairs that there were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from healer.rules import DAY, HOUR, Rules

Outcome = Literal["open", "verified", "failed", "nothing", "declined"]
"""``open``: not over; ``nothing``: it was well again by itself; ``declined``: by people."""
LOCKED = "needs a human"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair that was begun, or is waiting to be approved."""

    incident: str
    number: int
    """1 for the incident's first one."""
    fingerprint: str
    host: str
    groups: tuple[str, ...]
    """Of the host."""
    runbook: str
    version: str
    time: float
    """When it was ordered, by the healer's clock."""
    order: str = ""
    """What its run is told."""
    run: str = ""
    """Empty until its run has begun."""
    outcome: Outcome = "open"
    waits: bool = False
    """For a person's approval: nothing has been done yet."""

    @property
    def counts(self) -> bool:
        """Whether it used up a budget: all that may have changed something."""
        return self.outcome in ("verified", "failed") or (self.outcome == "open" and not self.waits)


def over_budget(
    repairs: Sequence[Repair],
    fingerprint: str,
    host: str,
    groups: Sequence[str],
    time: float,
    rules: Rules,
) -> Iterator[str]:
    """Why nothing may be repaired now by itself; nothing when it may."""
    counted = [each for each in repairs if each.counts]
    same = [each for each in counted if each.fingerprint == fingerprint and each.time > time - DAY]
    if len(same) >= rules.locked_after:
        yield f"repaired {len(same)} times within a day: it {LOCKED}"
    elif same:
        pause = min(rules.same_target * 2 ** (len(same) - 1), rules.same_target_most)
        if (left := same[-1].time + pause - time) > 0:
            yield f"it was repaired a short while ago; again in {left / 60:.0f} min at the earliest"
    hour = [each for each in counted if each.time > time - HOUR]
    if sum(each.host == host for each in hour) >= rules.per_host:
        yield f"{rules.per_host} repairs on {host} within an hour are enough"
    if len(hour) >= rules.per_fleet:
        yield f"{rules.per_fleet} repairs within an hour are enough"
    yield from _busy(repairs, host, groups, rules)


def _busy(
    repairs: Sequence[Repair], host: str, groups: Sequence[str], rules: Rules
) -> Iterator[str]:
    active = [each for each in repairs if each.outcome == "open" and not each.waits]
    if any(each.host == host for each in active):
        yield f"another repair on {host} is not over"
    elif any(set(each.groups) & set(groups) for each in active):
        yield "another host of its group is being repaired"
    if len(active) >= rules.at_once:
        yield f"{len(active)} repairs are going on already"
