"""What goes wrong between the bot and a host: each time it says what, and nothing is pretended."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from bot.resources import Roots
from bot.tool import OutcomeUnknown, ToolError
from tests.lab.sshd import Sshd
from tests.lab.sshd import sshd as own_sshd
from tests.ssh_kit import over_ssh, way
from tools.hosts.link import Link
from tools.hosts.ssh import SshHost


@asynccontextmanager
async def reached(server: Sshd, **more: Any) -> AsyncGenerator[SshHost]:
    host = over_ssh(server, **more)
    try:
        yield host
    finally:
        await host.link.closed()


@asynccontextmanager
async def a_server(command: str, sshd: Sshd, late: float = 0.0) -> AsyncGenerator[int]:
    """An SSH server with the host key of *sshd* that answers every command with *command*'s words,
    as an account's shell would, *late* seconds after it was asked; its port."""

    async def handle(process: asyncssh.SSHServerProcess[str]) -> None:
        await asyncio.sleep(late)
        process.stdout.write(command)
        process.exit(0)

    server = await asyncssh.create_server(
        NoPassword, "127.0.0.1", 0, server_host_keys=[str(sshd.home / "host")],
        process_factory=handle, authorized_client_keys=str(sshd.home / "client.pub"),
    )  # fmt: skip
    try:
        yield server.get_port()
    finally:
        server.close()
        await server.wait_closed()


