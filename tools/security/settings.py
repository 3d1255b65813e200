"""What a command changes in the shell itself: its directory, variables, arguments, links."""

import re
from collections.abc import Callable, Mapping

from tools.security.invocation import Invocation
from tools.security.output import output_of
from tools.security.paths import UNKNOWN, resolve
from tools.security.scope import CWD
from tools.security.words import MOST, plain, unknown


def settles(call: Invocation) -> None:
    settle = _SETTLES.get(call.name)
    if settle is not None:
        settle(call)


def _directory(call: Invocation) -> None:
    targets = [word for word in call.args if not re.fullmatch(r"-[LPe@n]+|--", word.text)]
    path = resolve(targets[0], call.scope) if targets else "~"
    known = path is not None and UNKNOWN not in path
    call.scope.variables[CWD] = (plain(path) if known and path else unknown(UNKNOWN),)


def _arguments(call: Invocation) -> None:
    """What stands behind the options of set, and behind ``--`` or ``-`` even nothing."""
    words = list(call.args)
    while words and re.match(r"[-+]", words[0].text):
        text = words.pop(0).text
        if text in ("-", "--"):
            call.scope.positional = tuple(words)
            return
        if text.endswith("o") and words:
            words.pop(0)
    if words:
        call.scope.positional = tuple(words)


def _read(call: Invocation) -> None:
    """Names get what is read; a literal line is known."""
    found = call.options(
        "-ersa -d= -n= -N= -p= -t= -u= -i= -a="
        if call.name == "read"
        else "-t -d= -n= -O= -s= -u= -C= -c="
    )
    names = [word.text for word in found.operands] or ["REPLY"]
    data = call.stdin
    known = data.text is not None and data.exact
    lines = (data.text or "").split("\n") if known else []
    for index, name in enumerate(names):
        if known:
            # Any line: an earlier read may have taken those before it.
            parts = [line.split(None, len(names) - 1) for line in lines]
            values = [part[index] if index < len(part) else "" for part in parts]
            call.scope.assign(name, *map(plain, dict.fromkeys(values)))
        elif data.paths:
            call.scope.assign(name, *data.words())
        else:
            call.scope.assign(name, unknown(f"${name}", data.origin, secret=data.secret))
    for name in (*(word.text for word in found.values("-a")), *names * (call.name != "read")):
        call.scope.arrays[name] = data.words()
        call.scope.assign(name, *data.words())


def printf_target(call: Invocation) -> str:
    """The variable that ``printf -v`` sets; empty when it prints."""
    found = call.options("-v=", stop=True).values("-v")
    return found[0].text.partition("[")[0] if found else ""


def _printed(call: Invocation) -> None:
    name = printf_target(call)
    if not name:
        return
    words = call.options("-v=", stop=True).operands
    data = output_of(Invocation("printf", tuple(words), call.scope, call.stdin, call.walker))
    exact = data.text is not None and data.exact
    word = plain(data.text or "") if exact else unknown(f"${name}", data.origin)
    call.scope.assign(name, *dict.fromkeys((word, *call.scope.variables.get(name, ()))))
    call.scope.arrays[name] = (*call.scope.arrays.get(name, ()), word)


def _link(call: Invocation) -> None:
    words = [word for word in call.args if not word.text.startswith("-")]
    if len(words) == 2:
        target, link = (resolve(word, call.scope) for word in words)
        if not target or not link or len(call.scope.links) >= MOST:
            return
        if UNKNOWN not in target + link:
            call.scope.links[link] = target


def _shift(call: Invocation) -> None:
    words, count = call.scope.positional, call.texts[0] if call.args else "1"
    known = words is not None and count.isdecimal()
    call.scope.positional = words[int(count) :] if known and words else None


def _pop(call: Invocation) -> None:
    call.scope.variables[CWD] = (unknown(UNKNOWN),)


def _fifo(call: Invocation) -> None:
    call.scope.fifos |= {path for word in call.args if (path := resolve(word, call.scope))}


_SETTLES: Mapping[str, Callable[[Invocation], None]] = {
    "cd": _directory,
    "pushd": _directory,
    "popd": _pop,
    "set": _arguments,
    "shift": _shift,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "printf": _printed,
    "mkfifo": _fifo,
    "mknod": _fifo,
    "ln": _link,
}
