"""Where the file tools may go: real paths under a host's roots, never to secrets."""

from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.resources import Host, Roots
from bot.tool import Level, Risk, ToolContext, ToolError, Trust, Verdict, as_text
from tools.hosts.roots import within
from tools.security.secrets import is_secret


class NotHere(ToolError):
    """The file tools do not go there."""

    def __init__(self, reason: str, *, alternative: str = "", secret: bool = False) -> None:
        super().__init__(f"{reason}; {alternative}" if alternative else reason)
        self.verdict = Verdict(
            Level.DENY,
            Risk.DANGER,
            (reason,),
            trust=Trust.SYSTEM,
            alternative=alternative,
            secret=secret,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A path the tools may touch on one host."""

    host: Host
    path: str
    """Real: no link leads there."""


async def readable(
    ctx: ToolContext, host: str | None, path: str, *, secrets: bool = False
) -> Place:
    """Where *path* really is. Raises NotHere; *secrets* lets their names pass."""
    place = await _place(ctx, host, path)
    roots = place.host.roots
    allowed = tuple(dict.fromkeys((*roots.read, *roots.write)))
    if not _reaches(place.path, allowed, roots):
        where = ", ".join(allowed)
        raise NotHere(f"{place.path} may not be read", alternative=f"files under {where} may")
    if not secrets and is_secret(place.path):
        raise NotHere(
            f"{place.path} holds secrets by its name",
            alternative="a person can look at it on the machine itself",
            secret=True,
        )
    return place


async def writable(ctx: ToolContext, host: str | None, path: str) -> Place:
    """Where *path* really is, for writing. Raises NotHere."""
    place = await _place(ctx, host, path)
    roots = place.host.roots
    if is_secret(place.path):
        raise NotHere(
            f"{place.path} holds secrets by its name",
            alternative="a person can change it on the machine itself",
            secret=True,
        )
    kept = roots.backups and within(place.path, roots.backups)
    if kept or not _reaches(place.path, roots.write, roots):
        where = ", ".join(roots.write) or "no directory of this host"
        raise NotHere(
            f"{place.path} may not be written",
            alternative=f"write under {where}, or ask for a command line that does it",
        )
    return place


def may_read(host: Host, path: str) -> bool:
    """Whether a real path lies where files are read and holds no secret by its name."""
    roots = host.roots
    return _reaches(path, (*roots.read, *roots.write), roots) and not is_secret(path)


def may_write(host: Host, path: str) -> bool:
    """The same for writing."""
    return _reaches(path, host.roots.write, host.roots) and not is_secret(path)


async def refusal_of(place: Awaitable[Place]) -> Verdict | None:
    """The verdict when the place is refused; None when it may be touched."""
    try:
        await place
    except NotHere as refused:
        return refused.verdict
    return None


@contextmanager
def host_errors() -> Generator[None]:
    """Tell the model what the host's file system said."""
    try:
        yield
    except OSError as error:
        raise ToolError(f"{error.filename or 'file'}: {error.strerror}") from error


async def _place(ctx: ToolContext, host: str | None, path: str) -> Place:
    """Raises ToolError when *path* is none, or has no name that is text."""
    machine = ctx.hosts.get(host)
    if not path.startswith("/") or "\0" in path or path != as_text(path):
        root = [*machine.roots.write, *machine.roots.read, "/"][0].rstrip("/")
        raise ToolError(f"{path!r} is no path: write an absolute path, such as {root}/hello.txt")
    with host_errors():
        real = await machine.files.realpath(path)
    if real != as_text(real):
        raise ToolError(f"{real}: this name is no text (UTF-8), so only a command line reaches it")
    return Place(machine, real)


def _reaches(path: str, allowed: tuple[str, ...], roots: Roots) -> bool:
    """Whether the longest path that holds *path* is an allowed one."""
    return _longest(path, allowed) > _longest(path, roots.never)


def _longest(path: str, roots: tuple[str, ...]) -> int:
    return max((len(root) for root in roots if within(path, root)), default=0)
