"""Plain file operations over SFTP, by the rules that hold on the bot's own machine.

SFTP has no way to open a path without following links in its middle, so the real path is asked for
right before each operation: a link that is put there in that instant is followed."""

import errno
import posixpath
import stat
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from secrets import token_hex
from time import monotonic
from typing import Any, Literal

import asyncssh
from asyncssh.constants import FXF_CREAT, FXF_EXCL, FXF_WRITE

from bot.resources import FileStat, Roots
from bot.tool import OutcomeUnknown, ToolError
from tools.hosts.link import Link
from tools.hosts.roots import within

_BLOCK = 256 * 1024
_CREATE = FXF_WRITE | FXF_CREAT | FXF_EXCL
_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
_NAMES_KEPT = 600.0
"""Seconds that names of accounts are believed."""
_KINDS: Mapping[int, Literal["file", "directory", "link"]] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
}


class SshFiles:
    """Implements ``bot.resources.Files``. The directory for backups is made when it is needed."""

    def __init__(self, link: Link, roots: Roots) -> None:
        self._link = link
        self._never = roots.never
        self._backups = roots.backups
        self._names: tuple[Mapping[int, str], Mapping[int, str]] = ({}, {})
        self._named = float("-inf")

    async def realpath(self, path: str) -> str:
        async with self._session(path) as sftp:
            return await _real(sftp, posixpath.normpath(path))

    async def stat(self, path: str) -> FileStat:
        async with self._session(path) as sftp:
            found = await sftp.lstat(path)
            await self._learn_names(sftp)
            return self._described(path, found)

    async def list(self, path: str, *, limit: int = 10_000) -> Sequence[FileStat]:
        found: list[FileStat] = []
        async with self._session(path) as sftp:
            await self._must_be_real(sftp, path)
            await self._learn_names(sftp)
            async for entry in sftp.scandir(path):
                name = str(entry.filename)
                if name in (".", ".."):
                    continue
                if len(found) == limit:
                    break
                found.append(self._described(f"{path.rstrip('/')}/{name}", entry.attrs))
        return found

    async def read(self, path: str, *, offset: int = 0, limit: int) -> bytes:
        async with self._session(path) as sftp:
            await self._must_be_real(sftp, path)
            _must_be_regular(await sftp.lstat(path), path)
            pieces: list[bytes] = []
            async with sftp.open(path, "rb") as file:
                while limit > 0:
                    piece: Any = await file.read(min(limit, _BLOCK), offset)
                    if not piece:
                        break
                    pieces.append(piece)
                    offset += len(piece)
                    limit -= len(piece)
            return b"".join(pieces)

    async def write(self, path: str, data: bytes) -> None:
        async with self._session(path) as sftp:
            directory, name = posixpath.split(path)
            if directory == self._backups and await _there(sftp, directory) is None:
                await sftp.mkdir(directory, asyncssh.SFTPAttrs(permissions=0o700))
            await self._must_be_real(sftp, directory)
            old = await _there(sftp, path)
            if old is not None:
                _must_be_regular(old, path)
            draft = f"{directory}/.{token_hex(8)}.new"
            try:
                async with sftp.open(draft, _CREATE, encoding=None) as file:
                    if old is not None:
                        await _like(file, old)
                    await file.write(data)
                    with suppress(asyncssh.SFTPOpUnsupported):
                        await file.fsync()
                with self._decisive(path):
                    await sftp.posix_rename(draft, f"{directory}/{name}")
            except BaseException:
                with suppress(asyncssh.Error, OSError):
                    await sftp.remove(draft)
                raise

    async def remove(self, path: str) -> None:
        async with self._session(path) as sftp:
            await self._must_be_real(sftp, posixpath.dirname(path))
            with self._decisive(path):
                await sftp.remove(path)

    @contextmanager
    def _decisive(self, path: str) -> Generator[None]:
        """Asks for the change itself: no answer does not mean that it was not made."""
        try:
            yield
        except (*_LOST, asyncssh.DisconnectError) as error:
            raise OutcomeUnknown(
                f"the connection to {self._link.way.name} was lost while {path} was changed:"
                " whether it was is unknown"
            ) from error

    @asynccontextmanager
    async def _session(self, path: str) -> AsyncGenerator[asyncssh.SFTPClient]:
        """Errors come as the host's file system would raise them."""
        if any(within(path, own) for own in self._never):
            raise PermissionError(errno.EPERM, "the bot's own file", path)
        sftp = await self._link.sftp()
        try:
            yield sftp
        except OutcomeUnknown:
            self._link.sftp_ended(sftp)
            raise
        except (*_LOST, asyncssh.DisconnectError, asyncssh.ChannelOpenError) as error:
            self._link.sftp_ended(sftp)
            raise ToolError(f"the connection to {self._link.way.name} was lost: {error}") from error
        except asyncssh.SFTPError as error:
            raise _meant(error, path) from error

    async def _must_be_real(self, sftp: asyncssh.SFTPClient, path: str) -> None:
        if await _real(sftp, path) != path:
            raise OSError(errno.ELOOP, "a symbolic link leads there", path)

    async def _learn_names(self, sftp: asyncssh.SFTPClient) -> None:
        """As its own files have them; people from a directory service keep their numbers."""
        if monotonic() - self._named < _NAMES_KEPT:
            return
        tables: list[Mapping[int, str]] = []
        for path in ("/etc/passwd", "/etc/group"):
            text: Any = b""
            with suppress(asyncssh.SFTPError):
                async with sftp.open(path, "rb") as file:
                    text = await file.read(1 << 20, 0)
            lines: list[str] = text.decode(errors="replace").splitlines()
            rows = (line.split(":") for line in lines)
            tables.append({int(r[2]): r[0] for r in rows if len(r) > 2 and r[2].isdigit()})
        self._names, self._named = (tables[0], tables[1]), monotonic()

    def _described(self, path: str, found: asyncssh.SFTPAttrs) -> FileStat:
        mode = found.permissions or 0
        users, groups = self._names
        return FileStat(
            path=path,
            kind=_KINDS.get(stat.S_IFMT(mode), "other"),
            size=found.size or 0,
            mode=stat.S_IMODE(mode),
            owner=users.get(found.uid or 0, str(found.uid)),
            group=groups.get(found.gid or 0, str(found.gid)),
            modified=float(found.mtime or 0),
        )


