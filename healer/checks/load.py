"""More work than processors, and whose work it is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from bot.resources import Host
from healer.check import Answer, Finding, Limits, Unreadable, check
from healer.words import shown

_SAMPLE = 0.5
"""Seconds over which the processes' use is measured."""
_WORST = 5
_PRESSED = 20.0
"""Percent of time some process waited, by the kernel's pressure figures, that agree with a load."""
# Processes are looked at only when there is something to explain: what each used in between, in
# hundredths of a second, and the seconds; id, state and name. proc(5) has the fields.
_SCRIPT = r"""
cat /proc/loadavg; grep -c '^cpu[0-9]' /proc/stat; grep procs_running /proc/stat
grep -s some /proc/pressure/cpu /proc/pressure/io
read -r one _ </proc/loadavg
[ "${one%.*}" -ge ENOUGH ] || exit 0
look() {
  cat /proc/uptime
  sed -nE 's/^([0-9]+) \((.*)\) (.) ([^ ]+ ){10}([0-9]+) ([0-9]+) .*/\1 \5 \6 \3 \2/p' \
    /proc/[0-9]*/stat
} 2>/dev/null
echo '--- processes'
{ look; sleep SAMPLE; look; } | awk '
  NF == 2 { looks++; seconds = $1 - began; began = $1; next }
  looks == 1 { used[$1] = $2 + $3; next }
  $1 in used && ($2 + $3 > used[$1] || $4 == "D") { print $2 + $3 - used[$1], seconds, $0 }
' | sort -rn | head -n WORST
"""
_PROCESS = re.compile(r"(\d+) ([\d.]+) (\d+) \d+ \d+ (\S) (.*)")
_PRESSURE = re.compile(r"/proc/pressure/(cpu|io):some avg10=([\d.]+)")


class LoadLimits(Limits):
    one_minute: float = Field(default=4.0, gt=0)
    """Of all processors together …"""
    per_core: float = Field(default=1.5, gt=0)
    """… and of each: a load is high when it is above both."""


@dataclass(frozen=True, slots=True)
class _Load:
    one: float
    cores: int
    running: int
    pressure: Mapping[str, float]


def script(host: Host, limits: LoadLimits) -> str:  # noqa: ARG001 - it is the same everywhere
    text = _SCRIPT.replace("ENOUGH", str(int(limits.one_minute)))
    return text.replace("SAMPLE", str(_SAMPLE)).replace("WORST", str(_WORST))


@check(every=30, script=script, limits=LoadLimits)
def load(answer: Answer, limits: LoadLimits) -> Iterable[Finding]:
    """Load of the last minute, with the processes behind it.

    Confirmed by how long processes wait for a processor or a disk (the kernel's pressure figures),
    where it keeps none by how many are ready to run at this moment."""
    head, _, processes = answer.output.partition("--- processes\n")
    found = _read(head)
    limit = max(limits.one_minute, limits.per_core * found.cores)
    bad = found.one > limit
    worst = list(_worst(processes)) if bad else []
    text = f"load {found.one:.1f} on {found.cores} processors"
    if worst:
        text += f", most of it {worst[0]}"
    yield Finding(
        "", not bad, text, found.one, round(limit, 2),
        severity="critical" if found.one > 2 * limit else "warning",
        confirmed=bad and _agrees(found),
        details="\n".join(worst),
        external=bool(worst),
    )  # fmt: skip


def _read(head: str) -> _Load:
    lines = head.splitlines()
    try:
        one, cores, running = float(lines[0].split()[0]), int(lines[1]), int(lines[2].split()[1])
    except (IndexError, ValueError):
        raise Unreadable(f"the load cannot be read: {shown(head)}") from None
    pressure = {kind: float(share) for kind, share in _PRESSURE.findall(head)}
    return _Load(one, max(1, cores), running, pressure)


def _agrees(found: _Load) -> bool:
    if found.pressure:
        return max(found.pressure.values()) >= _PRESSED
    return found.running > found.cores


def _worst(processes: str) -> Iterator[str]:
    """What used most of the processors, or waits for a disk."""
    for line in processes.splitlines():
        if found := _PROCESS.fullmatch(line):
            used, seconds, pid, state, name = found.groups()
            share = int(used) / max(0.01, float(seconds))
            waits = ", waits for a disk" if state == "D" else ""
            yield f"{shown(name, 40)} (process {pid}): {share:.0f} % of a processor{waits}"
