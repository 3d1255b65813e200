"""A machine over SSH: the same calls and the same results as on the one the bot runs on."""

from collections.abc import Callable
from time import monotonic

from bot.resources import CommandResult, Mode, Roots
from bot.tool import ToolError
from bot.verdict import Verdict
from tools.hosts.link import Link
from tools.hosts.output import KEEP, Capture, with_note
from tools.hosts.remote import RemoteCommand
from tools.hosts.ssh_facts import SshFacts
from tools.hosts.ssh_files import SshFiles
from tools.security import Policy
from tools.security.rules import Rules


class SshHost:
    """Implements ``bot.resources.Host`` over one warm connection."""

    def __init__(
        self,
        link: Link,
        roots: Roots,
        rules: Rules | None = None,
        *,
        docker: str = "",
        mode: Mode | None = None,
    ) -> None:
        self.link = link
        self.name = link.way.name
        self.roots = roots
        self.docker = docker
        self.mode: Mode | None = mode
        self.files = SshFiles(link, roots)
        self.facts = SshFacts(self)
        self._policy = Policy(rules, roots)

    @property
    def account(self) -> str:
        return f"{self.link.way.user}@{self.name}"

    @property
    def key(self) -> str:
        return self.link.verifier.fingerprint

    async def forward(self, socket: str) -> str:
        return await self.link.forward(socket)

    async def judge(self, command: str, *, cwd: str | None = None) -> Verdict:
        return await self._policy.decide(command, cwd=cwd)

    async def run(
        self,
        command: str,
        *,
        cwd: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - the port's: it kills what it started
        keep: int = KEEP,
        on_output: Callable[[str], None] | None = None,
    ) -> CommandResult:
        if "\0" in command:
            raise ToolError("the command cannot be started: it holds a NUL byte")
        if cwd is not None and (not cwd.startswith("/") or "\0" in cwd):
            raise ToolError(f"cwd must be an absolute path, not {cwd!r}")
        began = monotonic()
        capture = Capture(on_output, keep)
        remote = RemoteCommand(self.link, command, cwd, capture)
        ended, note = await remote.outcome(cwd, timeout)
        return CommandResult(
            exit_code=remote.exit_code if ended == "exited" else None,
            output=with_note(capture.end(), note),
            dropped=capture.dropped,
            seconds=round(monotonic() - began, 3),
            ended=ended,
        )