async def _real(sftp: asyncssh.SFTPClient, path: str) -> str:
    """What does not exist keeps its name, below the real path of what does."""
    try:
        return str(await sftp.realpath(path))
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPFailure):
        head, tail = posixpath.split(path)
        if head == path:
            raise
        return posixpath.join(await _real(sftp, head), tail)


async def _there(sftp: asyncssh.SFTPClient, path: str) -> asyncssh.SFTPAttrs | None:
    try:
        return await sftp.lstat(path)
    except asyncssh.SFTPNoSuchFile:
        return None


async def _like(file: asyncssh.SFTPClientFile, old: asyncssh.SFTPAttrs) -> None:
    """Owner, group and mode of the file that is replaced."""
    assert old.permissions is not None
    made = await file.stat()
    if (made.uid, made.gid) != (old.uid, old.gid) and old.uid is not None and old.gid is not None:
        await file.chown(old.uid, old.gid)
    await file.chmod(stat.S_IMODE(old.permissions))


def _must_be_regular(found: asyncssh.SFTPAttrs, path: str) -> None:
    mode = found.permissions or 0
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a directory", path)
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "is a symbolic link", path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "is not a regular file", path)


def _meant(error: asyncssh.SFTPError, path: str) -> OSError:
    match error:
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        case asyncssh.SFTPPermissionDenied():
            return PermissionError(errno.EACCES, "Permission denied", path)
        case asyncssh.SFTPFileAlreadyExists():
            return FileExistsError(errno.EEXIST, "File exists", path)
        case asyncssh.SFTPNoSpaceOnFilesystem():
            return OSError(errno.ENOSPC, "No space left on device", path)
        case _:
            return OSError(errno.EIO, error.reason or "the host says only: failure", path)
