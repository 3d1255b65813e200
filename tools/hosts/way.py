"""How a host is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """How a host is reached."""

    name: str
    address: str
    port: int = 22
    user: str = "root"
    keys: tuple[str, ...] = ()
    """Private keys; without any, those that OpenSSH would try."""
    known_hosts: str = ""
