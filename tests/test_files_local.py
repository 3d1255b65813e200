"""Plain files on this machine: real paths only, regular files only, atomic writes."""

import asyncio
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from tools.hosts.local_files import LocalFiles

FILES = LocalFiles()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(os.path.realpath(tmp_path))


async def test_a_write_keeps_mode_and_owner_and_leaves_nothing_else(root: Path) -> None:
    """An existing file keeps its mode and owner, and no draft stays behind."""
    file = root / "app.conf"
    file.write_text("old")
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 1, 2)
    before = file.stat()
    await FILES.write(str(file), b"new")
    after = file.stat()

    assert "new" == file.read_text()
    assert (before.st_mode, before.st_uid, before.st_gid) == (
        after.st_mode,
        after.st_uid,
        after.st_gid,
    )
    assert ["app.conf"] == [entry.name for entry in root.iterdir()]


async def test_readers_see_the_old_or_the_new_never_a_mixture(root: Path) -> None:
    """While a file is written over and over, every read finds one whole content."""
    file = root / "state"
    contents = [letter.encode() * 200_000 for letter in "ab"]
    await FILES.write(str(file), contents[0])
    seen: set[bytes] = set()

    async def write() -> None:
        for turn in range(20):
            await FILES.write(str(file), contents[turn % 2])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        writing = group.create_task(write())
        while not writing.done():
            seen.add(await FILES.read(str(file), limit=1_000_000))

    assert seen <= set(contents)


async def test_a_failed_write_leaves_the_old_file(root: Path) -> None:
    """Where a directory stands in the way, nothing changes and no draft stays."""
    (root / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        await FILES.write(str(root / "taken"), b"x")

    assert ["taken"] == [entry.name for entry in root.iterdir()]


@pytest.mark.parametrize("way", ["last", "middle/file", "middle/below/file"])
async def test_a_link_put_there_since_is_refused(root: Path, way: str) -> None:
    """A path that leads through a link is not read or written, and what it leads to stays."""
    (root / "real/below").mkdir(parents=True)
    secrets = [root / "real/file", root / "real/below/file"]
    for secret in secrets:
        secret.write_text("secret")
    (root / "middle").symlink_to(root / "real")
    (root / "last").symlink_to(secrets[0])
    path = str(root / way)

    with pytest.raises(OSError, match=r"link|symbolic|Not a directory"):
        await FILES.read(path, limit=10)
    with pytest.raises(OSError, match=r"link|symbolic|Not a directory"):
        await FILES.write(path, b"x")
    with suppress(OSError):
        await FILES.remove(path)
    assert ["secret", "secret"] == [secret.read_text() for secret in secrets]


async def test_listing_does_not_follow_a_link(root: Path) -> None:
    """A directory reached through a link is not listed under the link's name."""
    (root / "real").mkdir()
    (root / "link").symlink_to(root / "real")
    with pytest.raises(OSError, match=r"link|symbolic|Not a directory"):
        await FILES.list(str(root / "link"))


async def test_pipes_sockets_and_devices_never_make_it_wait(root: Path) -> None:
    """What is not a regular file is refused at once."""
    os.mkfifo(root / "pipe")
    for path in (root / "pipe", Path("/dev/zero"), Path("/dev/tty")):
        async with asyncio.timeout(2):
            with pytest.raises(OSError, match="not a regular file"):
                await FILES.read(str(path), limit=10)


async def test_a_hard_link_to_the_bots_own_file_is_refused(root: Path) -> None:
    """Another name for a forbidden file is no way to it."""
    database = root / "orchestrator.db"
    database.write_text("everything")
    os.link(database, root / "innocent.txt")

    with pytest.raises(PermissionError):
        await LocalFiles((str(database),)).read(str(root / "innocent.txt"), limit=10)


async def test_files_of_proc_are_read_though_they_say_they_are_empty() -> None:
    """The kernel's own files come whole."""
    data = await FILES.read("/proc/meminfo", limit=100_000)

    assert data.startswith(b"MemTotal:")


async def test_parts_of_a_huge_file(root: Path) -> None:
    """A part of a sparse terabyte is read without the rest."""
    huge = root / "huge"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
        file.seek((1 << 40) - 3)
        file.write(b"end")

    assert b"end" == await FILES.read(str(huge), offset=(1 << 40) - 3, limit=100)
    assert 1 << 40 == (await FILES.stat(str(huge))).size


async def test_what_a_listing_tells(root: Path) -> None:
    """Kinds, sizes and modes, without following anything; bounded."""
    (root / "file").write_text("12345")
    (root / "file").chmod(0o600)
    (root / "directory").mkdir()
    (root / "link").symlink_to("/etc/shadow")
    os.mkfifo(root / "pipe")
    found = {Path(each.path).name: each for each in await FILES.list(str(root))}

    kinds = {"file": "file", "directory": "directory", "link": "link", "pipe": "other"}
    assert kinds == {name: each.kind for name, each in found.items()}
    assert (5, 0o600) == (found["file"].size, stat.S_IMODE(found["file"].mode))
    assert 2 == len(await FILES.list(str(root), limit=2))
