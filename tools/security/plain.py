"""Commands that only read, when they are written plainly: one program, known words, no syntax.

Each entry was read against the program's manual: no option or operand in it writes, changes a
setting, reaches another machine, runs another program or shows what a file holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+-]+(?: [A-Za-z0-9_./:=,@%+-]+)*")
"""Characters that mean nothing to a shell; ``~`` and every quote, blank and bracket do."""
LONGEST = 8 * 1024


@dataclass(frozen=True, slots=True)
class Plain:
    """What may follow a program's name."""

    letters: str = ""
    """Options of one letter, also several after one dash."""
    words: tuple[str, ...] = ()
    """Words that may stand as they are."""
    paths: bool = False
    """Takes any further plain words: files whose names or sizes it shows, or text."""
    fixed: bool = True
    """Prints a fixed format, in which nobody outside chose a word."""


PROGRAMS: Mapping[str, Plain] = {
    "date": Plain("uR"),
    "df": Plain("hikTP"),
    "du": Plain("shcx", paths=True, fixed=False),
    "echo": Plain("n", paths=True, fixed=False),
    "free": Plain("hbkmgtw"),
    "hostname": Plain("Is"),
    "id": Plain("ugGn"),
    "ip": Plain(words=("-br", "a", "addr", "address", "link", "route", "neigh", "show")),
    "ls": Plain("lahtrS1di", paths=True, fixed=False),
    "lsblk": Plain("fmp"),
    "lscpu": Plain(),
    "lsmod": Plain(),
    "nproc": Plain(),
    "ps": Plain("efaAu", words=("aux", "ax", "axu"), fixed=False),
    "pwd": Plain(),
    "ss": Plain("tulnas"),
    "stat": Plain(paths=True, fixed=False),
    "true": Plain(),
    "uname": Plain("asnrvmpio"),
    "uptime": Plain("ps"),
    "vmstat": Plain("sw"),
    "whoami": Plain(),
}


def plain_words(command: str) -> list[str]:
    """The words of a command in which a shell would see nothing but words; empty otherwise."""
    if len(command) > LONGEST or not _PLAIN.fullmatch(command):
        return []
    return command.split(" ")


def objection(words: list[str]) -> str:
    """Why these words are more than a plain reading; empty when they are one."""
    known = PROGRAMS.get(words[0])
    if known is None:
        return f"{words[0]} is not on the list of plain read-only commands"
    for word in words[1:]:
        if word in known.words or _is_option(word, known.letters):
            continue
        if word.startswith("-") or not known.paths:
            return f"{words[0]}: {word} is not known to be read-only"
    return ""


def _is_option(word: str, letters: str) -> bool:
    return word[0] == "-" and len(word) > 1 and all(letter in letters for letter in word[1:])
