"""Whether a host can be reached at all. That it cannot is told by whoever could not ask it."""

from collections.abc import Iterable

from healer.check import Answer, Finding, Limits, check

REACHED = "can be reached"


@check(every=30, script="cat /proc/uptime")
def host(answer: Answer, limits: Limits) -> Iterable[Finding]:  # noqa: ARG001 - it has none
    """Hosts that cannot be reached, or on which nothing can be run."""
    yield Finding("", ok=True, text=f"{answer.host.name} {REACHED}")
