"""Readings of the machine the bot runs on, by psutil."""

import os
import platform
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

import psutil

from bot.blocking import run_blocking
from bot.resources import Filesystem, Process, SystemFacts

SAMPLE = 0.2
"""Seconds over which processor use is measured."""
# Measuring one of these waits for a machine elsewhere, for ever when it is gone.
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "afs", "fuse.sshfs"}
# They have a size, but hold the kernel's or a program's own things.
PSEUDO = {"devtmpfs", "squashfs", "efivarfs", "ramfs", "nsfs", "overlayfs", "fuse.lxcfs"}


class LocalFacts:
    """Implements ``bot.resources.Facts``."""

    async def system(self) -> SystemFacts:
        return await run_blocking("psutil", _system)

    async def filesystems(self) -> Sequence[Filesystem]:
        return await run_blocking("psutil", _filesystems)

    async def processes(self) -> Sequence[Process]:
        return await run_blocking("psutil", _processes)


def _system() -> SystemFacts:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return SystemFacts(
        hostname=socket.gethostname(),
        os=_os(),
        kernel=platform.release(),
        architecture=platform.machine(),
        uptime=time.time() - psutil.boot_time(),
        cpus=psutil.cpu_count() or 1,
        cpu_percent=psutil.cpu_percent(interval=SAMPLE),
        load=os.getloadavg(),
        memory=(memory.total - memory.available, memory.total),
        swap=(swap.used, swap.total),
        temperatures=tuple(
            (reading.label or sensor, reading.current)
            for sensor, readings in psutil.sensors_temperatures().items()
            for reading in readings
        ),
    )


def _os() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.system()


def _filesystems() -> list[Filesystem]:
    """One for each device, at its shortest mount point: bind mounts show the same one again."""
    found: dict[str, Filesystem] = {}
    for part in sorted(psutil.disk_partitions(all=True), key=lambda part: len(part.mountpoint)):
        if part.fstype in PSEUDO:
            continue
        if part.fstype in NETWORK:
            found[part.mountpoint] = Filesystem(part.mountpoint, part.device, part.fstype, 0)
            continue
        with suppress(OSError):
            measured = _measured(part.mountpoint, part.device, part.fstype)
            is_device = part.device.startswith("/")
            if measured.size:
                found.setdefault(part.device if is_device else part.mountpoint, measured)
    return sorted(found.values(), key=lambda each: each.mount)


def _measured(mount: str, device: str, kind: str) -> Filesystem:
    stat = os.statvfs(mount)
    return Filesystem(
        mount=mount,
        device=device,
        kind=kind,
        size=stat.f_blocks * stat.f_frsize,
        used=(stat.f_blocks - stat.f_bfree) * stat.f_frsize,
        free=stat.f_bavail * stat.f_frsize,
        inodes=stat.f_files,
        inodes_used=stat.f_files - stat.f_ffree,
    )


def _processes() -> list[Process]:
    """Processor use is measured between two looks, so what began or ended between is left out."""
    before = {process.pid: _seconds(process) for process in psutil.process_iter()}
    began = time.monotonic()
    time.sleep(SAMPLE)
    found: list[Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error), process.oneshot():
            used = _seconds(process) - before.get(process.pid, 0.0)
            elapsed = time.monotonic() - began
            found.append(
                Process(
                    pid=process.pid,
                    name=process.name(),
                    user=process.username(),
                    state=process.status(),
                    cpu=max(0.0, 100 * used / elapsed) if process.pid in before else 0.0,
                    memory=process.memory_info().rss,
                    started=process.create_time(),
                )
            )
    return found


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0
