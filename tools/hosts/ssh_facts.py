"""Readings of a machine over SSH: one script each, in the words of Linux's own files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from bot.resources import CommandResult, Filesystem, Process, SystemFacts
from bot.tool import ToolError
from tools.hosts.local_facts import NETWORK, PSEUDO, SAMPLE

_CUT = "--- cut ---"
_SYSTEM = f"""
uname -n; uname -r; uname -m; . /etc/os-release 2>/dev/null; echo "${{PRETTY_NAME:-Linux}}"
cat /proc/uptime /proc/loadavg; echo "{_CUT}"; cat /proc/meminfo; echo "{_CUT}"
grep '^cpu' /proc/stat; sleep {SAMPLE}; echo "{_CUT}"; head -n 1 /proc/stat; echo "{_CUT}"
for t in /sys/class/hwmon/hwmon*/temp*_input; do
  [ -e "$t" ] && n=$(cat "${{t%_input}}_label" "${{t%/*}}/name" 2>/dev/null | head -n 1) &&
    echo "$n=$(cat "$t")"
done 2>/dev/null; true
"""
_FILESYSTEMS = f"""
timeout 8 df -B1 {" ".join(f"-x {kind}" for kind in sorted(NETWORK))} \
  --output=source,fstype,size,used,avail,itotal,iused,target 2>/dev/null
echo "{_CUT}"; cat /proc/mounts
"""
_PROCESSES = f"""
getconf CLK_TCK; getconf PAGESIZE; grep btime /proc/stat; cat /proc/uptime; cat /proc/[0-9]*/stat
sleep {SAMPLE}; echo "{_CUT}"; cat /proc/uptime; cat /proc/[0-9]*/stat
echo "{_CUT}"; stat -c '%n %U' /proc/[0-9]*
"""
_STATES = {
    "R": "running", "S": "sleeping", "D": "disk-sleep", "Z": "zombie", "T": "stopped",
    "t": "tracing-stop", "I": "idle", "X": "dead",
}  # fmt: skip
_STAT = re.compile(r"^(\d+) \((.*)\) (\S) (.*)$", re.MULTILINE | re.DOTALL)
KEEP = 8 * 1024 * 1024
"""Bytes of a reading: machines have thousands of processes."""


class Runs(Protocol):
    """A host, as far as readings need it."""

    @property
    def name(self) -> str: ...
    async def run(
        self,
        command: str,
        *,
        timeout: float = ...,  # noqa: ASYNC109 - the port's
        keep: int = ...,
    ) -> CommandResult: ...


class SshFacts:
    """Implements ``bot.resources.Facts``."""

    def __init__(self, host: Runs) -> None:
        self._host = host

    async def system(self) -> SystemFacts:
        return parse_system(await self._read(_SYSTEM, 4))

    async def filesystems(self) -> Sequence[Filesystem]:
        return parse_filesystems(await self._read(_FILESYSTEMS, 1))

    async def processes(self) -> Sequence[Process]:
        return parse_processes(await self._read(_PROCESSES, 2))

    async def _read(self, script: str, cuts: int) -> list[str]:
        result = await self._host.run(f"{script} 2>/dev/null", timeout=15, keep=KEEP)
        parts = result.output.split(f"{_CUT}\n")
        if len(parts) != cuts + 1:
            raise ToolError(f"{self._host.name} cannot be read: {result.output.strip()[-200:]}")
        return parts


def parse_system(parts: Sequence[str]) -> SystemFacts:
    names, memory_text, cpus, after, heat = parts
    host, kernel, machine, system, uptime, load = names.splitlines()[:6]
    memory = _memory(memory_text)
    first, second = cpus.splitlines()[0], after.splitlines()[0]
    one, five, fifteen = map(float, load.split()[:3])
    return SystemFacts(
        hostname=host,
        os=system,
        kernel=kernel,
        architecture=machine,
        uptime=float(uptime.split()[0]),
        cpus=max(1, len(cpus.splitlines()) - 1),
        cpu_percent=_busy(first, second),
        load=(one, five, fifteen),
        memory=(memory["MemTotal"] - memory["MemAvailable"], memory["MemTotal"]),
        swap=(memory["SwapTotal"] - memory["SwapFree"], memory["SwapTotal"]),
        temperatures=tuple(_heat(heat)),
    )


def _memory(text: str) -> Mapping[str, int]:
    """/proc/meminfo in bytes."""
    return {name: int(size) * 1024 for name, size in re.findall(r"(?m)^(\w+): +(\d+) kB", text)}


def _busy(before: str, after: str) -> float:
    """Percent, from the ``cpu`` line of /proc/stat: user nice system idle iowait irq …"""
    first, second = ([int(word) for word in line.split()[1:9]] for line in (before, after))
    spent = [b - a for a, b in zip(first, second, strict=True)]
    whole = sum(spent)
    return 100.0 * (whole - spent[3] - spent[4]) / whole if whole > 0 else 0.0


def _heat(text: str) -> Iterator[tuple[str, float]]:
    for name, value in re.findall(r"(?m)^(.*)=(-?\d+)$", text):
        yield name, int(value) / 1000


def parse_filesystems(parts: Sequence[str]) -> list[Filesystem]:
    table, mounts = parts
    found = [each for line in table.splitlines()[1:] if (each := _measured(line))]
    for line in mounts.splitlines():
        device, mount, kind = line.split()[:3]
        if kind in NETWORK:
            found.append(Filesystem(_unescaped(mount), _unescaped(device), kind, 0))
    return sorted(found, key=lambda each: each.mount)


def _measured(line: str) -> Filesystem | None:
    device, kind, size, used, free, inodes, inodes_used, mount = line.split(None, 7)
    if kind in PSEUDO or not size.isdigit() or not int(size):
        return None
    numbers = (
        int(word) if word.isdigit() else 0 for word in (size, used, free, inodes, inodes_used)
    )
    return Filesystem(mount, device, kind, *numbers)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), text)


def parse_processes(parts: Sequence[str]) -> list[Process]:
    """Processor use is measured between two looks, so what began or ended between is left out."""
    head, again, owners = parts
    ticks, page, boot, began, *_ = head.splitlines()
    elapsed = float(again.split()[0]) - float(began.split()[0])
    before = {pid: _ticks(fields) for pid, _, _, fields in _stats(head)}
    users = dict(re.findall(r"(?m)^/proc/(\d+) (\S+)$", owners))
    made: list[Process] = []
    for pid, name, state, fields in _stats(again):
        used = (_ticks(fields) - before.get(pid, _ticks(fields))) / int(ticks)
        made.append(
            Process(
                pid=int(pid),
                name=name,
                user=users.get(pid, "?"),
                state=_STATES.get(state, state),
                cpu=max(0.0, 100 * used / elapsed) if elapsed > 0 else 0.0,
                memory=int(fields[20]) * int(page),
                started=int(boot.split()[1]) + int(fields[18]) / int(ticks),
            )
        )
    return [process for process in made if str(process.pid) in users]


def _stats(text: str) -> Iterator[tuple[str, str, str, Sequence[str]]]:
    """Process id, name, state, and proc(5)'s fields from the fourth one on."""
    for line in text.splitlines():
        if found := _STAT.match(line):
            yield found[1], found[2], found[3], found[4].split()


def _ticks(fields: Sequence[str]) -> int:
    return int(fields[10]) + int(fields[11])
