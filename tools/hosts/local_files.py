"""Plain file operations on the machine the bot runs on, off the event loop."""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Literal

from bot.blocking import run_blocking
from bot.resources import FileStat

_KINDS: Mapping[int, Literal["file", "directory", "link"]] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
}


class LocalFiles:
    """Implements ``bot.resources.Files``. *never*: what a hard link must not lead to either,
    nor to the files in it."""

    def __init__(self, never: Sequence[str] = ()) -> None:
        self._never = never

    async def realpath(self, path: str) -> str:
        return await run_blocking("files", _realpath, path)

    async def stat(self, path: str) -> FileStat:
        return await run_blocking("files", _stat, path)

    async def list(self, path: str, *, limit: int = 10_000) -> Sequence[FileStat]:
        return await run_blocking("files", _list, path, limit)

    async def read(self, path: str, *, offset: int = 0, limit: int) -> bytes:
        return await run_blocking("files", self._read, path, offset, limit)

    async def write(self, path: str, data: bytes) -> None:
        await run_blocking("files", _write, path, data)

    async def remove(self, path: str) -> None:
        await run_blocking("files", _remove, path)

    def _read(self, path: str, offset: int, limit: int) -> bytes:
        with _opened(path) as (directory, name):
            # Looked at before it is opened: opening some devices already does something.
            _must_be_regular(os.stat(name, dir_fd=directory, follow_symlinks=False), path)
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with os.fdopen(os.open(name, flags, dir_fd=directory), "rb", buffering=0) as file:
                found = os.fstat(file.fileno())
                _must_be_regular(found, path)
                if self._is_never(found):
                    raise PermissionError(errno.EPERM, "the bot's own file", path)
                if offset:
                    file.seek(offset)
                return _up_to(file.fileno(), limit)

    def _is_never(self, found: os.stat_result) -> bool:
        return any(os.path.samestat(found, own) for own in _with_what_is_in(self._never))


def _with_what_is_in(paths: Sequence[str]) -> Generator[os.stat_result]:
    """These files and directories, and the files in the directories, as far as they exist."""
    for path in map(Path, paths):
        for each in (path, *(path.iterdir() if path.is_dir() else ())):
            with suppress(OSError):
                yield each.stat()


@contextmanager
def _directory(path: str, flags: int = os.O_PATH) -> Generator[int]:
    """A directory, opened; raises OSError when a link leads there."""
    descriptor = os.open(path, flags | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()) != path:
            raise OSError(errno.ELOOP, "a symbolic link leads there", path)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: str) -> Generator[tuple[int, str]]:
    """The directory a file is in, opened, and the file's name in it. Errors name the whole path."""
    try:
        with _directory(str(Path(path).parent)) as directory:
            yield directory, Path(path).name or "."
    except OSError as error:
        error.filename = path
        raise


def _realpath(path: str) -> str:
    return os.path.realpath(path)


def _must_be_regular(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a directory", path)
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "is a symbolic link", path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", path)


def _up_to(descriptor: int, limit: int) -> bytes:
    """Files of /proc come in small pieces, and say that they are empty."""
    pieces: list[bytes] = []
    while limit > 0 and (piece := os.read(descriptor, min(limit, 1 << 20))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _stat(path: str) -> FileStat:
    return _described(path, Path(path).lstat())


def _list(path: str, limit: int) -> list[FileStat]:
    found: list[FileStat] = []
    with _directory(path, os.O_RDONLY) as directory, os.scandir(directory) as entries:
        for entry in islice(entries, limit):
            with suppress(FileNotFoundError):
                where = f"{path.rstrip('/')}/{entry.name}"
                found.append(_described(where, entry.stat(follow_symlinks=False)))
    return found


def _described(path: str, found: os.stat_result) -> FileStat:
    return FileStat(
        path=path,
        kind=_KINDS.get(stat.S_IFMT(found.st_mode), "other"),
        size=found.st_size,
        mode=stat.S_IMODE(found.st_mode),
        owner=_owner(found.st_uid),
        group=_group(found.st_gid),
        modified=found.st_mtime,
    )


def _owner(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _group(number: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(number).gr_name
    return str(number)


def _write(path: str, data: bytes) -> None:
    with _opened(path) as (directory, name):
        draft = f".{token_hex(8)}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(draft, flags, 0o666, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _like_the_old(file.fileno(), directory, name, path)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            os.unlink(draft, dir_fd=directory)
            raise
    with _directory(str(Path(path).parent), os.O_RDONLY) as directory:
        os.fsync(directory)  # makes the new name last, too


def _like_the_old(descriptor: int, directory: int, name: str, path: str) -> None:
    try:
        old = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    _must_be_regular(old, path)
    os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _remove(path: str) -> None:
    with _opened(path) as (directory, name):
        os.unlink(name, dir_fd=directory)
