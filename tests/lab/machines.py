"""Two whole Debian machines, reached over SSH: systemd, journald, sshd, nginx and git."""

import io
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.engine import Engine, need, scratch

Value = str | int | bool | Sequence[str]
_IMAGE = "ai-orchestrator-lab/host-bookworm-2.tar"
_PATIENCE = 60.0
"""Seconds a machine may take to boot, and a command on it to end."""
_SSHD = "AuthorizedKeysFile /etc/ssh/lab_key\nHostKey /etc/ssh/lab_host_key\n"
_BOOTED = "systemctl is-system-running --wait"
DOCKER = "/srv/docker.sock"
"""Where the engine of the lab listens on each machine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One of the machines. Its accounts ``root`` and ``deploy`` (an ordinary one) take the key."""

    name: str
    port: int
    key: Path
    """The private key that opens it."""
    known_hosts: Path
    """Holds the keys of all the machines."""
    address: str = "127.0.0.1"

    def ssh(self, command: str, *, user: str = "root") -> str:
        """What *command* prints there; raises AssertionError with what it complained of.

        By OpenSSH's own client, so that what the bot did is seen without the bot."""
        words = [
            "ssh", "-F", "none", "-i", str(self.key), "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={self.known_hosts}",
            "-p", str(self.port), f"{user}@{self.address}", command,
        ]  # fmt: skip
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.strip()

    def toml(self, **more: Value) -> str:
        """Its table of an inventory: ``AI_HOSTS_FILE``; *more* adds to it or replaces."""
        facts: dict[str, Value] = {
            "address": self.address,
            "port": self.port,
            "user": "root",
            "key": str(self.key),
            "known_hosts": str(self.known_hosts),
            "groups": ["web"],
            **more,
        }
        # A text, a number, a truth and a list of them are written in TOML as they are in JSON.
        lines = (f"{name} = {json.dumps(value)}" for name, value in facts.items())
        return "\n".join([f"[hosts.{self.name}]", *lines, ""])


@dataclass(frozen=True, slots=True)
class Machines:
    """Both of them; together they are the group ``web``."""

    web1: Machine
    web2: Machine

    def __iter__(self) -> Iterator[Machine]:
        return iter((self.web1, self.web2))

    def inventory(self, path: Path, **more: Value) -> Path:
        """Write both to *path* as an inventory, and return it."""
        path.write_text("\n".join(machine.toml(**more) for machine in self))
        return path


@contextmanager
def machines(engine: Engine) -> Generator[Machines]:
    """Boot both machines. Skips where their image is not; fails where nothing may be skipped."""
    image = _cache() / _IMAGE
    need(image.exists(), f"no {image}: run .ci/lab as root")
    with scratch() as home:
        engine.load("host:lab", image, command=["/lib/systemd/systemd"])
        _make_key(home / "key")
        known_hosts = home / "known_hosts"
        names = ("web1", "web2")
        for name in names:
            _create(engine, name, home)
        engine.docker("start", *names)
        ports = [int(engine.docker("port", name, "22/tcp").rpartition(":")[2]) for name in names]
        known_hosts.write_text(
            "".join(
                f"[127.0.0.1]:{port} {(home / f'{name}.pub').read_text()}"
                for name, port in zip(names, ports, strict=True)
            )
        )
        for name in names:
            _await_boot(engine, name)
        yield Machines(
            *(
                Machine(name, port, home / "key", known_hosts)
                for name, port in zip(names, ports, strict=True)
            )
        )


def _create(engine: Engine, name: str, home: Path) -> None:
    """A container that boots systemd, with keys of its own."""
    _make_key(home / name)
    engine.docker(
        # --privileged would be more than systemd needs, and fails where the engine has less.
        "create", "--name", name, "--hostname", name, "--publish", "127.0.0.1::22",
        "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
        "--security-opt", "apparmor=unconfined", "--cgroupns", "private",
        "--tmpfs", "/run", "--tmpfs", "/run/lock",
        "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
        "--volume", f"{engine.socket}:{DOCKER}", "host:lab",
    )  # fmt: skip
    files = {
        "etc/ssh/sshd_config.d/lab.conf": _SSHD.encode(),
        "etc/ssh/lab_key": (home / "key.pub").read_bytes(),
        "etc/ssh/lab_host_key": (home / name).read_bytes(),
    }
    engine.docker("cp", "-", f"{name}:/", stdin=_tar(files))


def _await_boot(engine: Engine, name: str) -> None:
    """Until systemd has started all it starts; it waits by itself once it can be asked."""
    deadline = time.monotonic() + _PATIENCE
    state = ""
    while state != "running" and time.monotonic() < deadline:
        time.sleep(0.1)  # nothing tells when it can be asked
        state = engine.docker("exec", name, "sh", "-c", f"{_BOOTED} || true")
    failed = engine.docker("exec", name, "systemctl", "list-units", "--failed")
    assert state == "running", f"{name} is {state}: {failed}"


def _make_key(path: Path) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
    subprocess.run(words, check=True, capture_output=True)


def _tar(files: dict[str, bytes]) -> bytes:
    """An archive of root's own files, which nobody else may read or change."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = 0o644 if path == "etc/ssh/lab_key" else 0o600
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")  # noqa: TID251 - where .ci/lab put it, not a setting
    return Path(home) if home else Path.home() / ".cache"
