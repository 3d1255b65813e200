"""One container, as the engine describes it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.hosts.output import safe
from tools.units import age


@dataclass(frozen=True, slots=True)
class Container:
    id: str
    name: str
    image: str
    status: str
    """created, running, paused, restarting, removing, exited or dead."""
    health: str
    """healthy, unhealthy or starting; empty when it has no health check."""
    probe: str
    """What its health check said last."""
    exit_code: int
    restarts: int
    """How often the engine restarted it by itself."""
    ports: Sequence[str]
    created: float
    started: float
    """Seconds since the epoch, as ``created``; when it was last started, running or not."""
    ended: float
    terminal: bool

    @property
    def well(self) -> bool:
        return self.status == "running" and self.health in ("", "healthy")

    def state(self, now: float) -> str:
        """``running 3 h 2 min``, or ``exited (1) 5 min ago``."""
        if self.status in ("running", "paused"):
            return f"{self.status} {age(max(now - self.started, 0))}"
        if self.status in ("exited", "dead"):
            return f"{self.status} ({self.exit_code}) {age(max(now - self.ended, 0))} ago"
        return self.status


def read_container(inspected: Mapping[str, Any]) -> Container:
    """From the answer to *Inspect a container* of the Docker Engine API. Leaves out what it was
    started with: arguments and environment often hold secrets."""
    state, config = inspected["State"], inspected["Config"]
    health: Mapping[str, Any] = state.get("Health") or {}
    probes: Sequence[Mapping[str, str]] = health.get("Log") or [{}]
    # An engine says "none" where a health check was switched off.
    judged = health.get("Status", "")
    return Container(
        id=inspected["Id"],
        name=line(inspected["Name"].lstrip("/")),
        image=line(config["Image"]),
        status=line(state["Status"]),
        health="" if judged == "none" else line(judged),
        probe=line(probes[-1].get("Output", ""))[:500],
        exit_code=state["ExitCode"],
        restarts=inspected["RestartCount"],
        ports=_ports(inspected["NetworkSettings"].get("Ports") or {}),
        created=moment(inspected["Created"]),
        started=moment(state["StartedAt"]),
        ended=moment(state["FinishedAt"]),
        terminal=config["Tty"],
    )


def moment(text: str) -> float:
    """Seconds since the epoch of what the engine writes, RFC 3339 with nanoseconds. What has never
    been is the year 1 there."""
    return datetime.fromisoformat(text).timestamp()


def line(text: str) -> str:
    """Words of outsiders, on one line."""
    return " ".join(safe(text).split())


def _ports(published: Mapping[str, Sequence[Mapping[str, str]] | None]) -> list[str]:
    """``80/tcp`` is only exposed; ``127.0.0.1:8080→80/tcp`` can be reached."""
    found: list[str] = []
    for inside, outside in published.items():
        addresses = [f"{each['HostIp']}:{each['HostPort']}→{inside}" for each in outside or ()]
        found += addresses or [inside]
    return [line(each) for each in found]
