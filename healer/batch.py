"""Many scripts as one command on one channel, and what each printed. Pure.

They run side by side, each within its own time. Every line of theirs comes back behind a blank, so
that no output, whatever it holds, can be taken for a marker.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from secrets import token_hex

MOST = 128 * 1024
"""Bytes that all scripts of a batch may print together; each has an equal share."""
KEEP = 4 * MOST + 4096
"""What to keep of the command's output: bytes that are no text are written out as four."""
LATE = frozenset({124, 137})
"""Exit codes of a script that was ended because it took too long."""
_SLACK = 2
"""Seconds beyond the scripts' own for one whose children outlive it."""
# A script's own end is told by who ran it; a child of it that still holds the pipe is not waited
# for. Without -k, which small timeouts lack: a script only reads, so it may be killed outright.
_HEAD = """\
r=$'\\r'
ask() {
  timeout -s KILL "$2" bash --noprofile --norc -c "$3" 2>&1 </dev/null |
    { head -c SHARE; cat >/dev/null; } | sed "s/^/ /; s/$r/ /g"
  c=${PIPESTATUS[0]}; printf '\\nTOKEN = %s %s\\n' "$1" "$c"
}
tell() {
  printf '\\nTOKEN > %s\\n' "$1"; t=$((WHOLE - SECONDS))
  timeout -s KILL $((t > 1 ? t : 1)) cat <&"$2"
}
exec 2>/dev/null
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A script and the seconds it may take."""

    script: str
    timeout: float


def new_token() -> str:
    return token_hex(12)


def seconds(scripts: Mapping[str, Asked]) -> float:
    """How long the composed command may take at most."""
    return _whole(scripts) + len(scripts) + _SLACK


def compose(scripts: Mapping[str, Asked], token: str) -> str:
    """One bash command that runs all *scripts*, by name; it needs ``timeout``, head and sed."""
    head = _HEAD.replace("SHARE", str(MOST // max(1, len(scripts)))).replace("TOKEN", token)
    lines = [head.replace("WHOLE", str(_whole(scripts)))]
    numbered = list(enumerate(scripts.items()))
    for number, (name, asked) in numbered:
        words = (name, str(ceil(asked.timeout)), asked.script)
        lines.append(f"exec {{f{number}}}< <(ask {' '.join(map(shlex.quote, words))})\n")
    lines += [f"tell {shlex.quote(name)} $f{number}\n" for number, (name, _) in numbered]
    return "".join(lines)


def split(output: str, token: str) -> dict[str, tuple[str, int | None]]:
    """What each script printed, and its exit code: None when its end was not seen."""
    marker = re.compile(rf"{re.escape(token)} ([>=]) (\S+)(?: (\d+))?")
    found: dict[str, tuple[str, int | None]] = {}
    name, lines = "", list[str]()
    for line in output.split("\n"):
        mark = marker.fullmatch(line)
        if mark and mark[1] == ">":
            name, lines = mark[2], []
            found[name] = ("", None)
        elif mark and mark[2] == name:
            found[name] = ("".join(lines), int(mark[3]))
            name = ""
        elif name and line.startswith(" "):
            lines.append(f"{line[1:]}\n")
    return found


def _whole(scripts: Mapping[str, Asked]) -> int:
    return ceil(max((asked.timeout for asked in scripts.values()), default=0)) + _SLACK
