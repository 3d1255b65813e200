"""Checks as tests ask them: of this machine, of hosts of the lab, of what they once printed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.resources import CommandResult, Host, Hosts, Roots
from bot.tool import ToolError
from healer import known
from healer.asking import Seen, Told, ask
from healer.check import Answer, Check, Finding, Limits, Point
from healer.watch import Watch
from tests.kernel_kit import settings
from tools import hosts
from tools.hosts.local import LocalHost

CHECKS = known.builtin()
NOW = 1_800_000_000.0


def nothing(check: str, host: str, target: str) -> Sequence[Point]:
    return ()


def reading(
    name: str, output: str, limits: Limits | None = None, past: Sequence[Point] = ()
) -> list[Finding]:
    """What a check makes of what its script printed."""
    check = CHECKS[name]
    assert check.read
    answer = Answer(LocalHost(Roots()), output, 0, lambda _target: past, NOW)
    return list(check.read(answer, limits or check.limits()))


def told(findings: Sequence[Finding], target: str) -> Finding:
    [found] = [each for each in findings if each.target == target]
    return found


async def asked(host: Host, *names: str, **limits: Limits) -> Told:
    """What a host answers to these checks now."""
    due = [(CHECKS[name], limits.get(name, CHECKS[name].limits())) for name in names]
    return await ask(host, due, nothing, NOW, 30)


async def found(host: Host, name: str, limits: Limits | None = None) -> list[Finding]:
    answer = await asked(host, name, **({name: limits} if limits else {}))
    assert {} == answer.unread
    return [each.finding for each in answer.seen]


def inventory(directory: Path, file: Path) -> hosts.Inventory:
    return hosts.create(settings(directory / "data", hosts_file=file))


async def well() -> Mapping[str, str]:
    return {"slack": ""}


def watching(hosts: Hosts, *own: Check, spread: float = 0, patience: float = 25) -> Watch:
    """A watch with these checks and the default limits."""
    listed = {check.name: check for check in own}
    return Watch(
        hosts,
        lambda: listed,
        lambda check, _host: check.limits(),
        well,
        spread=spread,
        patience=patience,
    )


class Counted(LocalHost):
    """This machine under another name, which counts what is run on it; it can be away."""

    def __init__(self, name: str, together: list[int]) -> None:
        super().__init__(Roots())
        self.name = name
        self.commands = 0
        self.away = ""
        self.slow = 0.0
        self._together = together

    async def run(
        self,
        command: str,
        *,
        cwd: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - the port's
        keep: int = 65_536,
        on_output: Callable[[str], None] | None = None,
    ) -> CommandResult:
        self.commands += 1
        self._together.append(self._together[-1] + 1)
        try:
            await asyncio.sleep(self.slow)
            if self.away:
                raise ToolError(self.away)
            return await super().run(command, timeout=timeout, keep=keep)
        finally:
            self._together.append(self._together[-1] - 1)


class Many:
    """*count* machines: h0, h1 …"""

    def __init__(self, count: int) -> None:
        self.together = [0]
        """How many commands ran at once, each time that changed."""
        names = [f"h{number}" for number in range(count)]
        self.machines = {name: Counted(name, self.together) for name in names}
        self.default = "h0"

    def names(self) -> Sequence[str]:
        return list(self.machines)

    def get(self, name: str | None) -> Host:
        return self.machines[name or self.default]

    def expand(self, target: str) -> Sequence[str]:
        """``group:even`` is every other one."""
        if target != "group:even":
            raise ToolError(f"there is no {target}; there is: group:even")
        return self.names()[::2]

    def groups(self) -> Mapping[str, Sequence[str]]:
        return {"even": self.names()[::2]}


def texts(seen: Sequence[Seen]) -> list[str]:
    return [f"{each.check}@{each.host}: {each.finding.text}" for each in seen]
