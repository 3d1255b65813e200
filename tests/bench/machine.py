"""What the machine says: memory, files, and how fast it is just now."""

import ctypes
import gc
import hashlib
import json
import socket
import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Thread

_STEPS = [
    {"role": "tool", "tool_name": "probe", "content": "ok " * 60, "n": n, "at": n / 7}
    for n in range(24)
]
_LAPS = 20
_HOPS = 20


class Yardstick:
    """A fixed piece of work, timed around each measurement: it slows down with the machine.

    Computing, and words with another thread through a socket: whatever the neighbours take from
    the thing measured they take from this too."""

    def __init__(self) -> None:
        self._walls: list[float] = []
        self._cpus: list[float] = []

    def take(self) -> None:
        here, there = socket.socketpair()
        with here, there:
            echo = Thread(target=_echo, args=(there,))
            echo.start()
            cpu, wall = time.process_time(), time.perf_counter()
            _compute()
            for _ in range(_HOPS):
                here.send(b"?")
                here.recv(1)
            self._walls.append((time.perf_counter() - wall) * 1e3)
            self._cpus.append((time.process_time() - cpu) * 1e3)
            here.shutdown(socket.SHUT_RDWR)
            echo.join()

    def figures(self) -> dict[str, float]:
        """Medians in milliseconds: ``yard_wall`` and ``yard_cpu``."""
        return {
            "yard_wall": statistics.median(self._walls),
            "yard_cpu": statistics.median(self._cpus),
        }


def _compute() -> None:
    for _ in range(_LAPS):
        text = json.dumps(_STEPS)
        for step in json.loads(text):
            hashlib.sha256(f"{step['tool_name']}:{step['n']}:{step['content']}".encode())


def _echo(there: socket.socket) -> None:
    while word := there.recv(1):
        there.send(word)


def resident(pid: int | str = "self", *, peak: bool = False) -> float:
    """Resident memory of a process in KiB; with *peak* the most since :func:`forget_peak`."""
    key = "VmHWM:" if peak else "VmRSS:"
    status = Path(f"/proc/{pid}/status").read_text()
    return next(float(line.split()[1]) for line in status.splitlines() if line.startswith(key))


def forget_peak() -> None:
    """Let the peak of this process begin at what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")


def settle() -> None:
    """Collect garbage and hand free heap back, so that what is left is what is held."""
    for _ in range(3):
        gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def database_bytes(path: Path) -> int:
    """Size of a database with its log folded in; 0 when there is none."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=30)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def quantile(values: Sequence[float], share: float) -> float:
    """The value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
