"""awk: whether its programs start others, or write."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Judge
from tools.security.paths import reading
from tools.security.words import Word

_OPTIONS = (
    "-bcCeghIkMnNOPrsStV -f= -F= -v= -i= -l= -o? -d? -p? -E= -D? -L? --file= --field-separator="
    " --assign= --re-interval --posix --traditional --characters-as-bytes --include= --source="
    " --csv --exec= --load= --dump-variables? --debug? --pretty-print? --profile? --sandbox --lint?"
)
_ELSEWHERE = (
    "-f", "--file", "-i", "--include", "-l", "--load", "-E", "--exec", "-o", "--pretty-print", "-d",
    "--dump-variables", "-p", "--profile", "-D", "--debug", "--source", "-e",
)  # fmt: skip
_STARTS = re.compile(r"system\s*\(|getline|@\s*\w+|/inet|\|&")
"""Counts wherever it stands: nobody needs it in a text."""
_PIPES = re.compile(r"\|(?!\|)|print\w*[^;}\n]*>")
_COMMANDS = re.compile(
    r"system\s*\(\s*\"((?:[^\"\\]|\\.)*)\"|\"((?:[^\"\\]|\\.)*)\"\s*\||\|&?\s*\"((?:[^\"\\]|\\.)*)\""
)
_STREAMS = re.compile(r">\s*\"/dev/(stderr|stdout)\"")
After = Literal["divides", "matches"]


def bare(program: str, paren: After) -> str:
    """Without texts, expressions and comments; empty when one of them does not end.

    *paren*: what a slash means after a closing bracket, where both may be meant."""
    kept: list[str] = []
    at, last = 0, ""
    while at < len(program):
        letter = program[at]
        if letter == '"' or (letter == "/" and not _divides(last, paren)):
            end = _closed(program, at, letter)
            if end < 0:
                return ""
            at, last = end, "x"
            kept.append('""')
        elif letter == "#":
            end = program.find("\n", at)
            at = end if end >= 0 else len(program)
        else:
            kept.append(letter)
            last = letter if not letter.isspace() else last
            at += 1
    return "".join(kept)


def _divides(last: str, paren: After) -> bool:
    if last == ")":
        return paren == "divides"
    return last.isalnum() or last in ("_", "]", "$") if last else False


def _closed(program: str, at: int, mark: str) -> int:
    """Behind the end of a text or an expression."""
    inside, at = False, at + 1
    while at < len(program):
        letter = program[at]
        if letter == "\\":
            at += 1
        elif letter == "\n":
            return -1
        elif mark == "/" and letter in "[]":
            inside = letter == "["
        elif letter == mark and not inside:
            return at + 1
        at += 1
    return -1


def _awk(call: Invocation) -> Iterator[Finding]:
    found = call.options(_OPTIONS, stop=True)
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known")
    operands = list(found.operands)
    if found.has(*_ELSEWHERE):
        yield danger(f"{call.name} runs a program from elsewhere, or writes one")
    elif operands:
        yield from _program(call, operands.pop(0))
    for word in operands:
        yield from reading(call, word)


def _program(call: Invocation, program: Word) -> Iterator[Finding]:
    if any(hole.origin not in ("system", "unset") for hole in program.holes):
        yield danger(f"{call.name}: its program is not known: {program.text}")
    text = _STREAMS.sub("", program.text)
    for run in _COMMANDS.finditer(text):
        command = next(filter(None, run.groups()), "")
        yield from call.script(command.replace('\\"', '"'))
    readings = [bare(text, "divides"), bare(text, "matches")]
    if _STARTS.search(text) or not any(readings) or any(map(_PIPES.search, readings)):
        yield danger(f"{call.name} starts a program, or writes a file")


PROGRAMS: Mapping[str, Judge] = {"awk gawk mawk nawk": _awk}
