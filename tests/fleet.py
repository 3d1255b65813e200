"""Several machines that are all this one, in a group, and small tools that act on them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.resources import Host, Roots
from bot.tool import Level, OutcomeUnknown, Risk, Tool, ToolContext, ToolError, Verdict, tool
from tools.hosts.local import LocalHost
from tools.on_host import OnHost


class Named(LocalHost):
    def __init__(self, name: str) -> None:
        super().__init__(Roots())
        self.name = name


class Fleet:
    """*names* are the group ``web``; the first one is the default."""

    def __init__(self, *names: str) -> None:
        self.hosts = {name: Named(name) for name in names}
        self.default = names[0]

    def names(self) -> Sequence[str]:
        return sorted(self.hosts)

    def get(self, name: str | None) -> Host:
        host = self.hosts.get(name or self.default)
        if host is None:
            raise ToolError(f"there is no host {name!r}; there are: {', '.join(self.names())}")
        return host

    def expand(self, target: str) -> Sequence[str]:
        if target == "group:web":
            return self.names()
        if target.startswith("group:"):
            raise ToolError(f"there is no {target}; there is: group:web")
        return (self.get(target).name,)

    def groups(self) -> Mapping[str, Sequence[str]]:
        return {"web": self.names()}


class Works:
    """Small tools, what they did, and how they shall end."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.fail: dict[str, ToolError] = {}
        """By host."""
        self.forbidden: set[str] = set()
        """Hosts on which nothing may be done."""
        self.away: set[str] = set()
        """Hosts of which nothing can be known."""
        self.together = asyncio.Barrier(1)
        """How many looks must meet before any of them goes on."""

    def tools(self) -> list[Tool]:
        def changes(args: object, ctx: ToolContext) -> Verdict:
            return self._judged(args, Verdict(Level.ASK, Risk.CHANGE))

        def reads(args: object, ctx: ToolContext) -> Verdict:
            return self._judged(args, Verdict())

        @tool(risk=changes)
        async def restart(ctx: ToolContext, unit: str, host: OnHost = None) -> str:
            """Restart a unit."""
            name = ctx.hosts.get(host).name
            self.did.append(f"restart {unit} on {name}")
            if error := self.fail.get(name):
                raise error
            return f"{unit} is active"

        @tool(risk=reads)
        async def look(ctx: ToolContext, host: OnHost = None) -> str:
            """Look at a machine."""
            name = ctx.hosts.get(host).name
            async with asyncio.timeout(5):
                await self.together.wait()
            self.did.append(f"look at {name}")
            if error := self.fail.get(name):
                raise error
            return f"{name} is fine"

        return [restart, look]

    def _judged(self, args: object, otherwise: Verdict) -> Verdict:
        host = getattr(args, "host", None)
        if host in self.away:
            raise ToolError(f"{host} is away")
        if host in self.forbidden:
            return replace(otherwise, level=Level.DENY, reasons=("it is frozen",))
        return otherwise


UNSEEN = OutcomeUnknown("the connection was lost")
