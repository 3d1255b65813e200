"""The machine the bot runs on."""

import os
import pwd
import shutil
from asyncio import CancelledError
from asyncio import timeout as time_limit
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Literal

from bot.blocking import run_blocking
from bot.resources import CommandResult, Roots
from bot.tool import OutcomeUnknown, ToolError, Verdict
from tools.hosts.local_facts import LocalFacts
from tools.hosts.local_files import LocalFiles
from tools.hosts.output import KEEP, READ, Capture, with_note
from tools.hosts.processes import Running
from tools.security import Policy
from tools.security.rules import Rules

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class LocalHost:
    """Implements ``bot.resources.Host`` with child processes, plain files and psutil."""

    name = "local"
    key = ""
    docker = "/var/run/docker.sock"
    mode = None

    def __init__(self, roots: Roots, rules: Rules | None = None) -> None:
        self.roots = roots
        self._policy = Policy(rules, roots)
        self.files = LocalFiles(roots.never)
        self.facts = LocalFacts()
        self._env = _environment()

    @property
    def account(self) -> str:
        return f"{self._env['USER']}@{self.name}"

    async def forward(self, socket: str) -> str:
        return socket

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
        began = monotonic()
        capture = Capture(on_output, keep)
        directory = await run_blocking("files", _directory, cwd) if cwd else self._env["HOME"]
        with closing(self._start(command, directory, capture)) as running:
            ended, note = await _outcome(running, capture, timeout)
            output = with_note(capture.end(), note)
        return CommandResult(
            exit_code=running.exit_code if ended == "exited" else None,
            output=output,
            dropped=capture.dropped,
            seconds=round(monotonic() - began, 3),
            ended=ended,
        )

    def _start(self, command: str, cwd: str, capture: Capture) -> Running:
        if shutil.which("bash", path=PATH) is None:
            raise ToolError(f"bash is not installed on {self.name}: install the package bash")
        # By this name it speaks of itself, here as over SSH.
        words = ["bash", "--noprofile", "--norc", "-c", command]
        try:
            return Running(words, cwd=cwd, env=self._env, capture=capture)
        except (OSError, ValueError) as error:
            raise ToolError(f"the command cannot be started: {error}") from error


async def _outcome(
    running: Running, capture: Capture, seconds: float
) -> tuple[Literal["exited", "killed", "may still run"], str]:
    """How it ended, and what the reader of its output must know about that."""
    try:
        async with time_limit(seconds):
            await running.over.wait()
    except TimeoutError:
        why = f"after {seconds:g} s"
    except CancelledError:
        if await running.end():
            raise
        raise OutcomeUnknown("stopped, but its end was not seen: it may still run") from None
    else:
        why = f"after more than {READ // 2**20} MiB of output"
    if running.exit_code is not None and not capture.too_much:
        alone = await running.drain()
        return "exited", "" if alone else "a process it started still runs in the background"
    if await running.end():
        return "killed", f"killed {why}"
    return "may still run", f"{why} it was to be killed, but it may still run"


def _directory(path: str) -> str:
    """Checked off the event loop, as a dead network mount would stop it."""
    if not Path(path).is_absolute() or "\0" in path:
        raise ToolError(f"cwd must be an absolute path, not {path!r}")
    if not Path(path).is_dir() or not os.access(path, os.X_OK):
        raise ToolError(f"{path} is not a directory that can be entered")
    return path


def _environment() -> dict[str, str]:
    """All that a command gets to see, whatever the bot's own environment holds."""
    try:
        account = pwd.getpwuid(os.geteuid())
        user, home = account.pw_name, account.pw_dir
    except KeyError:
        user, home = str(os.geteuid()), "/"
    if not Path(home).is_dir():
        home = "/"
    return {
        "PATH": PATH,
        "LC_ALL": "C.UTF-8",
        "HOME": home,
        "USER": user,
        "TERM": "dumb",
        "PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
    }
