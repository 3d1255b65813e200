"""Files and readings of one machine, from the machine itself and over SSH: the same answers."""

import os
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.resources import Files
from tests.lab.engine import need
from tests.lab.sshd import Sshd
from tests.ssh_kit import over_ssh, writable
from tools.hosts.local_facts import LocalFacts
from tools.hosts.local_files import LocalFiles
from tools.hosts.ssh import SshHost
from tools.hosts.ssh_facts import parse_filesystems, parse_processes


@pytest.fixture
async def ssh(sshd: Sshd, tmp_path: Path) -> AsyncGenerator[SshHost]:
    host = over_ssh(sshd, writable(tmp_path))
    yield host
    await host.link.closed()


@pytest.fixture(params=["local", "ssh"])
def files(request: pytest.FixtureRequest) -> Files:
    if request.param == "local":
        return LocalFiles()
    host: SshHost = request.getfixturevalue("ssh")
    return host.files


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    need(done.returncode == 0, f"nothing can be mounted here: {done.stderr}")


async def test_real_paths(files: Files, tmp_path: Path) -> None:
    """Links are resolved; what does not exist keeps its name below what does."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert f"{tmp_path}/real" == await files.realpath(f"{tmp_path}/link")
    assert f"{tmp_path}/real/x/y" == await files.realpath(f"{tmp_path}/link/x/y")
    assert "/etc/passwd" == await files.realpath("/etc/../etc/./passwd")


async def test_what_a_path_is(ssh: SshHost, tmp_path: Path) -> None:
    """Kind, size, mode, owner and time are those that the machine itself gives."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    local = LocalFiles()
    for name in ("file", "link", "directory", "pipe"):
        here = await local.stat(f"{tmp_path}/{name}")
        there = await ssh.files.stat(f"{tmp_path}/{name}")
        assert (here.kind, here.size, here.mode) == (there.kind, there.size, there.mode)
        assert (here.owner, here.group) == (there.owner, there.group)
        assert int(here.modified) == int(there.modified)


async def test_names_in_a_directory(files: Files, tmp_path: Path) -> None:
    """All of them, also those that are no text, up to the limit."""
    for name in (b"a", b"\xff.txt", "ü\n".encode()):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text("x")
    found = await files.list(str(tmp_path))

    assert {os.fsencode(each.path) for each in found} == {
        bytes(tmp_path) + b"/" + name for name in (b"a", b"\xff.txt", "ü\n".encode())
    }
    assert 2 == len(await files.list(str(tmp_path), limit=2))


async def test_reading(files: Files, tmp_path: Path) -> None:
    """Ranges, files of /proc that say that they are empty, and several blocks."""
    (tmp_path / "file").write_bytes(bytes(range(256)) * 4_000)

    assert bytes(range(10, 20)) == await files.read(f"{tmp_path}/file", offset=10, limit=10)
    assert 1_024_000 == len(await files.read(f"{tmp_path}/file", limit=2_000_000))
    assert b"" == await files.read(f"{tmp_path}/file", offset=2_000_000, limit=10)
    assert (await files.read(f"/proc/{os.getpid()}/status", limit=10_000)).startswith(b"Name:")


