"""What git prints for programs, as values. Pure; formats from git-status(1) and git-log(1)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

UNIT, RECORD = "\x1f", "\x1e"
LOG_FORMAT = "%H%x1f%an%x1f%aI%x1f%s%x1e"
REF_FORMAT = (
    "%(HEAD)%1f%(refname:short)%1f%(objectname)%1f%(committerdate:iso-strict)%1f"
    "%(upstream:short)%1f%(contents:subject)%1e"
)
_STATES = {
    "M": "modified", "T": "type changed", "A": "added", "D": "deleted", "R": "renamed",
    "C": "copied", "U": "in conflict",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    path: str
    how: str
    staged: bool


@dataclass(slots=True)
class Status:
    commit: str = ""
    """Empty before the first one."""
    branch: str = ""
    """Empty when HEAD is detached."""
    upstream: str = ""
    ahead: int = 0
    behind: int = 0
    changed: list[Changed] = field(default_factory=list[Changed])
    untracked: list[str] = field(default_factory=list[str])
    conflicts: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        """Untracked files do not count: nothing that git does here touches them."""
        return not self.changed and not self.conflicts


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    author: str
    when: str
    """ISO 8601, with the author's offset."""
    subject: str


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    commit: str
    when: str
    upstream: str
    subject: str
    current: bool = False


def parse_status(output: str) -> Status:
    """``git status --porcelain=v2 --branch -z``"""
    found = Status()
    fields = iter(output.split("\0"))
    for line in fields:
        kind, _, rest = line.partition(" ")
        match kind:
            case "#":
                _header(found, rest)
            case "1":
                _changed(found, rest.split(" ", 7)[0], rest.split(" ", 7)[7])
            case "2":
                words = rest.split(" ", 8)
                _changed(found, words[0], f"{next(fields)} → {words[8]}")
            case "u":
                found.conflicts.append(rest.split(" ", 9)[9])
            case "?":
                found.untracked.append(rest)
            case _:
                pass
    return found


def _header(found: Status, text: str) -> None:
    name, _, value = text.partition(" ")
    match name:
        case "branch.oid":
            found.commit = "" if value == "(initial)" else value
        case "branch.head":
            found.branch = "" if value == "(detached)" else value
        case "branch.upstream":
            found.upstream = value
        case "branch.ab":
            ahead, behind = value.split()
            found.ahead, found.behind = int(ahead), -int(behind)
        case _:
            pass


def _changed(found: Status, states: str, path: str) -> None:
    for state, staged in zip(states, (True, False), strict=True):
        if state != ".":
            found.changed.append(Changed(path, _STATES.get(state, state), staged))


def parse_log(output: str) -> list[Commit]:
    """LOG_FORMAT"""
    return [Commit(*fields) for fields in _records(output, 4)]


def parse_branches(output: str) -> list[Branch]:
    """REF_FORMAT"""
    return [
        Branch(name, commit, when, upstream, subject, current == "*")
        for current, name, commit, when, upstream, subject in _records(output, 6)
    ]


def _records(output: str, fields: int) -> Iterator[list[str]]:
    for record in output.split(RECORD):
        words = record.lstrip("\n").split(UNIT)
        if len(words) == fields:
            yield words
