"""What a command prints, as far as that is known."""

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from tools.security.escapes import ansi_c, echoed
from tools.security.invocation import Invocation
from tools.security.paths import below, reads_secret, resolve
from tools.security.words import NOTHING, Data, Hole, Origin, Piece, Word, merged, worst

Printer = Callable[[Invocation], Data]


def output_of(call: Invocation) -> Data:
    printer = _PRINTERS.get(call.name)
    if printer is not None:
        return printer(call)
    return Data("unknown", secret=_secret(call))


def _secret(call: Invocation) -> bool:
    named = any(reads_secret(word, call.scope) or word.secret for word in call.args)
    return named or call.stdin.secret


def _echo(call: Invocation) -> Data:
    words = list(call.args)
    escapes, end = False, "\n"
    while words and (found := re.fullmatch(r"-([neE]+)", words[0].text)):
        escapes = "e" in found[1]
        end = "" if "n" in found[1] else end
        words.pop(0)
    return _text(words, " ".join(word.text for word in words) + end, escapes=escapes)


def _text(words: list[Word], text: str, *, escapes: bool) -> Data:
    return Data(
        worst(word.origin for word in words if word.literal is None),
        echoed(text) if escapes else text,
        exact=all(word.literal is not None for word in words),
        secret=any(word.secret for word in words),
    )


def _printf(call: Invocation) -> Data:
    words = [w for w in call.args if w.text != "--"]
    if not words or words[0].text.startswith("-v"):
        return NOTHING
    form, *rest = words
    text = ansi_c(form.text)
    slots = _CONVERSION.findall(text)
    if text.count("%") > form.text.count("%") or not {"s", "b", "%"}.issuperset(slots):
        return Data("decoded", secret=_secret(call))
    parts = [_CONVERSION.sub(lambda slot: _slot(slot[1], rest), text)]
    while rest and {"s", "b"}.intersection(slots):
        parts.append(_CONVERSION.sub(lambda slot: _slot(slot[1], rest), text))
    return _text(words, "".join(parts), escapes=False)


_CONVERSION = re.compile(r"%([^A-Za-z%(]*[A-Za-z%(]?)")


def _slot(kind: str, rest: list[Word]) -> str:
    if kind == "%":
        return "%"
    value = rest.pop(0).text if rest else ""
    return echoed(value) if kind == "b" else value


def _cat(call: Invocation) -> Data:
    files = [w for w in call.args if not w.text.startswith("-") or w.text == "-"]
    if not files or all(w.text in ("-", "/dev/stdin") for w in files):
        return call.stdin
    known = [held for word in files if (held := held_by(word, call))]
    if known and len(known) == len(files):
        return merged(known)
    origin = worst([_of_files(call), *(w.origin for w in files if w.text.startswith("/dev/fd/"))])
    return Data(origin, secret=_secret(call))


def _of_files(call: Invocation) -> Origin:
    """Where the text of the files that a command names comes from: the kernel's have a form."""
    named = [word.text for word in call.args if word.text.startswith(("/", "~", "."))]
    return "system" if named and all(map(_KERNELS.fullmatch, named)) else "file"


_KERNELS = re.compile(r"/proc/(sys/[\w./-]+|pressure/\w+|[a-z]\w*)|/sys/(?!.*\.\.)[\w./*:-]+")


def _engine(call: Invocation) -> Data:
    """Logs hold what outsiders wrote."""
    written = any(text in ("logs", "log") for text in call.texts[:3])
    return Data("file" if written else "system", secret=_secret(call))


def held_by(word: Word, call: Invocation) -> Data | None:
    """What is known of a file's content."""
    text = word.text
    if found := re.fullmatch(r"/dev/stdin|/(?:proc/(?:self|\$\$)|dev)/fd/(\d+)|-", text):
        number = found[1] or "0"
        return call.stdin if number == "0" else call.scope.descriptors.get(number, Data())
    path = resolve(word, call.scope)
    if path is not None and path in call.scope.fifos:
        return Data("network")
    return call.scope.files.get(path or text)


def _passes(call: Invocation) -> Data:
    """A filter: some of what it is given, or of the files it names."""
    if call.name.endswith("grep") and any(re.match(r"-\w*[lL]|--files", t) for t in call.texts):
        return _paths(call)
    if call.stdin is NOTHING or call.stdin.text == "":
        return Data(_of_files(call), secret=_secret(call))
    return Data(
        call.stdin.origin,
        call.stdin.text,
        exact=False,
        paths=call.stdin.paths,
        secret=_secret(call),
    )


def _awk(call: Invocation) -> Data:
    """A program without texts of its own only picks from what it is given."""
    made = any('"' in word.text or word.holes for word in call.args[:2])
    return _rewrites(call) if made else _passes(call)


def _rewrites(call: Invocation) -> Data:
    return Data("decoded" if call.stdin.text is not None else worst(["unknown", call.stdin.origin]),
                secret=_secret(call))  # fmt: skip


