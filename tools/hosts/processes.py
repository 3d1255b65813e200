"""One command as a child of this process: its own process group, its output, its certain end."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tools.hosts.output import Capture

GRACE = 1.0
"""Seconds between TERM and KILL, and between KILL and giving up."""
DRAIN = 0.25
"""Seconds that output may still come after the command has ended."""


class Running:
    """A command that was started. Everything it started belongs to its session.

    Raises OSError when it cannot be started. Must be closed."""

    def __init__(
        self, words: Sequence[str], *, cwd: str, env: Mapping[str, str], capture: Capture
    ) -> None:
        self._capture = capture
        self._pipe, output = os.pipe()
        os.set_blocking(self._pipe, False)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - what runs was judged before
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except (OSError, ValueError):
            os.close(self._pipe)
            raise
        finally:
            os.close(output)
        self._pidfd = os.pidfd_open(self._process.pid)
        self._silent = asyncio.Event()
        self.over = asyncio.Event()
        """It has ended, or it has said too much."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pidfd, self._exited)
        self._loop.add_reader(self._pipe, self._read)

    @property
    def exit_code(self) -> int | None:
        """As a shell has it: 128 + n when signal n ended it. None while it runs."""
        code = self._process.returncode
        return 128 - code if code is not None and code < 0 else code

    async def drain(self) -> bool:
        """Take the rest of the output in; whether nobody can write any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await self._silent.wait()
        return self._silent.is_set()

    async def end(self) -> bool:
        """TERM, then KILL, to all of it; whether nothing of it is left."""
        self._signal(signal.SIGTERM)
        try:
            if await self._gone(GRACE):
                return True
        finally:
            self._signal(signal.SIGKILL)
        return await self._gone(GRACE)

    def close(self) -> None:
        for descriptor in (self._pipe, self._pidfd):
            self._loop.remove_reader(descriptor)
            os.close(descriptor)

    def _exited(self) -> None:
        self._loop.remove_reader(self._pidfd)
        self._process.poll()
        self.over.set()

    def _read(self) -> None:
        try:
            data = os.read(self._pipe, 65_536)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._pipe)
            self._silent.set()
        elif not self._capture.too_much:
            self._capture.feed(data)
        else:
            self.over.set()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
        for pid in members(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    async def _gone(self, within: float) -> bool:
        deadline = monotonic() + within
        while self._alive():
            if monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    def _alive(self) -> bool:
        # A process that left the session is not seen in it, but mostly still holds the pipe.
        unfinished = self.exit_code is None or not self._silent.is_set()
        return unfinished or bool(members(self._process.pid))


def members(session: int) -> list[int]:
    """Processes of a session that still run. Zombies do not: nobody may be there to reap them."""
    found: list[int] = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = Path(entry.path, "stat").read_bytes()
            # proc(5): pid (name) state parent group session …, and the name may hold anything.
            state, _, _, owner = stat[stat.rindex(b")") + 2 :].split()[:4]
            if int(owner) == session and state not in (b"Z", b"X"):
                found.append(int(entry.name))
    return found
