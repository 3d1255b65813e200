"""Addresses: which are this machine, and which give the cloud's credentials away."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

_HOST = re.compile(r"(?:\w+://)?(?:[^@/\s]*@)?(\[[0-9A-Fa-f:.%]+\]|[^:/?#\s,]+)")
_METADATA_IPS = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254")
)
_METADATA_NAMES = re.compile(
    r"metadata|metadata\.(google|azure)\.\S*|instance-data(\.\S+)?", re.IGNORECASE
)
_FOREIGN = re.compile(r"(https?|ftps?|git|ssh|tcp|rsync|smb)://", re.IGNORECASE)


def host_of(address: str) -> str:
    found = _HOST.match(address)
    return found[1].strip("[]") if found else ""


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    """As programs read it: also in hexadecimal, octal, and with fewer dots."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host)) if re.match(r"[0-9]", host) else None
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def is_local(address: str) -> bool:
    """Whether an address or URL leads to the machine itself."""
    host = host_of(address)
    if host.lower() == "localhost":
        return True
    found = _ip(host)
    return found is not None and (found.is_loopback or found.is_unspecified)


def is_foreign(text: str) -> bool:
    """Whether a word is a URL that leads elsewhere."""
    return bool(_FOREIGN.match(text)) and not is_local(text)


def gives_credentials(text: str) -> bool:
    """Whether a word names a metadata service of a cloud, anywhere in it."""
    hosts = [host_of(part) for part in re.split(r"[,=\s]", text)]
    hosts += re.findall(r"\d+(?:\.\d+){3}", text)
    return any(
        _ip(host) in _METADATA_IPS or _METADATA_NAMES.fullmatch(host) for host in hosts if host
    )
