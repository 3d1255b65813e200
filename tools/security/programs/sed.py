"""sed: its scripts, command by command."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Judge
from tools.security.paths import reading, writes
from tools.security.words import Word, plain

_OPTIONS = (
    "-nErsuzb -e= -f= -l= -i? -I? --quiet --silent --expression= --file= --regexp-extended"
    " --in-place? --null-data --separate --unbuffered --posix --debug --sandbox --line-length="
    " --binary --follow-symlinks --zero-terminated"
)
_IN_PLACE = re.compile(r"-[nErsuzb]*[iI]|--in-p")
_SUFFIX = re.compile(r"-i\.[\w-]+")
"""``-i.bak`` leaves the old file beside the new one; other suffixes may lead elsewhere."""
_ADDRESS = re.compile(r"\d+(~\d+)?|\$|\+\d+|~\d+")
_FLAGS = re.compile(r"[gpiIMm0-9]*")
_REST = re.compile(r"[^\n]*")
_LABEL = re.compile(r"[^;\n}]*")
_TEXT = re.compile(r"(?:[^\\\n]|\\.)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One command that touches more than the lines: ``e``, ``r``, ``w``, or ``?`` when it is not
    understood; and its command line or file."""

    letter: str
    text: str = ""


def steps(script: str) -> Iterator[Step]:
    at = 0
    while at < len(script):
        if script[at] in " \t\n;{}!":
            at += 1
            continue
        if script[at] == "#":
            at = _REST.match(script, at).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
            continue
        after = _address(script, at)
        if after < 0:
            yield Step("?", script[at : at + 20])
            return
        if after > at:
            at = after
            continue
        step, at = _command(script, at)
        if step is not None:
            yield step
            if step.letter == "?":
                return


def _address(script: str, at: int) -> int:
    """Behind the address at *at*; *at* when there is none, -1 when it does not end."""
    if script[at] in "/\\":
        mark = at if script[at] == "/" else at + 1
        end = _section(script, mark + 1, script[mark]) if mark < len(script) else -1
        return end + (end < len(script) and script[end] in "IM") if end > 0 else -1
    if script[at] == ",":
        return at + 1
    found = _ADDRESS.match(script, at)
    return found.end() if found else at


def _section(script: str, at: int, mark: str) -> int:
    """Behind the next *mark* that no backslash quotes; -1 when there is none."""
    while at < len(script):
        if script[at] == "\\":
            at += 2
        elif script[at] == mark:
            return at + 1
        else:
            at += 1
    return -1


def _command(script: str, at: int) -> tuple[Step | None, int]:
    letter, at = script[at], at + 1
    match letter:
        case "s" | "y":
            return _substitution(letter, script, at)
        case "a" | "i" | "c":
            return None, _end(_TEXT, script, at)
        case "r" | "R" | "w" | "W" | "e":
            end = _end(_REST, script, at)
            return Step(letter.lower(), script[at:end].strip()), end
        case "b" | "t" | "T" | ":" | "q" | "Q" | "l" | "L" | "v":
            return None, _end(_LABEL, script, at)
        case _ if letter in "=dDpPnNgGhHxzF":
            return None, at
        case _:
            return Step("?", script[at - 1 : at + 20]), at


def _substitution(letter: str, script: str, at: int) -> tuple[Step | None, int]:
    mark = script[at] if at < len(script) else ""
    end = _section(script, at + 1, mark) if mark else -1
    end = _section(script, end, mark) if end > 0 else -1
    if end < 0:
        return Step("?", letter + script[at : at + 20]), at
    if letter == "y":
        return None, end
    end = _end(_FLAGS, script, end)
    if script[end : end + 1] == "e":
        return Step("e"), end + 1
    if script[end : end + 1] in ("w", "W"):
        last = _end(_REST, script, end)
        return Step("w", script[end + 1 : last].strip()), last
    return None, end


def _end(expression: re.Pattern[str], script: str, at: int) -> int:
    found = expression.match(script, at)
    return found.end() if found else at


def _sed(call: Invocation) -> Iterator[Finding]:
    kept = (plain("-i") if _SUFFIX.fullmatch(word.literal or "") else word for word in call.args)
    bare = Invocation(call.name, tuple(kept), call.scope, call.stdin, call.walker)
    found = bare.options(_OPTIONS)
    for name in found.unknown:
        yield danger(f"sed {name} is not known")
    scripts, files = found.values("-e", "--expression"), list(found.operands)
    if found.has("-f", "--file"):
        yield danger("sed runs a script from a file")
    elif not scripts and files:
        scripts.append(files.pop(0))
    for script in scripts:
        yield from _script(call, script)
    in_place = any(_IN_PLACE.match(text) for text in call.texts)
    for word in files:
        yield from writes(call, word, "sed -i") if in_place else reading(call, word)


def _script(call: Invocation, script: Word) -> Iterator[Finding]:
    if any(hole.origin in ("unknown", "file", "decoded", "network") for hole in script.holes):
        yield danger(f"sed: its script is not known: {script.text}")
    for step in steps("".join(p if isinstance(p, str) else "1" for p in script.pieces)):
        match step.letter:
            case "e":
                yield danger("sed's command e runs a program")
                yield from call.script(step.text)
            case "w" if step.text not in ("/dev/stdout", "/dev/stderr"):
                yield danger("sed's command w writes a file")
                yield from writes(call, plain(step.text), "sed w")
            case "r":
                yield from reading(call, plain(step.text))
            case "?":
                yield danger(f"sed: {step.text} is not understood")
            case _:
                pass


PROGRAMS: Mapping[str, Judge] = {"sed": _sed}
