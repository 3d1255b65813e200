"""Room on a host's own file systems, in bytes and in inodes, and when it will be gone."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import Field

from bot.resources import Host
from healer.check import Answer, Finding, Limits, Remedy, Unreadable, check
from healer.words import argument, growth, shown, span, until

_SOON = 3600.0
"""Seconds to the end that make a finding critical."""
# Mounts that are a file system of the host's own: on a device that stays, written to, no image of a
# program. Files that are mounted, and what containers see of the same device, are left out.
_SCRIPT = r"""
set --
while read -r device mount kind options _; do
  printf -v mount %b "$mount"
  case WANTED in *" $mount "*) set -- "$@" "$mount"; continue;; esac
  case $kind in squashfs|iso9660|udf|erofs|cramfs) continue;; esac
  case $kind in nfs*|cifs|smb*|ceph|9p|fuse|fuse.*) continue;; esac
  case $device:$kind:$mount in /*|*:zfs:*|*:overlay:/) ;; *) continue;; esac
  case ,$options, in *,ro,*) continue;; esac
  case $mount in /media/*|/run/media/*) continue;; esac
  name=$(readlink -f "$device"); name=${name##*/}
  part=/sys/class/block/$name; [ -e "$part/partition" ] && part=$part/..
  [ "$(cat "$(readlink -f "$part")/removable" 2>/dev/null)" = 1 ] && continue
  [ -d "$mount" ] && set -- "$@" "$mount"
done </proc/mounts 2>/dev/null
[ $# = 0 ] && exit 0
df -PkT -- "$@"; echo "--- inodes"; df -Pi -- "$@"
echo "--- again"; stat -f -c '%b %f %a %c %d %n' -- "$@"
"""
_ROW = re.compile(r"(\S.*?)\s+(\S+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+\S+\s+(/.*)")
_INODES = re.compile(r"\S.*?\s+(\d+)\s+(\d+)\s+(-?\d+)\s+\S+\s+(/.*)")
_AGAIN = re.compile(r"(\d+) (\d+) (\d+) (\d+) (\d+) (/.*)")


class DiskLimits(Limits):
    percent: float = Field(default=90.0, gt=0, le=100)
    """Of the room that an ordinary user has."""
    inodes: float = Field(default=90.0, gt=0, le=100)
    mounts: tuple[str, ...] = ()
    """Also these, whatever they are: a tmpfs, a network file system."""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Room:
    """Percent in use, by two programs."""

    mount: str
    space: float
    inodes: float
    space_again: float
    inodes_again: float


def script(host: Host, limits: DiskLimits) -> str:  # noqa: ARG001 - it is the same everywhere
    wanted = shlex.quote(f" {' '.join(limits.mounts)} ")
    return _SCRIPT.replace("WANTED", wanted)


@check(every=60, script=script, limits=DiskLimits)
def disk(answer: Answer, limits: DiskLimits) -> Iterable[Finding]:
    """File systems that are nearly full.

    Confirmed by the second of two programs, ``df`` and then ``stat -f``, which count apart."""
    for room in _rooms(answer.output):
        if room.mount in limits.ignore:
            continue
        yield _space(answer, limits, room)
        if room.inodes:
            yield _inodes(answer, limits, room)


def _space(answer: Answer, limits: DiskLimits, room: _Room) -> Finding:
    target, rate = room.mount, growth(answer.history(room.mount), answer.at, room.space)
    left = until(100.0, room.space, rate)
    text = f"{shown(target)} is {room.space:.0f} % full"
    if left is not None:
        text += f", grows by {_rate(rate)}, full in about {span(left)}"
    bad = room.space > limits.percent
    urgent = room.space >= 95 or (left is not None and left < _SOON)
    return Finding(
        target, not bad, text, round(room.space, 2), limits.percent, "%",
        severity="critical" if urgent else "warning",
        confirmed=bad and room.space_again > limits.percent,
        remedy=Remedy("free-disk-space", {"path": target}) if bad and argument(target) else None,
    )  # fmt: skip


def _inodes(answer: Answer, limits: DiskLimits, room: _Room) -> Finding:
    target = f"{room.mount} inodes"
    rate = growth(answer.history(target), answer.at, room.inodes)
    left = until(100.0, room.inodes, rate)
    text = f"{shown(room.mount)} has {room.inodes:.0f} % of its inodes in use"
    if left is not None:
        text += f", none left in about {span(left)}"
    bad = room.inodes > limits.inodes
    return Finding(
        target, not bad, text, round(room.inodes, 2), limits.inodes, "%",
        severity="critical" if room.inodes >= 95 else "warning",
        confirmed=bad and room.inodes_again > limits.inodes,
    )  # fmt: skip


def _rate(rate: float) -> str:
    """*rate*: percent in a second."""
    hour = rate * 3600
    return f"{hour:.1f} % an hour" if hour >= 0.1 else f"{hour * 24:.1f} % a day"


def _rooms(output: str) -> Iterator[_Room]:
    """Each device once: as its shortest mount."""
    if not output.strip():
        return
    table, inodes, again = _parts(output)
    counted = {row[4]: row for line in inodes if (row := _INODES.fullmatch(line))}
    second = {row[6]: row for line in again if (row := _AGAIN.fullmatch(line))}
    rows = [row for line in table if (row := _ROW.fullmatch(line))]
    if not rows:
        raise Unreadable(f"df cannot be read: {shown(output)}")
    seen: set[tuple[str, ...]] = set()
    for row in sorted(rows, key=lambda row: (len(row[6]), row[6])):
        device, kind, size, used, free, mount = row.groups()
        if (device, kind, size) in seen or mount not in second:
            continue
        if device.startswith("/"):
            seen.add((device, kind, size))
        count = counted.get(mount)
        blocks, unused, room, files, nodes, _ = second[mount].groups()
        yield _Room(
            mount,
            _share(int(used), int(free)),
            _share(int(count[2]), int(count[3])) if count else 0.0,
            _share(int(blocks) - int(unused), int(room)),
            _share(int(files) - int(nodes), int(nodes)),
        )


def _parts(output: str) -> tuple[list[str], list[str], list[str]]:
    table, found, rest = output.partition("--- inodes\n")
    inodes, again, second = rest.partition("--- again\n")
    if not found or not again:
        raise Unreadable(f"df cannot be read: {shown(output)}")
    return table.splitlines(), inodes.splitlines(), second.splitlines()


def _share(used: int, free: int) -> float:
    whole = used + max(0, free)
    return 100.0 * used / whole if whole > 0 else 0.0
