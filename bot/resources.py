"""What a tool is handed: machines and memory, behind ports that local and remote share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.memory import Memory
from bot.verdict import Verdict

Mode = Literal["read_only", "supervised", "autonomous"]


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
    """The bot's own database, secrets, tools, runbooks and policy. The longest path that matches
    decides, and this one when two are equal: a root may lie inside, never the other way round."""
    backups: str = ""
    """Directory that keeps what a write replaces; empty where nothing is written."""


class Files(Protocol):
    """Plain file operations on one host. OSError subclasses are raised as the host says them.

    All but ``realpath`` take what it answered: a path that leads through a symbolic link, because
    one was put there since, is refused."""

    async def realpath(self, path: str) -> str:
        """The path with every link resolved; what does not exist is kept as it is."""
        ...

    async def stat(self, path: str) -> FileStat: ...
    async def list(self, path: str, *, limit: int = 10_000) -> Sequence[FileStat]:
        """Up to *limit* entries, in the order the host gives them."""
        ...

    async def read(self, path: str, *, offset: int = 0, limit: int) -> bytes:
        """Regular files only: never waits for a pipe or a device."""
        ...

    async def write(self, path: str, data: bytes) -> None:
        """Replace atomically; mode and owner of an existing file are kept."""
        ...

    async def remove(self, path: str) -> None: ...


@dataclass(frozen=True, slots=True)
class SystemFacts:
    hostname: str
    os: str
    kernel: str
    architecture: str
    uptime: float
    """Seconds."""
    cpus: int
    cpu_percent: float
    """Of all processors together, 0 to 100."""
    load: tuple[float, float, float]
    memory: tuple[int, int]
    """Used and total, bytes."""
    swap: tuple[int, int]
    temperatures: tuple[tuple[str, float], ...] = ()
    """Sensor and degrees Celsius."""


@dataclass(frozen=True, slots=True)
class Filesystem:
    mount: str
    device: str
    kind: str
    size: int
    """Bytes; 0 when it was not measured, as with network file systems, which may hang."""
    used: int = 0
    free: int = 0
    """What an ordinary user can still write."""
    inodes: int = 0
    """0 when it has no fixed number of them."""
    inodes_used: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    name: str
    user: str
    state: str
    cpu: float
    """Percent of one processor."""
    memory: int
    """Resident bytes."""
    started: float
    """Seconds since the epoch."""


class Facts(Protocol):
    """Readings of fixed form. Each takes well under a second."""

    async def system(self) -> SystemFacts: ...
    async def filesystems(self) -> Sequence[Filesystem]: ...
    async def processes(self) -> Sequence[Process]: ...


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
    def docker(self) -> str:
        """Where its Docker engine listens: a socket's path on that host; empty when tools may not
        use one."""
        ...

    @property
    def mode(self) -> Mode | None:
        """What the agent may do there without asking; it only makes the bot's own mode stricter."""
        ...

    @property
    def roots(self) -> Roots: ...
    @property
    def files(self) -> Files: ...
    @property
    def facts(self) -> Facts: ...
    async def forward(self, socket: str) -> str:
        """The path of a Unix socket on the bot's machine that leads to *socket* on this host.

        It works as long as the host can be reached; ask again before each use. ToolError when the
        host is away."""
        ...

    async def judge(self, command: str, *, cwd: str | None = None) -> Verdict:
        """What the command policy thinks of *command* on this host. Nothing is run or raised."""
        ...

    async def run(
        self,
        command: str,
        *,
        cwd: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - the host kills what it started, a cancel cannot
        keep: int = 65_536,
        on_output: Callable[[str], None] | None = None,
    ) -> CommandResult:
        """Run *command* by bash in a clean environment, from the account's home directory.

        At most *keep* bytes of its output are kept. Cancelling kills its process group, and
        raises OutcomeUnknown instead when it may still run. ToolError: it was never started."""
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

    def groups(self) -> Mapping[str, Sequence[str]]:
        """Every group with its hosts, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What the whole bot shares."""

    hosts: Hosts
    memory: Memory | None = None
    """None: nothing is remembered."""
