"""One command on a host over SSH: its output, its end, and ending it for certain."""

import asyncio
from contextlib import suppress
from typing import Any, Literal

import asyncssh

from bot.tool import OutcomeUnknown, ToolError
from tools.hosts.link import Link
from tools.hosts.output import READ, Capture, safe
from tools.hosts.wrapper import Preamble, command_line, ending, new_marker, wrapped

DRAIN = 0.25
"""Seconds that output may still come after the command has ended."""
GRACE = 1.0
"""Seconds that output may stay open after all of a command was ended."""
ENDING = 6.0
"""Seconds that a host may take to end a command: TERM, a second, KILL, a look."""


class Session(asyncssh.SSHClientSession[bytes]):
    """What comes of a channel, as it comes."""

    def __init__(self, preamble: Preamble, capture: Capture) -> None:
        self._preamble = preamble
        self._capture = capture
        self.started = asyncio.Event()
        """The marker was seen: the command runs, or has run."""
        self.over = asyncio.Event()
        """It has ended, it has said too much, or the connection is lost."""
        self.silent = asyncio.Event()
        """Nobody can write any more."""
        self.exit_code: int | None = None

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype is not None:
            # The command's own errors come with its output; only start-up files write here.
            self._preamble.errors += data[: 4_096 - len(self._preamble.errors)]
            return
        rest = self._preamble.feed(data)
        if self._preamble.said:
            self.started.set()
        if self._capture.too_much:
            self.over.set()
        elif rest:
            self._capture.feed(rest)

    def exit_status_received(self, status: int) -> None:
        self.exit_code = status
        self.over.set()

    def exit_signal_received(
        self,
        signal: str,
        core_dumped: bool,  # noqa: ARG002, FBT001 - asyncssh's signature
        msg: str,  # noqa: ARG002 - the same
        lang: str,  # noqa: ARG002 - the same
    ) -> None:
        self.exit_code = 128 + _SIGNALS.get(signal, 0)
        self.over.set()

    def eof_received(self) -> bool:
        self.silent.set()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - lost is lost
        self.silent.set()
        self.over.set()


_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "KILL": 9, "SEGV": 11, "PIPE": 13, "TERM": 15}


class RemoteCommand:
    """Runs once; :meth:`outcome` says how it ended."""

    def __init__(self, link: Link, command: str, cwd: str | None, capture: Capture) -> None:
        self._link = link
        self._capture = capture
        self._preamble = Preamble(new_marker())
        words = (cwd, command) if cwd else (command,)
        script = wrapped(self._preamble.marker, cwd)
        self._line = command_line(link.way.user, script, *words)
        self._session = Session(self._preamble, capture)
        self.exit_code: int | None = None

    async def outcome(
        self, cwd: str | None, seconds: float
    ) -> tuple[Literal["exited", "killed", "may still run"], str]:
        """How it ended, and what the reader of its output must know about that.

        Raises ToolError when it was never started, OutcomeUnknown when nobody knows."""
        async with self._link.channel() as connection:
            channel = await self._opened(connection)
            try:
                return await self._ended(cwd, seconds)
            finally:
                channel.close()

    async def _opened(self, connection: Any) -> Any:
        try:
            channel, _ = await connection.create_session(
                lambda: self._session, self._line, encoding=None
            )
        except (asyncssh.Error, OSError) as error:
            raise ToolError(
                f"{self._link.way.name}: the command was not started: {error}"
            ) from error
        channel.write_eof()
        return channel

    async def _ended(
        self, cwd: str | None, seconds: float
    ) -> tuple[Literal["exited", "killed", "may still run"], str]:
        session = self._session
        try:
            async with asyncio.timeout(seconds):
                await session.over.wait()
        except TimeoutError:
            return await self._cut(f"after {seconds:g} s")
        except asyncio.CancelledError:
            if await asyncio.shield(self._gone()):
                raise
            raise OutcomeUnknown("stopped, but its end was not seen: it may still run") from None
        if self._capture.too_much:
            return await self._cut(f"after more than {READ // 2**20} MiB of output")
        return await self._exited(cwd)

    async def _exited(
        self, cwd: str | None
    ) -> tuple[Literal["exited", "killed", "may still run"], str]:
        session, name = self._session, self._link.way.name
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await session.silent.wait()
        if session.exit_code is None:
            raise OutcomeUnknown(
                f"the connection to {name} was lost while it ran: whether it came to its end is"
                f" unknown. Until then it said:\n{self._capture.end()[-2_000:]}"
            )
        if self._preamble.said == "cwd":
            raise ToolError(f"{cwd} is not a directory that can be entered on {name}")
        if not self._preamble.said:
            noise = self._preamble.noise + self._preamble.errors
            said = safe(noise.decode(errors="replace")).strip()[-300:]
            raise ToolError(f"the command cannot be started on {name}: {said or 'no reason given'}")
        self.exit_code = session.exit_code
        alone = session.silent.is_set()
        return "exited", "" if alone else "a process it started still runs in the background"

    async def _cut(self, why: str) -> tuple[Literal["killed", "may still run"], str]:
        if await self._gone():
            return "killed", f"killed {why}"
        return "may still run", f"{why} it was to be killed, but it may still run"

    async def _gone(self) -> bool:
        """End all that it started, on a channel of its own, and look that nothing is left."""
        if not self._preamble.said.isdigit():
            return False
        line = command_line(self._link.way.user, ending(int(self._preamble.said)))
        try:
            async with asyncio.timeout(ENDING):
                # Not counted among the channels: a stop must not wait for a free one.
                connection = await self._link.connection()
                done = await connection.run(line, stdin=asyncssh.DEVNULL)
        except (ToolError, asyncssh.Error, OSError, TimeoutError):
            return False
        if not str(done.stdout).endswith("gone\n"):
            return False
        # A process that left the session is not seen in it, but mostly still holds the output.
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._session.silent.wait()
        return self._session.silent.is_set()
