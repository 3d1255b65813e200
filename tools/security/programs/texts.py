"""Programs that show and filter text and files."""

import re
from collections.abc import Iterator, Mapping

from bot.tool import Level
from tools.security.finding import Finding, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.paths import destroys, loses, reading, writes
from tools.security.tables import READ, SHOW, dangerous, reads
from tools.security.words import NOTHING, Hole, Word, plain

_ACTIONS = {"-exec", "-execdir", "-ok", "-okdir"}
_FIND_WRITES = {"-fprint", "-fprint0", "-fprintf", "-fls"}


def _find(call: Invocation) -> Iterator[Finding]:
    words = list(call.args)
    roots: list[Word] = []
    while words and not words[0].text.startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    while words and re.fullmatch(r"-[HLPO]\d?|-D", words[0].text):
        words.pop(0)
        while words and not words[0].text.startswith(("-", "(", "!")):
            roots.append(words.pop(0))
    roots = roots or [plain(".")]
    narrowed = any(w.text in _NARROW for w in words)
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "-delete":
            yield from _deleted(call, roots, narrowed=narrowed)
        elif text in _FIND_WRITES and index + 1 < len(words):
            yield from writes(call, words[index + 1], f"find {text}")
        elif text in _ACTIONS:
            end = next(
                (i for i in range(index, len(words)) if words[i].text in (";", "+")), len(words)
            )
            yield from _executed(call, words[index + 1 : end], roots)
            index = end
        elif words[index].may_be_option and words[index].holes:
            yield danger(f"find: {text} may be an action")
        index += 1
    for root in roots:
        if any(w.text.startswith("-exec") for w in words):
            yield from reading(call, root)


_NARROW = {
    "-name", "-iname", "-path", "-ipath", "-regex", "-iregex", "-mtime", "-mmin", "-atime", "-ctime",
    "-size", "-empty", "-user", "-group", "-newer", "-newermt", "-perm", "-inum", "-nouser", "-amin",
}  # fmt: skip


def _deleted(call: Invocation, roots: list[Word], *, narrowed: bool) -> Iterator[Finding]:
    yield danger("find -delete deletes what it finds")
    for root in roots:
        for found in destroys(call, root, "find -delete"):
            shallow = root.text.rstrip("/").count("/") >= 2 and root.text.startswith("/var/")
            if not (narrowed and shallow) and not (narrowed and root.text.startswith("/tmp")):
                yield found


def _executed(call: Invocation, words: list[Word], roots: list[Word]) -> Iterator[Finding]:
    for root in roots:
        item = Word((*root.pieces, Hole("glob", "/**")))
        pieces = [_filled(word, item) for word in words]
        yield from call.command(pieces, NOTHING)


def _filled(word: Word, item: Word) -> Word:
    if word.literal is None or "{}" not in word.literal:
        return word
    if word.literal == "{}":
        return item
    before, _, after = word.literal.partition("{}")
    return Word(tuple(p for p in (before, Hole("system", "{}"), after) if p != ""))


def _tee(call: Invocation) -> Iterator[Finding]:
    from tools.security.redirects import Written

    for word in call.options("-aip --append --ignore-interrupts --output-error?").operands:
        yield from Written(word, "tee").judge(call.scope, call.walker, call.stdin)


def _sort(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bcCdfghiMmnRrsuVz -k= -o= -S= -t= -T= --output= --key= --field-separator= --buffer-size="
        " --numeric-sort --reverse --unique --human-numeric-sort --version-sort --general-numeric-sort"
        " --ignore-case --zero-terminated --stable --check? --parallel= --compress-program= --temporary-directory="
        " --month-sort --random-sort --merge --files0-from= --debug --dictionary-order --sort= --ignore-leading-blanks --batch-size= --random-source="
    )
    for word in found.values("-o", "--output"):
        yield from writes(call, word, "sort -o")
    if found.unknown or found.has("--compress-program"):
        yield danger(f"sort {' '.join(found.unknown)} is not known to read only")
    for word in call.args:
        yield from reading(call, word)
        if word.may_be_option and word.holes:
            yield danger(f"sort: {word.text} may be an option that writes")


