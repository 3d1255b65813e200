"""What a command changes in the shell itself: its directory, variables, arguments, links."""

import re
from collections.abc import Callable, Mapping

from tools.security.invocation import Invocation
from tools.security.output import output_of
from tools.security.paths import UNKNOWN, resolve
from tools.security.scope import CWD, MOST
from tools.security.words import plain, unknown


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
    texts = list(call.texts)
    if "--" in texts:
        call.scope.positional = call.args[texts.index("--") + 1 :]
    elif texts and not texts[0].startswith(("-", "+")):
        call.scope.positional = call.args


def _read(call: Invocation) -> None:
    """Names get what is read; a literal line is known."""
    found = call.options(
        "-ersa -d= -n= -N= -p= -t= -u= -i= -a="
        if call.name == "read"
        else "-t -d= -n= -O= -s= -u= -C= -c="
    )
    names = [word.text for word in found.operands] or ["REPLY"]
    data = call.stdin
    if call.name != "read":
        for name in names:
            call.scope.arrays[name] = data.words()
    known = data.text is not None and data.exact
    values = (data.text or "").split("\n")[0].split(None, len(names) - 1) if known else []
    for index, name in enumerate(names):
        if known and index < len(values):
            call.scope.assign(name, plain(values[index]))
        elif data.paths:
            call.scope.assign(name, *data.words())
        elif known:
            call.scope.assign(name, plain(""))
        else:
            call.scope.assign(name, unknown(f"${name}", data.origin, secret=data.secret))
    for word in found.values("-a"):
        call.scope.arrays[word.text] = data.words()


def _printed(call: Invocation) -> None:
    if len(call.args) > 2 and call.texts[0] == "-v":
        inner = Invocation("printf", call.args[2:], call.scope, call.stdin, call.walker)
        data = output_of(inner)
        exact = data.text is not None and data.exact
        word = plain(data.text or "") if exact else unknown(f"${call.texts[1]}")
        call.scope.assign(call.texts[1], word)


def _link(call: Invocation) -> None:
    words = [word for word in call.args if not word.text.startswith("-")]
    if len(words) == 2:
        target, link = (resolve(word, call.scope) for word in words)
        if not target or not link or len(call.scope.links) >= MOST:
            return
        if UNKNOWN not in target + link:
            call.scope.links[link] = target


def _shift(call: Invocation) -> None:
    call.scope.positional = (call.scope.positional or ())[1:]


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
