"""Units of systemd that failed, and those that should run and do not."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from bot.resources import Host
from healer.check import Answer, Finding, Limits, Remedy, Unreadable, check
from healer.words import argument, shown

_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,StartLimitBurst,Restart"
)
_MOST = 40
"""Units looked at; where more have failed they have one cause."""
_HOPELESS = {
    "start-limit-hit": "it was started too often (start-limit-hit)",
    "oom-kill": "it ran out of memory (oom-kill)",
}
_SCRIPT = f"""
[ -d /run/systemd/system ] || {{ echo '--- none'; exit 0; }}
failed=$(systemctl list-units --failed --plain --no-legend --no-pager --full | cut -d' ' -f1 |
  head -n {_MOST})
set -- WANTED $failed
[ $# = 0 ] && {{ echo '--- well'; exit 0; }}
systemctl show --no-pager -p {_PROPERTIES} -- "$@"
echo '--- processes'
[ -r /proc/1/cgroup ] || exit 0
for unit; do
  echo "$(grep -lsF -- "/$unit" /proc/[0-9]*/cgroup | wc -l) $unit"
done
"""


class ServiceLimits(Limits):
    units: tuple[str, ...] = ()
    """Those that are to be active; failed ones are told of without being listed."""
    ignore: tuple[str, ...] = ()


def script(host: Host, limits: ServiceLimits) -> str:  # noqa: ARG001 - it is the same everywhere
    return _SCRIPT.replace("WANTED", " ".join(shlex.quote(unit) for unit in _listed(limits)))


@check(every=30, script=script, limits=ServiceLimits)
def services(answer: Answer, limits: ServiceLimits) -> Iterable[Finding]:
    """Units that failed, and listed ones that are not active.

    Confirmed by the kernel, which has no process in the unit's control group, whatever systemd
    says of the unit; by nothing where the account may not see the processes of others."""
    shown_units, found, counts = answer.output.partition("--- processes\n")
    if answer.output.strip() in ("--- none", "--- well"):
        return
    if not found:
        raise Unreadable(f"systemd cannot be asked: {shown(answer.output)}")
    processes = dict(_counts(counts))
    listed, seen = _listed(limits), set[str]()
    for unit in _units(shown_units):
        name = unit["Id"]
        if name in seen or name in limits.ignore:
            continue
        seen.add(name)
        yield _finding(unit, processes.get(name, 1), listed=name in listed)


def _finding(unit: Mapping[str, str], processes: int, *, listed: bool) -> Finding:
    name, state = unit["Id"], unit.get("ActiveState", "")
    bad = state == "failed" or (listed and state not in ("active", "reloading"))
    text = f"{shown(name)} is {_state(unit)}"
    if not bad:
        return Finding(name, ok=True, text=text, external=True)
    hopeless = _hopeless(unit)
    service = name.endswith(".service") and argument(name) and unit.get("LoadState") == "loaded"
    return Finding(
        name, ok=False, text=text,
        confirmed=processes == 0,
        hopeless=hopeless,
        remedy=Remedy("restart-service", {"service": name}) if service and not hopeless else None,
        external=True,
    )  # fmt: skip


def _state(unit: Mapping[str, str]) -> str:
    if unit.get("LoadState") == "not-found":
        return "not there"
    words = f"{unit.get('ActiveState', '?')} ({unit.get('SubState', '?')})"
    result, status = unit.get("Result", ""), unit.get("ExecMainStatus", "0")
    why = [result] if result not in ("", "success") else []
    if status not in ("", "0"):
        why.append(f"status {status}")
    return shown(f"{words}: {', '.join(why)}" if why else words)


def _hopeless(unit: Mapping[str, str]) -> str:
    if known := _HOPELESS.get(unit.get("Result", "")):
        return known
    restarts, most = unit.get("NRestarts", ""), unit.get("StartLimitBurst", "")
    # systemd keeps the first failure's result when it gives up, so the count has to say it.
    if restarts.isdigit() and most.isdigit() and 0 < int(most) <= int(restarts):
        return f"systemd restarted it {restarts} times already"
    return ""


def _units(text: str) -> Iterator[Mapping[str, str]]:
    for block in re.split(r"\n{2,}", text.strip()):
        pairs = (line.partition("=") for line in block.splitlines())
        unit = {name: value for name, _, value in pairs}
        if unit.get("Id"):
            yield unit


def _counts(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        count, _, unit = line.partition(" ")
        if count.isdigit():
            yield unit, int(count)


def _listed(limits: ServiceLimits) -> tuple[str, ...]:
    """``nginx`` is ``nginx.service``, as systemctl has it."""
    return tuple(unit if "." in unit else f"{unit}.service" for unit in limits.units)
