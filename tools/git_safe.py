"""Git that starts no program which a repository names. Pure.

A repository's own configuration can name programs that git starts for the plainest question: a
file-system monitor or clean filters for ``git status``, converters for ``git diff``, hooks and
smudge filters for ``git pull`` (git-config(1), gitattributes(5), githooks(5)). Whoever may write
into a repository must not get to run what they like by it, so

- what has one name is overridden by a fixed value or switched off by an option;
- what has a name of the repository's choosing (``filter.NAME.clean``) is read from the
  configuration first, which starts nothing, and overridden one by one;
- filters are switched off wherever they come from, as ``git-lfs`` takes programs from the
  repository's configuration again. A file that a filter stores differently then looks changed, and
  what would write such a file is refused (``tools/repository.py``);
- credential helpers of the account and of the system stay, those of the repository go;
- only the transports ``file``, ``http(s)`` and ``ssh`` are let through, none at all where nothing
  is fetched: a partial clone must not fetch while somebody looks at it.

What remains: somebody who edits the configuration between the reading and the running, at the
right millisecond, on that host. The overrides travel as ``GIT_CONFIG_*`` variables, where a name
may hold anything, as ``-c`` would split it at the first ``=``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.tool import ToolError, as_text
from tools.git_asking import text_of

OLDEST = (2, 36)
"""``GIT_CONFIG_COUNT`` came with 2.31, the check of who owns a repository with 2.35.2."""
_OURS = ("system", "global", "command")
"""Scopes that belong to the machine and the account, not to the repository."""
_FIXED: Mapping[str, str] = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.pager": "cat",
    "core.alternateRefsCommand": "true",
    "core.quotePath": "true",
    "diff.external": "",
    "diff.ignoreSubmodules": "dirty",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "log.showSignature": "false",
    "merge.verifySignatures": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gpg.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "gpg.ssh.defaultKeyCommand": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "rebase.autoStash": "false",
    "merge.autoStash": "false",
    "rebase.updateRefs": "false",
    "rerere.enabled": "false",
    "i18n.logOutputEncoding": "UTF-8",
}
_FAMILIES: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(r"filter\..*\.(clean|smudge|process)", re.DOTALL), ""),
    (re.compile(r"filter\..*\.required", re.DOTALL), "false"),
    (re.compile(r"diff\..*\.(command|textconv)", re.DOTALL), ""),
    # A driver that fails is a conflict, and a conflict is taken back.
    (re.compile(r"merge\..*\.driver", re.DOTALL), "false"),
    (re.compile(r"remote\..*\.uploadpack", re.DOTALL), "git-upload-pack"),
    (re.compile(r"branch\..*\.mergeoptions", re.DOTALL), ""),
    (re.compile(r"hook\..*\.command", re.DOTALL), "true"),
]
"""Keys with a name of somebody's choosing, and what they are set to."""
_REFUSED = re.compile(r"remote\..*\.vcs", re.DOTALL)
_HELPER = re.compile(r"credential(\..*)?\.helper", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting, as ``git config --list --show-scope`` tells it. A name's outer parts are in
    lower case."""

    scope: str
    name: str
    value: str


def entries(listed: bytes) -> list[Entry]:
    """What ``git config --list -z --show-scope`` printed: scope NUL name LF value NUL …"""
    fields = text_of(listed).split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    # A name alone is true: git-config(1).
    return [
        Entry(scope, name, value if found else "true")
        for scope, (name, found, value) in ((s, pair.partition("\n")) for s, pair in pairs)
    ]


def overrides(config: Sequence[Entry]) -> list[tuple[str, str]]:
    """What is put above this configuration. Raises ToolError where nothing can make it safe."""
    found = [*_FIXED.items()]
    for name in dict.fromkeys(entry.name for entry in config):
        value = next((value for family, value in _FAMILIES if family.fullmatch(name)), None)
        if _REFUSED.fullmatch(name):
            raise ToolError(f"the repository's setting {name!r} starts a program: it is not used")
        if value is None:
            continue
        if name != as_text(name):
            raise ToolError(f"the repository's setting {name!r} has a name that is no text")
        found.append((name, value))
    return [*found, *_helpers(config)]


def _helpers(config: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Forgets all credential helpers (an empty one does: gitcredentials(7)), then names ours."""
    yield "credential.helper", ""
    for entry in config:
        if entry.scope in _OURS and _HELPER.fullmatch(entry.name):
            yield entry.name, entry.value


def environment(config: Sequence[Entry], *, transports: str) -> dict[str, str]:
    """Git's variables for a repository with this configuration. *transports*: those that may be
    used, with a colon between, or ``none``. Raises ToolError."""
    pairs = overrides(config)
    counted = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (name, value) in enumerate(pairs):
        counted[f"GIT_CONFIG_KEY_{number}"] = name
        counted[f"GIT_CONFIG_VALUE_{number}"] = value
    return {**bare_environment(), **counted, "GIT_ALLOW_PROTOCOL": transports, **_ssh(config)}


def bare_environment() -> dict[str, str]:
    """Git's variables for questions that do not look into a repository's files."""
    return {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "true",
        "GIT_SEQUENCE_EDITOR": "true",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }


def _ssh(config: Sequence[Entry]) -> dict[str, str]:
    """How ssh is started: as the account says, never as the repository does, and without asking."""
    own = [e.value for e in config if e.name == "core.sshcommand" and e.scope in _OURS]
    plain = "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ForwardAgent=no"
    return {"GIT_SSH_COMMAND": own[-1] if own else plain}


def filters(config: Sequence[Entry]) -> set[str]:
    """Names of the filters that would change what is written into files."""
    written = re.compile(r"filter\.(.*)\.(?:smudge|process)", re.DOTALL)
    return {found[1] for entry in config if (found := written.fullmatch(entry.name))}
