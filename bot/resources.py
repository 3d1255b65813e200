"""What a tool is handed: machines and memory, behind ports that local and remote share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended. *output* is decoded, made safe, and capped to head + tail."""

    exit_code: int | None
    """None when it was killed or its end was not seen."""
    output: str
    """Standard output and error, interleaved as they came."""
    dropped: int = 0
    """Bytes of output that were read but not kept."""
    seconds: float = 0.0
    ended: Literal["exited", "killed", "may still run"] = "exited"


@dataclass(frozen=True, slots=True)
class FileStat:
    path: str
    kind: Literal["file", "directory", "link", "other"]
    size: int
    mode: int
    owner: str
    group: str
    modified: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Which parts of a host's file system the file tools may touch; real, absolute paths."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """The bot's own database, secrets, tools, runbooks and policy: refused before all else."""


class Files(Protocol):
    """Plain file operations on one host. OSError subclasses are raised as the host says them."""

    async def realpath(self, path: str) -> str: ...
    async def stat(self, path: str) -> FileStat: ...
    async def list(self, path: str) -> Sequence[FileStat]: ...
    async def read(self, path: str, *, offset: int = 0, limit: int) -> bytes: ...
    async def write(self, path: str, data: bytes) -> None:
        """Replace atomically; mode and owner of an existing file are kept."""
        ...

    async def remove(self, path: str) -> None: ...


class Host(Protocol):
    """One machine, local or over SSH: the same calls, the same results."""

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str:
        """``user@name``: whom a command runs as, for cards and digests."""
        ...

    @property
    def key(self) -> str:
        """Fingerprint of the host key; empty for the machine the bot runs on."""
        ...

    @property
    def roots(self) -> Roots: ...
    @property
    def files(self) -> Files: ...
    async def run(
        self,
        command: str,
        *,
        cwd: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - the host kills what it started, a cancel cannot
        on_output: Callable[[str], None] | None = None,
    ) -> CommandResult:
        """Run *command* by bash in a clean environment. Cancelling kills its process group."""
        ...


class Hosts(Protocol):
    """The inventory."""

    @property
    def default(self) -> str: ...
    def names(self) -> Sequence[str]: ...
    def get(self, name: str | None) -> Host:
        """Raises ToolError naming the known hosts when there is no such host."""
        ...

    def expand(self, target: str) -> Sequence[str]:
        """``group:web`` or one name → host names, sorted."""
        ...


class Memory(Protocol):
    """Facts the bot remembers. No memory is configured until its part lands."""

    async def recall(self, text: str) -> Sequence[str]: ...