_NARROWS = re.compile(r"-(i?name|i?path|i?regex|[mac](time|min)|size|empty|user|newer\w*)")


def _paths(call: Invocation) -> Data:
    """What find and ls name: all in a directory, or what a test of find's leaves of it."""
    if call.name == "find":
        return Data("unknown", paths=tuple(found_by(call)))
    found = [word for word in call.args if not word.text.startswith("-")]
    below = [_inside(word, Hole("glob", "/*")) for word in found]
    if not found or not all(re.search(r"\.\w+$", word.text) for word in found):
        # Of a directory ls shows names alone, which lead elsewhere from elsewhere.
        below.append(Word((Hole("glob", "*"),)))
    return Data("unknown", paths=tuple(below))


_OTHERS = frozenset(("!", "-not", "-o", "-or", ","))
"""What makes find leave more than a test of names says."""


def found_by(call: Invocation) -> Iterator[Word]:
    """What a call of find may find: all in a directory, or what a test of its leaves of it."""
    roots = list(itertools.takewhile(lambda w: not w.text.startswith(("-", "(", "!")), call.args))
    names = [
        name
        for test, name in itertools.pairwise(call.args)
        if re.fullmatch(r"-i?(name|path|wholename)", test.text)
        and (name.literal or "*").strip("*.?/")
    ]
    if _OTHERS & set(call.texts):
        names = []
    narrowed = "*" not in call.texts and any(map(_NARROWS.fullmatch, call.texts))
    inside: Piece = "/…" if narrowed else Hole("glob", "/*")
    for root in roots or [Word((".",))]:
        for name in names:
            yield Word((*root.pieces, "/…/", *name.pieces))
        if not names:
            yield _inside(root, inside)
            if whole := below(root, call.scope):
                yield whole


def _inside(word: Word, piece: Piece) -> Word:
    known = word.text.endswith("*") or re.search(r"\*\.\w+$", word.text)
    return word if known else Word((*word.pieces, piece))


def _found(call: Invocation) -> Data:
    """Numbers of processes, shown by what they were asked for."""
    shown = f"$({call.name} {' '.join(call.texts)})"
    return Data("system", paths=(Word((Hole("system", shown),)),))


def _part(call: Invocation) -> Data:
    """dirname, basename"""
    known = [word.literal for word in call.args if not word.text.startswith("-")]
    if len(known) != 1 or known[0] is None:
        return Data("system", secret=_secret(call))
    cut = posixpath.dirname if call.name == "dirname" else posixpath.basename
    return Data("system", f"{cut(known[0].rstrip('/')) or '.'}\n")


def _kubectl(call: Invocation) -> Data:
    secret = any(re.match(r"secrets?\b|view$", text) for text in call.texts)
    return Data("file" if "logs" in call.texts[:2] else "system", secret=secret or _secret(call))


def _archive(call: Invocation) -> Data:
    whole = any(
        (resolve(w, call.scope) or "").startswith(("/etc", "/root", "/home", "~"))
        and (resolve(w, call.scope) or "").count("/") <= 2
        for w in call.args
        if w.text.startswith(("/", "~", "."))
    )
    return Data("decoded", secret=whole or _secret(call))


def _same(data: Data) -> Printer:
    return lambda call: Data(data.origin, data.text, secret=_secret(call))


def _tee(call: Invocation) -> Data:
    return call.stdin


def _each(names: str, printer: Printer) -> Mapping[str, Printer]:
    return dict.fromkeys(names.split(), printer)


_PRINTERS: Mapping[str, Printer] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "tac": _cat,
    "tee": _tee,
    "kubectl": _kubectl,
    **_each("docker podman nerdctl docker-compose", _engine),
    **_each("journalctl dmesg last lastb", _same(Data("file"))),
    **_each("pgrep pidof", _found),
    **_each("dirname basename", _part),
    **_each("head tail sort uniq grep egrep fgrep nl less more cut fold fmt zgrep rg pv", _passes),
    **_each("tr sed rev", _rewrites),
    **_each("awk gawk mawk", _awk),
    **_each("base64 base32 xxd openssl uudecode gpg gunzip zcat gzip bzcat xzcat zstdcat bunzip2 xz"
            " unxz bzip2 zstd unzip 7z lz4 od hexdump dd strings", _same(Data("decoded"))),
    **_each("curl wget nc ncat netcat socat telnet ftp lftp aria2c http fetch GET lynx w3m ssh"
            " dig host nslookup", _same(Data("network"))),
    **_each("find ls dir", _paths),
    **_each("tar zip cpio", _archive),
    **_each("date hostname nproc id whoami uname wc stat df du free uptime ps systemctl"
            " lsblk ss getent readlink realpath pwd git mktemp seq"
            " logname tty arch", _same(Data("system"))),
    **_each("true false : test [ cd export sleep wait set shopt read unset", lambda _: NOTHING),
}  # fmt: skip