class NoPassword(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True


async def test_a_host_that_is_down_is_said(sshd: Sshd) -> None:
    """Nothing listens: one line that names the host; soon after it is not even tried."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with reached(sshd, port=port) as host:
        with pytest.raises(ToolError, match="refuses connections"):
            await host.run("true")
        with pytest.raises(ToolError, match="tried again in"):
            await host.run("true")


async def test_a_black_hole_does_not_hold_the_call(sshd: Sshd) -> None:
    """Something accepts and never speaks: it is given up in time."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        link = Link(way(sshd, port=hole.getsockname()[1]), patience=0.5)
        with pytest.raises(ToolError, match="does not answer"):
            async with asyncio.timeout(5):
                await SshHost(link, Roots()).run("true")


async def test_an_unknown_key_is_a_hard_stop(sshd: Sshd, tmp_path: Path) -> None:
    """The fingerprint, and how to add the key; nothing is accepted by itself."""
    async with reached(sshd, known_hosts=str(tmp_path / "known")) as host:
        with pytest.raises(ToolError, match=r"SHA256:.* is not known.*ssh-keyscan"):
            await host.run("true")
    assert "" == host.key


async def test_without_its_own_file_no_key_is_trusted(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account's own known_hosts does not stand in for the file that a host names."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(sshd.known_hosts.read_text())
    monkeypatch.setenv("HOME", str(tmp_path))
    async with reached(sshd, known_hosts=str(tmp_path / "missing")) as host:
        with pytest.raises(ToolError, match="is not known"):
            await host.run("true")


async def test_a_changed_key_is_a_hard_stop() -> None:
    """Another key than the one that is known: somebody may be in between."""
    with own_sshd() as server:
        async with reached(server) as host:
            await host.run("true")
            before = host.key
            server.new_host_key()
            with pytest.raises(ToolError, match="HAS CHANGED"):
                await again(host)
            assert before == host.key != ""


async def again(host: SshHost) -> None:
    """Run something as soon as the connection is noticed to be gone."""
    while host.link.connected:  # noqa: ASYNC110 - nothing tells when asyncssh has noticed
        await asyncio.sleep(0.02)
    await host.run("true")


async def test_a_stranger_is_not_let_in(sshd: Sshd, tmp_path: Path) -> None:
    """A key the host does not know: it says what to do."""
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(tmp_path / "other"))
    async with reached(sshd, keys=(str(tmp_path / "other"),)) as host:
        with pytest.raises(ToolError, match="does not let root in"):
            await host.run("true")


async def test_a_lost_connection_leaves_the_outcome_open() -> None:
    """Cut while a command runs: nobody says how it ended; the next command works."""
    with own_sshd() as server:
        async with reached(server) as host:
            begun = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(_unknown(host, begun))
                await begun.wait()
                server.drop()
            assert "begun" in task.result()
            assert "ok\n" == (await host.run("echo ok")).output


async def _unknown(host: SshHost, begun: asyncio.Event) -> str:
    with pytest.raises(OutcomeUnknown, match="unknown") as caught:
        await host.run("echo begun; sleep 60", on_output=lambda _: begun.set())
    return str(caught.value)


async def test_start_up_files_may_print() -> None:
    """What the account's files print before the command is not its output."""
    noisy = 'ForceCommand echo welcome; echo careful >&2; eval "$SSH_ORIGINAL_COMMAND"'
    with own_sshd(noisy) as server:
        async with reached(server) as host:
            result = await host.run("echo mine; echo errors >&2")

    assert "mine\nerrors\n" == result.output


async def test_a_shell_that_alters_texts_is_refused(sshd: Sshd) -> None:
    """A login shell that answers something else than it was told is not used."""
    async with (
        a_server("torture-begins:nearly the same:torture-ends", sshd) as port,
        reached(sshd, port=port, known_hosts=_known(sshd, port)) as host,
    ):
        with pytest.raises(ToolError, match="alters what it is told"):
            await host.run("true")


async def test_a_shell_is_not_used_because_its_trial_was_cut_short(sshd: Sshd) -> None:
    """A stop in the middle of the trial: the next call tries again instead of going on."""
    async with (
        a_server("torture-begins:nearly the same:torture-ends", sshd, late=0.5) as port,
        reached(sshd, port=port, known_hosts=_known(sshd, port)) as host,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await host.run("true")
        with pytest.raises(ToolError, match="alters what it is told"):
            await host.run("true")


async def test_a_host_without_bash_says_so(sshd: Sshd) -> None:
    """What the login shell says of bash is turned into what to install."""
    async with (
        a_server("", sshd) as port,
        reached(sshd, port=port, known_hosts=_known(sshd, port)) as host,
    ):
        with pytest.raises(ToolError, match=r"alters what it is told|bash is not installed"):
            await host.run("true")


def _known(sshd: Sshd, port: int) -> str:
    path = sshd.home / f"known-{port}"
    path.write_text(f"[127.0.0.1]:{port} {(sshd.home / 'host.pub').read_text()}")
    return str(path)


async def test_only_some_channels_are_open_at_once(sshd: Sshd) -> None:
    """Thirty commands at once on one connection: all run, none is refused by sshd."""
    async with reached(sshd) as host, asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(host.run(f"echo {number}")) for number in range(30)]

    assert [f"{number}\n" for number in range(30)] == [each.result().output for each in running]


class _Vanishing(asyncssh.SFTPServer):
    """Does what it is asked and is gone before it says so; the first time it is asked to rename."""

    vanished = False

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        Path(os.fsdecode(oldpath)).rename(os.fsdecode(newpath))
        if not _Vanishing.vanished:
            _Vanishing.vanished = True
            self.channel.abort()


async def test_a_write_whose_end_is_not_told_may_have_been_made(sshd: Sshd, tmp_path: Path) -> None:
    """The file server ends in the middle of a write: nobody says that it failed, for it did not.
    The next call has another one, on the same connection."""

    async def shell(process: asyncssh.SSHServerProcess[str]) -> None:
        done = await asyncio.create_subprocess_exec("sh", "-c", str(process.command), stdout=-1)
        said, _ = await done.communicate()
        process.stdout.write(said.decode())
        process.exit(0)

    server = await asyncssh.create_server(
        NoPassword, "127.0.0.1", 0, server_host_keys=[str(sshd.home / "host")],
        process_factory=shell, sftp_factory=_Vanishing,
        authorized_client_keys=str(sshd.home / "client.pub"),
    )  # fmt: skip
    port = server.get_port()
    path = str(tmp_path / "file")
    async with reached(sshd, port=port, known_hosts=_known(sshd, port)) as host:
        with pytest.raises(OutcomeUnknown, match="whether it was is unknown"):
            await host.files.write(path, b"first")
        assert b"first" == await host.files.read(path, limit=10)
        await host.files.write(path, b"second")
    server.close()
    await server.wait_closed()

    assert "second" == (tmp_path / "file").read_text()
    assert ["file"] == [each.name for each in tmp_path.iterdir()]


async def test_through_another_host(sshd: Sshd) -> None:
    """A host that is reached through another one."""
    outer = over_ssh(sshd)
    inner = SshHost(Link(way(sshd, "inner"), outer.link), Roots())
    try:
        assert "in\n" == (await inner.run("echo in")).output
    finally:
        await inner.link.closed()
        await outer.link.closed()


async def test_a_socket_of_the_host_is_reached(sshd: Sshd, tmp_path: Path) -> None:
    """A Unix socket there answers here."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    server = await asyncio.start_unix_server(echo, tmp_path / "there")
    async with server, reached(sshd) as host:
        there = str(tmp_path / "there")
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(host.forward(there)) for _ in range(3)]
        [here] = {each.result() for each in asked}
        reader, writer = await asyncio.open_unix_connection(here)
        writer.write(b"hello\n")
        answer = await reader.readline()
        writer.close()

    assert b"HELLO\n" == answer
    assert not Path(here).exists()