@pytest.mark.parametrize("name", ["pipe", "directory", "link", "missing", "through/file"])
async def test_what_is_not_read(files: Files, tmp_path: Path, name: str) -> None:
    """Pipes, directories, links, and what a link leads to: an error, and never a wait."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "file").write_text("secret")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "through").symlink_to("directory")
    with pytest.raises(OSError, match=r"."):
        await files.read(f"{tmp_path}/{name}", limit=10)


async def test_writing_replaces(files: Files, tmp_path: Path) -> None:
    """Mode and owner stay, no draft is left behind, and a new file gets the usual mode."""
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o604)
    os.chown(path, 1, 2)
    await files.write(str(path), b"new\0")
    await files.write(f"{tmp_path}/fresh", b"x")

    assert b"new\0" == path.read_bytes()
    found = path.stat()
    assert (0o604, 1, 2) == (found.st_mode & 0o777, found.st_uid, found.st_gid)
    assert ["file", "fresh"] == names(tmp_path)


@pytest.mark.parametrize("name", ["directory", "link", "through/file", "nowhere/file"])
async def test_what_is_not_written(files: Files, tmp_path: Path, name: str) -> None:
    """Neither directories nor links nor below them: nothing is left behind either."""
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "through").symlink_to("directory")
    with pytest.raises(OSError, match=r"."):
        await files.write(f"{tmp_path}/{name}", b"x")

    assert [] == names(tmp_path / "directory")
    assert ["directory", "link", "through"] == names(tmp_path)


async def test_removing(files: Files, tmp_path: Path) -> None:
    """A file is removed; one that is not there is an error."""
    (tmp_path / "file").write_text("x")
    await files.remove(f"{tmp_path}/file")
    with pytest.raises(FileNotFoundError):
        await files.remove(f"{tmp_path}/file")


async def test_a_full_disk_leaves_nothing(files: Files, tmp_path: Path) -> None:
    """What does not fit is an error; the old file stays whole, and no draft is left."""
    place = tmp_path / "small"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=64k", "none", str(place))
    try:
        (place / "file").write_text("old")
        with pytest.raises(OSError, match=r"."):
            await files.write(f"{place}/file", b"x" * 200_000)
        assert "old" == (place / "file").read_text()
        assert ["file"] == names(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)


async def test_the_bots_own_files_stay_closed_over_ssh(sshd: Sshd, tmp_path: Path) -> None:
    """A host that is this very machine does not lead to what belongs to the bot."""
    (tmp_path / "secret").write_text("x")
    roots = writable(tmp_path)
    host = over_ssh(sshd, type(roots)(roots.read, roots.write, (str(tmp_path),)))
    try:
        for act in (host.files.read(f"{tmp_path}/secret", limit=1),
                    host.files.write(f"{tmp_path}/secret", b"y")):  # fmt: skip
            with pytest.raises(PermissionError):
                await act
    finally:
        await host.link.closed()


async def test_readings_of_the_system(ssh: SshHost) -> None:
    """What psutil says of this machine, the script says too."""
    here, there = await LocalFacts().system(), await ssh.facts.system()

    for field in ("hostname", "os", "kernel", "architecture", "cpus"):
        assert getattr(here, field) == getattr(there, field)
    assert here.memory[1] == there.memory[1]
    assert here.swap == there.swap
    assert abs(here.uptime - there.uptime) < 10
    assert 0 <= there.cpu_percent <= 100
    assert abs(here.memory[0] - there.memory[0]) < 0.1 * here.memory[1]


async def test_readings_of_file_systems(ssh: SshHost) -> None:
    """The same mounts with the same sizes."""
    here = {each.mount: each for each in await LocalFacts().filesystems()}
    there = {each.mount: each for each in await ssh.facts.filesystems()}

    assert "/" in there
    for mount in here.keys() & there.keys():
        assert (here[mount].size, here[mount].kind) == (there[mount].size, there[mount].kind)
    assert abs(here["/"].used - there["/"].used) < 0.01 * here["/"].size


async def test_readings_of_processes(ssh: SshHost) -> None:
    """The same processes by the same names, owners and times."""
    there = {each.pid: each for each in await ssh.facts.processes()}
    here = {each.pid: each for each in await LocalFacts().processes()}
    me, same = there[os.getpid()], here[os.getpid()]

    assert (same.user, same.state != "zombie") == (me.user, True)
    assert abs(same.started - me.started) < 2
    assert abs(same.memory - me.memory) < 50 * 2**20
    assert len(here.keys() & there.keys()) > 0.8 * len(here)


def test_odd_names_of_processes_and_mounts() -> None:
    """Blanks and brackets in a name, blanks in a mount point, a network file system."""
    line = "7 (a) b (c) S 1 7 7 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 100 4096 10 " + "0 " * 28
    head = f"100\n4096\nbtime 1000\n50.0 1.0\n{line}\n"
    [process] = parse_processes([head, f"51.0 1.0\n{line}\n", "/proc/7 root\n"])
    mounts = "nas:/x /mnt/my\\040nas nfs4 rw 0 0\n"
    [nas] = parse_filesystems(["head\n", mounts])

    assert ("a) b (c", "sleeping", 1001.0) == (process.name, process.state, process.started)
    assert ("/mnt/my nas", 0) == (nas.mount, nas.size)
