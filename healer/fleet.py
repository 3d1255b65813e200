"""One cause behind many troubles: then nothing is repaired, and one person is told once. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from healer.rules import Rules
from healer.signals import Signal


@dataclass(frozen=True, slots=True)
class CommonCause:
    """What many signals have in common."""

    check: str
    where: str
    """``host web1``, ``group web`` or ``all hosts``."""
    members: tuple[str, ...]
    """Fingerprints of the signals that are bad."""
    text: str

    @property
    def target(self) -> str:
        return f"{self.check} on {self.where}"


def common_causes(
    signals: Iterable[Signal],
    groups: Mapping[str, Sequence[str]],
    time: float,
    rules: Rules,
) -> list[CommonCause]:
    """*groups*: name → its hosts; the whole inventory is a group as well, named ``""``.

    The widest cause of a check comes first; a signal is a member of one cause only."""
    bad: dict[str, list[Signal]] = {}
    for each in signals:
        if each.host and each.phase != "ok" and each.bad_since > time - rules.common_within:
            bad.setdefault(each.check, []).append(each)
    found: list[CommonCause] = []
    for check, members in sorted(bad.items()):
        found += _of(check, members, groups, rules)
    return found


def _of(
    check: str, bad: Sequence[Signal], groups: Mapping[str, Sequence[str]], rules: Rules
) -> list[CommonCause]:
    found: list[CommonCause] = []
    left = list(bad)
    for name, hosts in sorted(groups.items(), key=lambda item: -len(item[1])):
        members = [each for each in left if each.host in hosts]
        affected = {each.host for each in members}
        if len(hosts) > 1 and _too_many(len(affected), len(hosts), rules):
            where = f"group {name}" if name else "all hosts"
            text = f"{check} is bad on {len(affected)} of {len(hosts)} hosts"
            found.append(CommonCause(check, where, _keys(members), text))
            left = [each for each in left if each not in members]
    for host in sorted({each.host for each in left}):
        members = [each for each in left if each.host == host]
        if len(members) >= rules.common_cause:
            text = f"{check} is bad for {len(members)} targets on {host}"
            found.append(CommonCause(check, f"host {host}", _keys(members), text))
    return found


def _too_many(affected: int, hosts: int, rules: Rules) -> bool:
    if hosts <= 3:
        return affected > 1
    return affected >= rules.common_cause or affected > rules.common_part * hosts


def _keys(signals: Iterable[Signal]) -> tuple[str, ...]:
    return tuple(sorted(each.key for each in signals))
