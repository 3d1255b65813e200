"""Calls that were judged, and the question to a person that they may come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from bot.approvals import digest
from bot.at_once import at_once
from bot.events import ApprovalRequested, Influence, ToolStarted
from bot.fan_out import gather
from bot.ids import typeable_id
from bot.resources import Host
from bot.tool import Level, Risk, Tool, ToolCall, ToolContext, ToolError, Verdict
from bot.verdict import together


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that was judged: what the gate made of it, and all it takes to run it."""

    call: ToolCall
    tool: Tool
    args: BaseModel
    ctx: ToolContext
    verdict: Verdict
    host: Host
    approval: str = ""
    """The approval that lets it run."""

    @property
    def started(self) -> ToolStarted:
        """What is committed before it begins."""
        host = self.host.name if "host" in type(self.args).model_fields else ""
        return ToolStarted(self.call, self.verdict, self.approval, host)

    @property
    def reads(self) -> bool:
        return self.verdict.risk is Risk.READ

    @property
    def denied(self) -> bool:
        return self.verdict.level is Level.DENY

    @property
    def undo(self) -> str:
        return self.tool.undo(self.args) if self.tool.undo else ""

    async def preview(self) -> str:
        """What it would do; a preview that fails says so, it does not stop the question."""
        if self.tool.preview is None:
            return ""
        try:
            return await self.tool.preview(self.args, self.ctx)
        except (ToolError, OSError) as error:
            return f"no preview: {error}"


def fingerprint(parts: Sequence[Prepared]) -> str:
    """The digest of a call on its hosts: what it does, where exactly, and on whose behalf."""
    first, *_ = parts
    return digest(
        {
            "tool": first.tool.name,
            "version": first.tool.version,
            "args": {name: value for name, value in first.call.args.items() if name != "host"},
            "hosts": [[part.host.name, part.host.key, part.host.account] for part in parts],
            "judged": [[part.verdict.policy, part.verdict.basis] for part in parts],
            "run": first.ctx.run_id,
            "requester": first.ctx.user.key,
        }
    )


@dataclass(frozen=True, slots=True)
class Question:
    """A call that needs a person, judged on each of its hosts: one approval for all of them."""

    parts: Sequence[Prepared]
    """In the order of the hosts; at least one."""

    @property
    def verdict(self) -> Verdict:
        return together([part.verdict for part in self.parts])

    async def request(self, expires: float, tainted_by: tuple[Influence, ...]) -> ApprovalRequested:
        """The question, with what the card shows."""
        hosts = [part.host for part in self.parts]
        reasons = [(part.host.name, each) for part in self.parts for each in part.verdict.reasons]
        undos = [(part.host.name, part.undo) for part in self.parts]
        return ApprovalRequested(
            approval=typeable_id(),
            call=gather([part.call for part in self.parts]),
            verdict=replace(self.verdict, reasons=tuple(self._told(reasons))),
            host=", ".join(host.name for host in hosts),
            account=", ".join(host.account for host in hosts),
            digest=fingerprint(self.parts),
            expires=expires,
            tainted_by=tainted_by,
            preview="\n".join(self._told(await self._previews())),
            undo="\n".join(self._told(undos)),
        )

    async def _previews(self) -> Sequence[tuple[str, str]]:
        previews = await at_once(part.preview() for part in self.parts)
        hosts = (part.host.name for part in self.parts)
        return list(zip(hosts, previews, strict=True))

    def _told(self, texts: Iterable[tuple[str, str]]) -> Iterable[str]:
        """Each of the (host, text) once, naming its hosts when it is not about all of them."""
        hosts: dict[str, list[str]] = {}
        for host, text in texts:
            if text:
                hosts.setdefault(text, []).append(host)
        for text, named in hosts.items():
            everywhere = len(named) >= len(self.parts)
            gap = "\n" if "\n" in text else " "
            yield text if everywhere else f"{', '.join(named)}:{gap}{text}"
