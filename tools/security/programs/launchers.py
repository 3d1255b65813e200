"""Programs that start the command among their words."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tools.security.environment import assigned
from tools.security.escapes import ansi_c
from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.options import Parsed
from tools.security.output import held_by
from tools.security.paths import reading, resolve, writes
from tools.security.scope import CWD
from tools.security.words import NOTHING, Data, Word, fewer, plain, unknown


@dataclass(frozen=True, slots=True)
class Starts:
    """Judges a launcher: its options, then *operands* words of its own, then the command."""

    options: str
    operands: int = 0
    alone: str = ""
    """What it means without a command."""
    elsewhere: str = ""
    """Options that make it act on what runs already, write, or reach beyond."""

    def __call__(self, call: Invocation) -> Iterator[Finding]:
        found = call.options(self.options, stop=True)
        for name in found.unknown:
            yield danger(f"{call.name} {name} is not known")
        for name, _ in found.options:
            if name in self.elsewhere.split():
                yield danger(f"{call.name} {name} does more than start a command")
        words = found.operands[self.operands :]
        if words:
            yield from call.command(words)
        elif call.name == "sudo" and found.has("-s", "-i", "--shell", "--login"):
            yield from call.command([plain("bash")])
        elif self.alone:
            yield danger(f"{call.name} {self.alone}")


def text_of(
    call: Invocation, word: Word, stdin: Data | None = None, *, here: bool = False
) -> Iterator[Finding]:
    """A word that a shell runs as a script; *here*: in itself."""
    if word.literal is not None:
        yield from call.script(word.literal, stdin, here=here)
    elif word.origin in ("network", "decoded"):
        yield deny(f"{call.name} runs what nobody has seen: {word.text}", "show the text first")
    else:
        yield danger(f"{call.name} runs {word.text}, which is not known here")
        known = "".join(p if isinstance(p, str) else p.shown for p in word.pieces)
        yield from (f for f in call.script(known, stdin) if f.level == "deny")


def _env(call: Invocation) -> Iterator[Finding]:
    call = replace(call, scope=call.scope.copy())
    found = call.options(
        "-i0v -u= -C= -S= --ignore-environment --unset= --chdir= --split-string=", stop=True
    )
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known")
    words = list(found.operands)
    for value in found.values("-S", "--split-string"):
        yield from text_of(call, value)
    clean = found.has("-i", "--ignore-environment")
    while words and re.match(r"[A-Za-z_]\w*=", words[0].text):
        given = words.pop(0)
        name, _, text = given.text.partition("=")
        if not (
            clean and name == "PATH" and re.fullmatch(r"(/usr(/local)?/s?bin|/s?bin|:)+", text)
        ):
            yield from assigned(name, plain(text), exported=True)
        call.scope.assign(
            name, given.after(len(name) + 1) if given.start.startswith(f"{name}=") else given
        )
    for value in found.values("-C", "--chdir"):
        path = resolve(value, call.scope)
        call.scope.variables[CWD] = (plain(path) if path else value,)
    if words:
        yield from call.command(words)


def _su(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-lmpPfh -c= -s= -g= -G= -w= -u= --login --command= --shell= --user= --group= --preserve-environment"
    )
    for value in found.values("-c", "--command"):
        yield from text_of(call, value)
    rest = [word for word in found.operands if word.text != "-"]
    if found.unknown or found.has("-s", "--shell", "-w", "-g", "-G", "-P"):
        yield danger(f"{call.name} is given another shell, or what is not known")
    if found.values("-u", "--user") and rest:
        yield from call.command(rest)
    elif not found.values("-c", "--command"):
        yield danger(f"{call.name} opens a shell")


def _xargs(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-0rtpx -a= -d= -E= -I= -L= -n= -P= -s= --null --no-run-if-empty --verbose --arg-file="
        " --delimiter= --replace= --max-args= --max-procs= --max-lines= --exit -i -e -l",
        stop=True,
    )
    for name in found.unknown:
        yield danger(f"xargs {name} is not known")
    words = found.operands or [plain("echo")]
    given = call.stdin
    for value in found.values("-a", "--arg-file"):
        yield from reading(call, value)
        given = held_by(value, call) or Data("file")
    apart = "\0" if found.has("-0", "--null") else "".join(_delimiters(found))
    marks = [value.text for value in found.values("-I", "--replace")]
    if marks:
        for item in _items(given, apart, whole=True):
            yield from call.command([_put(word, marks[0], item) for word in words], NOTHING)
        return
    if given.opaque:
        yield danger(f"xargs: the words come from what nobody has seen ({given.origin})")
    yield from call.command([*words, *_items(given, apart)], NOTHING)


def _delimiters(found: Parsed) -> Iterator[str]:
    return (ansi_c(value.text) for value in found.values("-d", "--delimiter"))


def _items(given: Data, apart: str, *, whole: bool = False) -> tuple[Word, ...]:
    """The words that xargs makes of its input: *apart* by that, without quotes, or whole lines."""
    if given.text is None or not given.exact:
        return given.words()
    if apart:
        return fewer(map(plain, filter(None, given.text.split(apart))))
    reader = shlex.shlex(given.text, posix=True, punctuation_chars=False)
    reader.whitespace, reader.whitespace_split, reader.commenters = " \t\n", True, ""
    try:
        words = list(reader)
        lines = [" ".join(shlex.split(line)) for line in given.text.splitlines()] if whole else []
    except ValueError:
        return (unknown("<stdin>", "decoded"),)
    if whole:
        words += (line for line in lines if line not in words)
    return fewer(map(plain, words))


def _put(word: Word, mark: str, item: Word) -> Word:
    if word.literal is None or mark not in word.literal:
        return word
    before, _, after = word.literal.partition(mark)
    return Word(tuple(p for p in (before, *item.pieces, after) if p != ""))


def _parallel(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    cut = next((i for i, text in enumerate(texts) if text.startswith(":::")), len(texts))
    found = Invocation(call.name, call.args[:cut], call.scope, call.stdin, call.walker).options(
        "-k0X -j= -a= -N= -I= --jobs= --dry-run --keep-order --null", stop=True
    )
    yield danger("parallel runs commands that are made from its input")
    items = fewer(call.args[cut + 1 :]) or call.stdin.words()
    for item in items:
        yield from call.command([*found.operands, item], NOTHING)
    for item in found.operands or items:
        if item.literal and " " in item.literal:
            yield from call.script(item.literal)


def _watch(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bcdegptxw -n= --interval= --differences? --color --exec --no-title --beep --errexit --chgexit",
        stop=True,
    )
    yield danger("watch never ends by itself")
    yield from call.script(" ".join(word.text for word in found.operands))


def _flock(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-enosuxFv -w= -E= -c= --exclusive --nonblock --shared --unlock --close --timeout= --wait= --command= --verbose --no-fork --conflict-exit-code="
    )
    words = call.options(
        "-enosuxFv -w= -E= --exclusive --nonblock --shared --wait= --timeout=", stop=True
    ).operands
    for value in found.values("-c", "--command"):
        yield from text_of(call, value)
    if words and not words[0].text.isdigit():
        yield from writes(call, words[0], "flock")
    if not found.values("-c", "--command") and len(words) > 1:
        yield from call.command(words[1:])


def _script(call: Invocation) -> Iterator[Finding]:
    found = call.options("-aefq -c= -t= -O= -I= -B= --append --command= --quiet --flush --return")
    for value in found.values("-c", "--command"):
        yield from text_of(call, value)
    for name in found.unknown:
        yield danger(f"script {name} is not known")
    to = [word.text for word in found.operands]
    if to != ["/dev/null"] or found.has("-O", "-I", "-B", "-t") or not found.has("-c", "--command"):
        yield danger("script writes what it sees to a file")


def _applet(call: Invocation) -> Iterator[Finding]:
    if call.args and call.args[0].text not in ("--list", "--help"):
        yield from call.command(call.args)


def _command(call: Invocation) -> Iterator[Finding]:
    found = call.options("-pvV", stop=True)
    if not found.has("-v", "-V") and found.operands:
        yield from call.command(found.operands)


def _exec(call: Invocation) -> Iterator[Finding]:
    found = call.options("-cl -a=", stop=True)
    if found.operands:
        yield from call.command(found.operands)


PROGRAMS: Mapping[str, Judge] = {
    "sudo": Starts(
        "-ABbEHiKklNnPSsVv -a= -C= -c= -D= -g= -h= -p= -R= -r= -T= -t= -u= -U= --user= --group= --login"
        " --non-interactive --preserve-env? --stdin --set-home --shell --chdir= --chroot= --host="
        " --background --list --validate --reset-timestamp --prompt= --other-user= --command-timeout=",
        elsewhere="-A -a -b -C -h -R -e --host --chroot --background",
    ),
    "doas": Starts("-nLs -C= -u= -a=", alone="opens a shell"),
    "pkexec": Starts("--user= --disable-internal-agent --keep-cwd", alone="opens a shell"),
    "su": _su,
    "runuser": _su,
    "env": _env,
    "nice": Starts("-0123456789 -n= --adjustment="),
    "ionice": Starts(
        "-t -c= -n= -p= -P= -u= --class= --classdata= --pid= --ignore", elsewhere="-p -P -u --pid"
    ),
    "chrt": Starts(
        "-abdfimorvR -p= -T= -P= -D= --batch --fifo --idle --other --rr", operands=1, elsewhere="-p"
    ),
    "taskset": Starts("-acp --all-tasks --cpu-list --pid", operands=1, elsewhere="-p --pid"),
    "nohup": Starts(""),
    "setsid": Starts("-cfw --ctty --fork --wait"),
    "stdbuf": Starts("-i= -o= -e= --input= --output= --error="),
    "unbuffer": Starts("-p"),
    "timeout": Starts(
        "-vf -k= -s= --foreground --preserve-status --kill-after= --signal= --verbose", operands=1
    ),
    "time": Starts(
        "-apqvV -f= -o= --format= --portability --verbose --append --output=",
        elsewhere="-o --output",
    ),
    "setarch linux64 linux32": Starts("-RvXZ --addr-no-randomize"),
    "setpriv": Starts(
        "-d --reuid= --regid= --clear-groups --no-new-privs --init-groups --groups= --keep-groups"
    ),
    "numactl": Starts(
        "-alHs --hardware --show -N= -m= -C= -i= --cpunodebind= --membind= --physcpubind= --localalloc --interleave="
    ),
    "prlimit": Starts("-v --nofile? --nproc? --as? --pid=", elsewhere="--pid"),
    "fakeroot faketime": Starts("-f"),
    "xargs": _xargs,
    "parallel": _parallel,
    "watch": _watch,
    "flock": _flock,
    "script": _script,
    "busybox toybox": _applet,
    "command builtin": _command,
    "exec": _exec,
}
