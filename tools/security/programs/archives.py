"""Archives: which calls only list, or print."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.paths import destroys, loses, reading, resolve
from tools.security.tables import dangerous, only, takes
from tools.security.words import Word, plain

_TAR = (
    "-tcxruvzjJaOkphPSwWnizAd -f= -C= -T_= --list --create --extract --get --append --update --verbose --file= --gzip"
    " --bzip2 --xz --zstd --auto-compress --exclude= --directory= --wildcards --no-wildcards --anchored --utc --full-time"
    " --numeric-owner --to-stdout --strip-components= --no-recursion --one-file-system --sparse --preserve-permissions"
    " --same-owner --no-same-owner --transform= --owner= --group= --mode= --warning= --remove-files --dereference -L -h"
    " --absolute-names --diff --compare --no-same-permissions --overwrite --keep-old-files --touch --ignore-failed-read"
).replace(" -T_=", "")
_STARTS = re.compile(
    r"--(to-c|checkpoint-a|checkpoint-|use|rsh|info-s|new-v|rmt|rem?t?-c)|-[a-zA-Z]*[IF]"
)
_OPENS = ("/", "/etc", "/usr", "/bin", "/boot", "/lib", "/sbin", "/root")


def _tar(call: Invocation) -> Iterator[Finding]:
    words = list(call.args)
    if words and re.fullmatch(r"[A-Za-z]+", words[0].text):
        words[0] = plain(f"-{words[0].text}")
    dashed = Invocation(call.name, tuple(words), call.scope, call.stdin, call.walker)
    found = dashed.options(_TAR)
    for name in found.unknown:
        yield danger(f"tar {name} is not known to read only")
    yield from _started(call)
    files = found.values("-f", "--file")
    if found.has("--remove-files"):
        for word in found.operands:
            yield from destroys(call, word, "tar --remove-files")
    if any(":" in value.text for value in files):
        yield danger("tar reaches another host", egress=True)
    others = found.has(
        "-c", "-x", "-r", "-u", "-A", "--create", "--extract", "--get", "--append", "--update"
    )
    if found.has("-t", "--list", "-d", "--diff", "--compare") and not others:
        return
    creates = found.has("-c", "--create") and not found.has("-x", "-r", "-u")
    if creates and all(value.text in ("-", "/dev/null", "/dev/stdout") for value in files):
        yield from _told(call, found.operands)
        return
    yield danger("tar writes files")
    for value in files if creates else ():
        yield from loses(call, value, "tar")
    for value in found.values("-C", "--directory"):
        if not creates and resolve(value, call.scope) in _OPENS:
            yield deny(f"tar replaces files below {value.text}")


def _started(call: Invocation) -> Iterator[Finding]:
    for word in call.args:
        if _STARTS.match(word.text):
            yield danger(f"tar {word.text} starts a program")
            yield from call.script(re.sub(r"^exec=", "", word.text.partition("=")[2]))


def _told(call: Invocation, words: list[Word]) -> Iterator[Finding]:
    for word in words:
        yield from reading(call, word)
        path = resolve(word, call.scope) or ""
        if path in ("/", "/etc", "/root", "~", "/home") or path.startswith("/root/."):
            yield danger(f"tar reads all of {path}")


def _packer(letters: str) -> Judge:
    """gzip and the like: only with options that print, test or list."""
    shows = re.compile(
        rf"-[{letters}kqv0-9]*[ctl][{letters}kqvctl0-9]*|--(stdout|to-stdout|test|list)"
    )
    other = re.compile(
        rf"-[{letters}kqvctl0-9]+|--(stdout|to-stdout|test|list|decompress|keep|quiet|verbose)"
    )

    def judge(call: Invocation) -> Iterator[Finding]:
        options = [text for text in call.texts if text.startswith("-") and text != "-"]
        filters = call.stdin.text != "" and len(options) == len(call.texts)
        if not all(map(other.fullmatch, options)) or not (
            filters or any(map(shows.fullmatch, options))
        ):
            yield danger(f"{call.name} writes files")
        for word in call.args:
            yield from reading(call, word)

    return judge


def _cpio(call: Invocation) -> Iterator[Finding]:
    if call.texts not in (("-t",), ("-it",), ("-itv",), ("-tv",), ("--list",)):
        yield danger("cpio writes files")


PROGRAMS: Mapping[str, Judge] = {
    "tar bsdtar": _tar,
    "gzip gunzip": _packer("dnN"),
    "bzip2 bunzip2": _packer("ds"),
    "xz unxz lzma unlzma": _packer("deT"),
    "zstd unzstd lz4": _packer("d"),
    "unzip": only(r"-[lvtpzZqC12]+", needs=r"-[qC12]*[lvtpzZ][lvtpzZqC12]*", content=True),
    "zipinfo": takes("-12smlvhzTMCtZ", content=True),
    "cpio": _cpio,
    "zip 7z ar": dangerous("writes files"),
}
