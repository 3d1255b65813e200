"""Hosts over SSH for tests."""

from pathlib import Path
from typing import Any

from bot.resources import Roots
from tests.lab.sshd import Sshd
from tools.hosts.link import Link
from tools.hosts.ssh import SshHost
from tools.hosts.way import Way

READING = Roots(read=("/",))


def way(server: Sshd, name: str = "self", **more: Any) -> Way:
    given: dict[str, Any] = {
        "address": "127.0.0.1", "port": server.port, "user": "root", "keys": (str(server.key),),
        "known_hosts": str(server.known_hosts), **more,
    }  # fmt: skip
    return Way(name, **given)


def over_ssh(server: Sshd, roots: Roots = READING, **more: Any) -> SshHost:
    return SshHost(Link(way(server, **more), patience=5.0), roots)


def writable(directory: Path) -> Roots:
    return Roots(read=("/",), write=(str(directory),), backups=f"{directory}/.backups")
