"""A real sshd of the tests' own, for this very machine: same files, same processes, over SSH."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.lab.engine import need, scratch

_CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host
AuthorizedKeysFile {home}/client.pub
PidFile none
PermitRootLogin yes
StrictModes no
UsePAM no
PrintMotd no
MaxStartups 100
Subsystem sftp internal-sftp
{more}
"""


@dataclass(slots=True)
class Sshd:
    """It listens; *key* opens it, *known_hosts* holds its key."""

    port: int
    home: Path
    more: str
    process: subprocess.Popen[bytes]

    @property
    def key(self) -> Path:
        return self.home / "client"

    @property
    def known_hosts(self) -> Path:
        return self.home / "known_hosts"

    def stop(self) -> None:
        """No new connections, and those that are open end."""
        self.drop()
        self.process.terminate()
        self.process.wait(10)

    def drop(self) -> None:
        """Cut the connections that are open; new ones are taken.

        The oldest first: the server must not live to tell how a command ended.
        """
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()

    def new_host_key(self) -> None:
        """As if the machine had been set up anew, or somebody stood in between."""
        self.stop()
        (self.home / "host").unlink()
        _keygen(self.home / "host")
        self.process = _start(self.home, self.port, self.more)


@contextmanager
def sshd(more: str = "") -> Generator[Sshd]:
    """*more*: lines for its configuration."""
    need(os.geteuid() == 0 and Path("/usr/sbin/sshd").exists(), "no sshd: run .ci/lab as root")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with scratch() as home:
        for name in ("host", "client"):
            _keygen(home / name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Sshd(port, home, more, _start(home, port, more))
        server.known_hosts.write_text(f"[127.0.0.1]:{port} {(home / 'host.pub').read_text()}")
        try:
            yield server
        finally:
            server.stop()


def _start(home: Path, port: int, more: str) -> subprocess.Popen[bytes]:
    config = home / "config"
    config.write_text(_CONFIG.format(port=port, home=home, more=more))
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(config)], stderr=log)
    deadline = time.monotonic() + 20
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.02)  # nothing tells when it listens


def _keygen(path: Path) -> None:
    keygen = shutil.which("ssh-keygen")
    need(keygen, "no ssh-keygen: run .ci/lab as root")
    subprocess.run(
        [str(keygen), "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, input=b"y\n"
    )
