"""One warm SSH connection to a host: opened when it is needed, watched, and opened again."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Any

import asyncssh

from bot.tool import ToolError
from tools.hosts.known_hosts import Refusal, Verifier
from tools.hosts.way import Way
from tools.hosts.wrapper import TORTURE, command_line

CHANNELS = 8
"""At once on one connection: sshd's own limit is 10."""
PATIENCE = 10.0
"""Seconds a host may take to let us in."""
KEEP_ALIVE = 10.0
_LONGEST = 30.0
"""Seconds at most until a host that was away is tried again."""


class Link:
    """Raises ToolError from everything: the host is away, or must not be trusted."""

    def __init__(self, way: Way, jump: "Link | None" = None, *, patience: float = PATIENCE) -> None:
        self.way = way
        self.verifier = Verifier(way)
        self._jump = jump
        self._patience = patience
        self._lock = asyncio.Lock()
        self._once = asyncio.Lock()
        """Of two that want the same thing of a connection at once, one makes it."""
        self._slots = asyncio.Semaphore(CHANNELS)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None
        self._sockets: dict[str, str] = {}
        self._failures = 0
        self._again = 0.0
        self.trouble = ""
        """Why it could not be reached, until it can be."""

    @property
    def connected(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    @property
    def shown(self) -> str:
        """Fingerprint of the key that the host showed; empty while it is not connected."""
        key = self._connection.get_server_host_key() if self._connection else None
        return key.get_fingerprint() if key else ""

    @asynccontextmanager
    async def channel(self) -> AsyncGenerator[asyncssh.SSHClientConnection]:
        """A connection on which one more channel may be opened now."""
        async with self._slots:
            yield await self.connection()

    async def connection(self) -> asyncssh.SSHClientConnection:
        async with self._lock:
            if self._connection is not None and not self._connection.is_closed():
                return self._connection
            if monotonic() < self._again:
                wait = self._again - monotonic()
                raise ToolError(f"{self.trouble}; it is tried again in {wait:.0f} s")
            self._forget()
            try:
                async with asyncio.timeout(self._patience):
                    self._connection = await self._tried()
            except (OSError, asyncssh.Error, TimeoutError, ToolError) as error:
                raise self._failed(error) from error
            self._failures, self.trouble = 0, ""
            return self._connection

    async def sftp(self) -> asyncssh.SFTPClient:
        async with self._once:
            connection = await self.connection()
            if self._sftp is None:
                try:
                    self._sftp = await connection.start_sftp_client(path_errors="surrogateescape")
                except (asyncssh.Error, OSError) as error:
                    raise ToolError(
                        f"{self.way.name} offers no SFTP ({error}): enable Subsystem sftp in its"
                        " sshd_config"
                    ) from error
            return self._sftp

    def sftp_ended(self, sftp: asyncssh.SFTPClient) -> None:
        """*sftp* has ended, though the connection may live on: the next call opens another."""
        if self._sftp is sftp:
            self._sftp = None

    async def forward(self, socket: str) -> str:
        """A Unix socket here that leads to *socket* there."""
        async with self._once:
            connection = await self.connection()
            if socket not in self._sockets:
                path = str(Path(mkdtemp(prefix="bot-"), "socket"))
                try:
                    await connection.forward_local_path(path, socket)
                except (asyncssh.Error, OSError) as error:
                    raise ToolError(
                        f"{socket} of {self.way.name} cannot be reached: {error}"
                    ) from error
                self._sockets[socket] = path
            return self._sockets[socket]

    async def closed(self) -> None:
        """Close it, and wait until nothing of it is left."""
        connection = self._connection
        self.close()
        if connection is not None:
            with suppress(asyncssh.Error, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await connection.wait_closed()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._forget()

    def _forget(self) -> None:
        for path in self._sockets.values():
            Path(path).unlink(missing_ok=True)
            Path(path).parent.rmdir()
        self._connection, self._sftp, self._sockets = None, None, {}

    async def _open(self) -> asyncssh.SSHClientConnection:
        way = self.way
        tunnel = await self._jump.connection() if self._jump else ()
        return await asyncssh.connect(
            way.address,
            way.port,
            username=way.user,
            tunnel=tunnel,
            config=None,
            client_keys=list(way.keys) or (),
            known_hosts=self.verifier.trusted(),
            client_factory=self.verifier.client,
            keepalive_interval=KEEP_ALIVE,
            keepalive_count_max=3,
            x509_trusted_certs=None,
        )

    async def _tried(self) -> asyncssh.SSHClientConnection:
        """A new connection; none whose shell was not tried to its end, whatever ends the trial."""
        connection = await self._open()
        try:
            await self._try_shell(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _try_shell(self, connection: asyncssh.SSHClientConnection) -> None:
        """Whether the account's login shell hands texts on unchanged."""
        marker = "torture-begins:"
        script = f"printf '%s%s:torture-ends' '{marker}' \"$1\""
        line = command_line(self.way.user, script, TORTURE)
        done: Any = await connection.run(line, stdin=asyncssh.DEVNULL, encoding=None)
        said = done.stdout.decode(errors="replace")
        found = re.search(f"{marker}(.*):torture-ends", said, re.DOTALL)
        if found and found[1] == TORTURE:
            return
        told = done.stderr.decode(errors="replace").strip()
        if re.search(r"bash.*not found|bash.*No such file", told):
            raise ToolError(f"bash is not installed on {self.way.name}: install the package bash")
        why = f" ({told[-200:]})" if told else ""
        raise ToolError(
            f"the login shell of {self.way.user}@{self.way.name} alters what it is told{why}; give"
            " the account /bin/bash or /bin/sh"
        )

    def _failed(self, error: Exception) -> ToolError:
        self.close()
        self._failures += 1
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - it only spreads retries
        self._again = monotonic() + min(0.5 * 2**self._failures, _LONGEST) * spread
        self.trouble = _told(self.way, error, self.verifier.refusal())
        return ToolError(self.trouble)


def _told(way: Way, error: Exception, refusal: Refusal | None) -> str:
    """One line that says what to do."""
    where = f"{way.name} ({way.address}:{way.port})"
    if refusal is not None and isinstance(error, asyncssh.HostKeyNotVerifiable):
        return refusal.text
    match error:
        case ToolError():
            return str(error)
        case asyncssh.PermissionDenied():
            return f"{where} does not let {way.user} in: put the bot's public key into its account"
        case TimeoutError():
            return f"{where} does not answer"
        case ConnectionRefusedError():
            return f"{where} refuses connections: is sshd running there?"
        case _:
            return f"{where} cannot be reached: {error or type(error).__name__}"