def _lines(call: Invocation) -> Iterator[Finding]:
    """uniq and the like: a second operand is written."""
    found = call.options(
        "-cdDiuzw -f= -s= --count --repeated --unique --ignore-case --all-repeated? --skip-fields= --skip-chars= --zero-terminated"
    )
    for word in found.operands[1:2]:
        yield from writes(call, word, call.name)
    for word in found.operands[:1]:
        yield from reading(call, word)


def _dd(call: Invocation) -> Iterator[Finding]:
    if any(text.startswith("of=") for text in call.texts):
        yield deny(
            "dd overwrites without asking", "write files with write_file; disks are a person's work"
        )
    elif call.texts[:1] != ("--version",):
        yield deny("dd reads and writes raw data", "read files with head or read_file")


def _less(call: Invocation) -> Iterator[Finding]:
    if any(text.startswith(("+!", "-o")) for text in call.texts):
        yield danger(f"{call.name} starts a program")
    yield from SHOW(call)


def _openssl(call: Invocation) -> Iterator[Finding]:
    verb = call.texts[0] if call.texts else ""
    quiet = {
        "version",
        "ciphers",
        "s_client",
        "x509",
        "verify",
        "crl",
        "dgst",
        "asn1parse",
        "speed",
        "list",
        "req",
    }
    if verb not in quiet or any(
        t
        in (
            "-out",
            "-keyout",
            "-new",
            "-signkey",
            "-CAcreateserial",
            "-proxy",
            "-newkey",
            "-sign",
            "-engine",
            "-provider",
            "-provider-path",
            "-config",
        )
        for t in call.texts
    ):
        yield danger(f"openssl {verb} may make keys or write files")
    if verb == "s_client" and not any(
        re.match(r"(localhost|127\.|\[::1\])", t) for t in call.texts
    ):
        yield reaches("openssl s_client reaches another host", Level.ALLOW)
    for word in call.args:
        yield from reading(call, word)


def _shred(call: Invocation) -> Iterator[Finding]:
    yield danger("shred destroys what a file holds")
    for word in call.args:
        if not word.text.startswith("-"):
            yield from destroys(call, word, "shred")
            yield from loses(call, word, "shred")


def _xxd(call: Invocation) -> Iterator[Finding]:
    """A second file is written."""
    found = call.options("-abeEiprudC -c= -g= -l= -n= -o= -s= -R= -cols= -len=")
    for name in found.unknown:
        yield danger(f"xxd {name} is not known")
    for word in found.operands[:1]:
        yield from reading(call, word)
    for word in found.operands[1:]:
        yield from writes(call, word, "xxd")
    if found.has("-r"):
        yield danger("xxd -r makes bytes of text")


PROGRAMS: Mapping[str, Judge] = {
    "find": _find,
    "tee": _tee,
    "sort": _sort,
    "uniq": _lines,
    "dd": _dd,
    "less more most": _less,
    "openssl": _openssl,
    "shred": _shred,
    "cat tac head tail nl cut paste join comm diff cmp sdiff colordiff tr rev fold fmt expand unexpand"
    " column wc strings od hexdump grep egrep fgrep zgrep zegrep zfgrep bzgrep xzgrep zcat bzcat xzcat zstdcat"
    " zless zmore zdiff zcmp base32 pr look tsort jq gron colrm ul diff3 vdiff"
    " md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum readelf objdump nm size": SHOW,
    "file": reads("-C --compile", values="mFfeP"),
    "iconv": reads("-o= --output=", values="ft"),
    "base64": SHOW,
    "du": reads("--files0-from=", values="dBtX", content=False),
    "xxd": _xxd,
    "yq": reads("-i --inplace --in-place"),
    "xmllint": reads("--output= --shell"),
    "rg": reads("--pre= --hostname-bin= --search-zip -z", values="efgmABCjtTMr"),
    "ag ack fd fdfind locate mlocate plocate tree": reads(
        "-o= -R -x --exec= -X --exec-batch=", values="LPI"
    ),
    "ls dir vdir stat basename dirname readlink realpath pathchk seq factor expr bc cal ncal"
    " numfmt df nproc arch tty printenv sleep namei getfacl lsattr lsof mountpoint"
    " findmnt vercmp md5 cksfv getconf locale users logname dircolors errno ascii units": READ,
    "split csplit": dangerous("writes files"),
}
