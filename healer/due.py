"""When which check is due on which host."""

from hashlib import blake2b
from math import floor


class Timetable:
    """Each check every so often, on each host at a moment of the host's own: what is due there is
    due together, and many hosts do not start at once."""

    def __init__(self, spread: float) -> None:
        """*spread*: seconds over which the hosts' moments lie."""
        self._spread = spread
        self._began: dict[str, float] = {}
        self._slots: dict[tuple[str, str], int] = {}

    def due(self, check: str, every: float, host: str, now: float) -> bool:
        """Whether it is; it is not again until its next period. A clock that jumps makes it due."""
        offset = self._spread * _share(host)
        began = self._began.setdefault(host, now)
        slot = floor((now - offset) / every)
        before = self._slots.get((check, host))
        if before is None and 0 <= now - began < offset:
            return False
        self._slots[check, host] = slot
        return before != slot

    def keep(self, hosts: set[str]) -> None:
        """Forget all other hosts."""
        self._began = {host: at for host, at in self._began.items() if host in hosts}
        self._slots = {key: slot for key, slot in self._slots.items() if key[1] in hosts}


def _share(host: str) -> float:
    """The same for a host in each process: 0 to 1."""
    return int.from_bytes(blake2b(host.encode(), digest_size=4).digest()) / 2**32
