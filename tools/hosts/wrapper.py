"""What a remote account's login shell is told, so that bash runs exactly the judged text. Pure.

The login shell sees a text first. It is given words in single quotes and nothing else to interpret;
whether it hands them on unchanged is tried at each connect, with TORTURE."""

import re
import shlex
from dataclasses import dataclass, field
from secrets import token_hex

TORTURE = "a  b\t'\"`$HOME $(id) \\ \\\\ !x !! %s * ? [a] {b,c} ~ # & | ; < > ü€ \n end\\"
"""Everything that shells like to change."""
_ENVIRONMENT = (
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb PAGER=cat GIT_TERMINAL_PROMPT=0"
)
_BASH = "bash --noprofile --norc -c"
_NOISE = 1 << 20
"""Bytes that start-up files may print before the marker."""
_MARKED = re.compile(rb"([0-9a-f]{24}) (\w+)\n")


def new_marker() -> str:
    """Fits ``_MARKED``; nobody can guess it, so only the wrapper prints it."""
    return token_hex(12)


def command_line(user: str, script: str, *words: str) -> str:
    """Have bash run *script* with *words* as ``$1`` …, in a clean environment."""
    quoted = " ".join(map(shlex.quote, (script, "bash", *words)))
    return f'exec env -i {_ENVIRONMENT} USER={shlex.quote(user)} HOME="$HOME" {_BASH} {quoted}'


def wrapped(marker: str, cwd: str | None) -> str:
    """A script that prints *marker* and its process id, then runs its last argument, ``$1`` or
    with a *cwd* ``$2``, as its own text: as ``bash -c`` would, but without another bash.

    With a *cwd*, ``$1``, that cannot be entered it prints the marker and ``cwd``, and ends."""
    enter = f'cd -- "$1" 2>/dev/null || {{ echo "{marker} cwd"; exit; }}; shift; ' if cwd else ""
    return f'exec </dev/null 2>&1; {enter}echo "{marker} $$"; eval "shift; $1"'


def ending(session: int) -> str:
    """A script that ends all processes of a session: TERM, after a second KILL. It prints ``gone``
    when nothing of it is left."""
    return (
        "each() { found=1; for s in /proc/[0-9]*/stat; do read -r l <$s || continue;"
        ' l=${l##*) }; set -- $1 $l; [ "$5" = SESSION ] || continue;'
        ' [ "$2" != Z ] && [ "$2" != X ] || continue;'
        " found=0; p=${s#/proc/}; kill -$1 ${p%/stat}; done; return $found; } 2>/dev/null;"
        " kill -TERM -- -SESSION 2>/dev/null; each TERM;"
        " for i in {1..20}; do each 0 || { echo gone; exit; }; sleep 0.05; done;"
        " kill -KILL -- -SESSION 2>/dev/null; each KILL;"
        " for i in {1..20}; do each 0 || { echo gone; exit; }; sleep 0.05; done; echo left"
    ).replace("SESSION", str(session))


@dataclass(slots=True)
class Preamble:
    """Drops what comes before the marker's line."""

    marker: str
    said: str = ""
    """What stands behind the marker: the process id, or ``cwd``."""
    noise: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)
    """What came as errors before the wrapper made one stream of both."""

    def feed(self, data: bytes) -> bytes:
        """What of *data* comes after the marker's line."""
        if self.said:
            return data
        self.noise += data
        lines = _MARKED.finditer(bytes(self.noise))
        found = next((line for line in lines if line[1].decode() == self.marker), None)
        if found is None:
            del self.noise[:-_NOISE]
            return b""
        self.said = found[2].decode()
        rest = bytes(self.noise[found.end() :])
        self.noise.clear()
        return rest
