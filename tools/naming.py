"""Names of machines and containers, suggested while somebody types one."""

from collections.abc import Mapping, Sequence
from time import monotonic

from bot.chat import Role
from bot.resources import Hosts
from bot.suggestion import Source, Suggestion
from tools.container import line
from tools.engine import engine_of

KEPT = 5.0
"""Seconds that an engine's containers are believed: each key that is typed asks for them."""


def sources(hosts: Hosts) -> Mapping[str, Source]:
    containers = Containers(hosts)

    async def machines(_: Mapping[str, str]) -> Sequence[Suggestion]:
        return [Suggestion(name, hosts.get(name).account) for name in hosts.names()]

    return {
        "host": Source(Role.VIEWER, machines),
        # What is on a machine only operators read: docker_status is no reading of the system.
        "container": Source(Role.OPERATOR, containers.named),
    }


class Containers:
    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._known: dict[str, tuple[float, Sequence[Suggestion]]] = {}

    async def named(self, given: Mapping[str, str]) -> Sequence[Suggestion]:
        """Those on the host that was typed before, or on the default one. Raises ToolError."""
        host = self._hosts.get(given.get("host"))
        at, known = self._known.get(host.name, (float("-inf"), ()))
        if monotonic() - at < KEPT:
            return known
        engine = await engine_of(host)
        listed = await engine.ask(lambda client: client.containers(all=True))
        found = [
            Suggestion(line(each["Names"][0].lstrip("/")), line(str(each["Status"])))
            for each in listed
            if each["Names"]
        ]
        found.sort(key=lambda each: each.value)
        self._known[host.name] = monotonic(), found
        return found
