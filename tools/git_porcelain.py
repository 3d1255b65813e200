"""What git prints for programs, read. Pure; names are as ``os.fsdecode`` has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tools.git_asking import text_of

LOG = "--format=%H%x00%an%x00%aI%x00%D%x00%s"
BRANCHES = "--format=%(refname)%00%(objectname)%00%(upstream)%00%(symref)"
"""For ``git for-each-ref``, which has no ``-z`` before 2.40; names of references hold no spaces or
line feeds (git-check-ref-format(1))."""


@dataclass(frozen=True, slots=True)
class Changed:
    state: str
    """Two letters, of the index and of the working tree: git-status(1). ``??`` is untracked."""
    path: str
    origin: str = ""
    """Where it was renamed or copied from."""


@dataclass(frozen=True, slots=True)
class Status:
    commit: str = ""
    """Empty before the first commit."""
    branch: str = ""
    """Empty when HEAD is detached."""
    upstream: str = ""
    ahead: int = 0
    behind: int = 0
    stashed: int = 0
    files: Sequence[Changed] = field(default_factory=tuple[Changed, ...])

    @property
    def dirty(self) -> list[Changed]:
        """Changes to tracked files."""
        return [each for each in self.files if each.state != "??"]


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    author: str
    date: str
    """ISO 8601, with the author's own time zone."""
    names: str
    """Branches and tags that point to it."""
    subject: str


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    """Short; a remote's branch begins with the remote's name."""
    commit: str
    upstream: str = ""
    current: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class FileDiff:
    path: str
    added: int | None
    """None for a binary file."""
    removed: int | None
    origin: str = ""


def read_status(out: bytes) -> Status:
    """``git status --porcelain=v2 --branch --show-stash -z``."""
    words: dict[str, str] = {}
    files: list[Changed] = []
    fields = iter(_fields(out))
    for line in fields:
        kind, _, rest = line.partition(" ")
        match kind:
            case "#":
                name, _, value = rest.partition(" ")
                words[name] = value
            case "1":
                files.append(Changed(rest[:2], rest.split(" ", 7)[7]))
            case "2":
                files.append(Changed(rest[:2], rest.split(" ", 8)[8], next(fields, "")))
            case "u":
                files.append(Changed(rest[:2], rest.split(" ", 9)[9]))
            case "?":
                files.append(Changed("??", rest))
            case _:
                continue
    return _status(words, files)


def _status(words: dict[str, str], files: list[Changed]) -> Status:
    commit, branch = words.get("branch.oid", ""), words.get("branch.head", "")
    ahead, _, behind = words.get("branch.ab", "+0 -0").partition(" ")
    return Status(
        commit="" if commit == "(initial)" else commit,
        branch="" if branch == "(detached)" else branch,
        upstream=words.get("branch.upstream", ""),
        ahead=abs(int(ahead)),
        behind=abs(int(behind)),
        stashed=int(words.get("stash", "0")),
        files=tuple(files),
    )


def read_log(out: bytes) -> list[Commit]:
    """``git log -z`` with the format LOG."""
    fields = _fields(out)
    return [Commit(*fields[at : at + 5]) for at in range(0, len(fields) - 4, 5)]


def read_branches(out: bytes, current: str) -> list[Branch]:
    """``git for-each-ref`` with the format BRANCHES; *current*: full name of HEAD's, or empty."""
    rows = (line.split("\0") for line in text_of(out).splitlines())
    return sorted_branches(
        Branch(short(name), commit, short(upstream), name == current, _is_remote(name))
        for name, commit, upstream, symbolic in rows
        if not symbolic
    )


def sorted_branches(branches: Iterable[Branch]) -> list[Branch]:
    """The repository's own first, by name."""
    return sorted(branches, key=lambda each: (each.remote, each.name))


def short(name: str) -> str:
    return name.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _is_remote(name: str) -> bool:
    return name.startswith("refs/remotes/")


def read_numbers(out: bytes) -> list[FileDiff]:
    """``git diff --numstat -z``."""
    found: list[FileDiff] = []
    fields = iter(_fields(out))
    for line in fields:
        added, removed, path = line.split("\t", 2)
        # A file that was renamed has its two names in fields of their own.
        origin, path = ("", path) if path else (next(fields, ""), next(fields, ""))
        binary = added == "-"
        numbers = (None, None) if binary else (int(added), int(removed))
        found.append(FileDiff(path, *numbers, origin))
    return found


def read_names(out: bytes) -> list[str]:
    """What ``-z --name-only`` prints."""
    return _fields(out)


def read_attributes(out: bytes) -> list[tuple[str, str]]:
    """``git check-attr -z NAME``: path and value."""
    fields = _fields(out)
    return list(zip(fields[::3], fields[2::3], strict=False))


def _fields(out: bytes) -> list[str]:
    """What a NUL ends; what was cut off is left out."""
    return text_of(out).split("\0")[:-1]
