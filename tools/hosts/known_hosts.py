"""Host keys: only those of the known_hosts file are trusted, and a refusal says how to add one."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from tools.hosts.way import Way


@dataclass(frozen=True, slots=True)
class Refusal:
    text: str


class Verifier:
    """Decides for one host."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._file = Path(way.known_hosts).expanduser()
        self.offered = ""
        """Fingerprint of the last key that was not trusted."""

    def trusted(self) -> Any:
        """What asyncssh takes as known hosts. Where there is no file, nobody is trusted: given
        something empty, asyncssh would look into the account's own ``known_hosts`` instead."""
        nobody: tuple[list[str], list[str], list[str]] = ([], [], [])
        return str(self._file) if self._file.is_file() else nobody

    def client(self) -> asyncssh.SSHClient:
        verifier = self

        class Client(asyncssh.SSHClient):
            def validate_host_public_key(
                self,
                host: str,  # noqa: ARG002 - asyncssh's signature
                addr: str,  # noqa: ARG002 - the same
                port: int,  # noqa: ARG002 - the same
                key: asyncssh.SSHKey,
            ) -> bool:
                """Asked for keys that the file does not hold."""
                verifier.offered = key.get_fingerprint()
                return False

        return Client()

    @property
    def fingerprint(self) -> str:
        """Of all the keys that are trusted for this host: another one when they change."""
        lines = sorted(self._lines())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if lines else ""

    def refusal(self) -> Refusal | None:
        if not self.offered:
            return None
        way, name = self._way, self._name
        if self._lines():
            return Refusal(
                f"{way.name}: THE HOST KEY HAS CHANGED, it now is {self.offered}. Somebody may be"
                " in between. When the machine was set up anew:"
                f" ssh-keygen -R '{name}' -f {self._file}, then add the new key"
            )
        return Refusal(
            f"{way.name}: its host key {self.offered} is not known. Compare it on the machine"
            " (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then add it:"
            f" ssh-keyscan -p {way.port} {way.address} >> {self._file}"
        )

    @property
    def _name(self) -> str:
        way = self._way
        return way.address if way.port == 22 else f"[{way.address}]:{way.port}"

    def _lines(self) -> list[str]:
        """Keys of this host; hashed names are matched by asyncssh."""
        try:
            host_keys, *_ = asyncssh.match_known_hosts(
                str(self._file), self._way.address, self._way.address, self._way.port
            )
        except (OSError, ValueError):
            return []
        exported = (key.export_public_key().decode() for key in host_keys)
        return [re.sub(r"\s+", " ", " ".join(text.split()[:2])) for text in exported]
