"""What ``docker compose config`` prints: YAML, one key or item a line. Pure."""

import re
from collections.abc import Iterator

from tools.security.programs.containers import OWNED

HIDDEN = "‹not shown›"
_PRIVATE = re.compile(r"^( *)(- )?(environment|args):(.*)$")
"""Values that are handed to containers and to builds often are secrets."""
_KEY = re.compile(r"^( *)(- )?([\w.-]+)[:=]")
_BIND = re.compile(r"^ *(?:- [\"']?(/[^:\"']*):|(?:- )?source: [\"']?(/[^\"']*))")
"""``- /etc:/etc:ro`` as version 1 prints it, ``source: /etc`` as version 2 does."""
_MIGHTY = (
    (re.compile(r"^ +privileged: true$"), "a privileged container"),
    (re.compile(r"^ +(pid|ipc|userns_mode|uts): [\"']?host"), "a container inside the host's"),
    (
        re.compile(
            r"^ *- [\"']?(CAP_)?(ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|SYS_RAWIO|DAC_READ_SEARCH)\b"
        ),
        "a container with power over the host:",
    ),
    (re.compile(r"^ *- [\"']?(seccomp|apparmor|label)[:=](unconfined|disable)"), "no confinement:"),
)


def without_environment(config: str) -> str:
    """The same, but for the values of ``environment`` and of the arguments of builds."""
    return "\n".join(_shown(config.splitlines()))


def mighty(config: str) -> list[str]:
    """What in it would make a container as mighty as the host, in words."""
    found: list[str] = []
    for line in config.splitlines():
        found += [f"{why} {line.strip(' -')}" for fits, why in _MIGHTY if fits.search(line)]
        if bind := _BIND.match(line):
            path = bind[1] or bind[2]
            if OWNED.fullmatch(path.rstrip("/") or "/"):
                found.append(f"a container gets {path} of the host")
    return list(dict.fromkeys(found))


def _shown(lines: list[str]) -> Iterator[str]:
    inside = -1
    """Indentation of the private mapping that a line is in; -1 outside of one."""
    children = -1
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if inside >= 0 and (not line.strip() or indent > inside or _item(line, inside)):
            children = indent if children < 0 else children
            if indent == children and (key := _KEY.match(line)):
                yield f"{key[0]} {HIDDEN}"
            continue
        inside = children = -1
        if private := _PRIVATE.match(line):
            inside = len(private[1]) + len(private[2] or "")
            yield (
                line
                if private[4].strip() in ("", "{}", "[]")
                else f"{line.partition(':')[0]}: {HIDDEN}"
            )
            continue
        yield line


def _item(line: str, indent: int) -> bool:
    """An item of a list stands at its key's own indentation, as version 1 prints it."""
    return line.startswith(" " * indent + "- ")
