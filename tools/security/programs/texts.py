"""Programs that show and filter text and files."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
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


_SED_RUNS = re.compile(
    r"(^|[;{}\n]|[0-9,$/!]\s*)\s*e(\s|$)|/[gpIiMm0-9]*e[gpIiMm0-9]*\s*($|[;}])|\\n?e\b"
)
_SED_WRITES = re.compile(r"(^|[;{}\n]|[0-9,$/!]\s*)\s*[wW]\s+\S|/[gpIiMm0-9]*w\s+\S")


def _sed(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-nEersuz -e= -f= -l= -i? -I? --quiet --silent --expression= --file= --regexp-extended --in-place?"
        " --null-data --separate --unbuffered --posix --debug --sandbox --line-length= --version --help -b --binary --follow-symlinks"
    )
    in_place = any(re.match(r"-[nErsuz]*[iI]|--in-p", t) for t in call.texts)
    scripts = found.values("-e", "--expression")
    operands = list(found.operands)
    if not scripts and operands and not found.has("-f", "--file"):
        scripts, operands = [operands[0]], operands[1:]
    if found.has("-f", "--file"):
        yield danger("sed runs a script from a file")
    for script in scripts:
        yield from _sed_script(call, script)
    for word in operands:
        if in_place:
            yield from writes(call, word, "sed -i")
        else:
            yield from reading(call, word)


def _sed_script(call: Invocation, script: Word) -> Iterator[Finding]:
    if re.search(r"(^|[;{}\n]|[0-9,$/!])\s*e\s+(.+)", script.text):
        runs = re.search(r"(^|[;{}\n]|[0-9,$/!])\s*e\s+(.+)", script.text)
        yield danger("sed's command e runs a program")
        yield from call.script(runs[2] if runs else "")
    elif _SED_RUNS.search(script.text):
        yield danger("sed may run a program (e)")
    if _SED_WRITES.search(script.text):
        yield danger("sed's command w writes a file")


_AWK_RUNS = re.compile(r"system\s*\(\s*\"((?:[^\"\\]|\\.)*)\"")
_AWK_MORE = re.compile(
    r"system\s*\(|getline|\|&?\s*\"|\|\s*\w+\s*;?|print[^;}]*>|@load|@include|/inet/"
)


def _awk(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bcCegIhkMnNOPrsStV -f= -F= -v= -i= -l= -o? -d? -p? -E= --file= --field-separator= --assign= --version --re-interval --posix --traditional --characters-as-bytes --include= --source= --csv"
    )
    operands = list(found.operands)
    if found.has("-f", "--file", "-i", "-l", "-E", "--include", "-o", "-d", "-p"):
        yield danger(f"{call.name} runs a program from a file, or writes one")
    elif operands:
        program = operands.pop(0)
        text = re.sub(r"/(?:[^/\\\n]|\\.)*/", "//", program.text)
        for run in _AWK_RUNS.finditer(program.text):
            yield from call.script(run[1].replace('\\"', '"'))
        for run in re.finditer(r"\"((?:[^\"\\]|\\.)*)\"\s*\|", program.text):
            yield from call.script(run[1].replace('\\"', '"'))
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
        if (
            re.search(
                r"system\s*\(|getline|\|(?!\|)|print\w*[^;}\n)]*>|@load|@include",
                bare.replace("||", ""),
            )
            or "/inet/" in program.text
        ):
            yield danger(f"{call.name} starts a program, or writes a file")
        if program.holes and program.origin not in ("system", "unset"):
            yield danger(f"{call.name}: its program is not known: {program.text}")
    for word in operands:
        yield from reading(call, word)


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
        yield Finding("allow", "read", "openssl s_client reaches another host", egress=True)  # type: ignore[arg-type]
    for word in call.args:
        yield from reading(call, word)


def _shred(call: Invocation) -> Iterator[Finding]:
    yield danger("shred destroys what a file holds")
    for word in call.args:
        if not word.text.startswith("-"):
            yield from destroys(call, word, "shred")
            yield from loses(call, word, "shred")


PROGRAMS: Mapping[str, Judge] = {
    "find": _find,
    "sed": _sed,
    "awk gawk mawk nawk": _awk,
    "tee": _tee,
    "sort": _sort,
    "uniq": _lines,
    "dd": _dd,
    "less more most": _less,
    "openssl": _openssl,
    "shred": _shred,
    "cat tac head tail nl cut paste join comm diff cmp sdiff colordiff tr rev fold fmt expand unexpand"
    " column wc strings od hexdump grep egrep fgrep zgrep zegrep zfgrep bzgrep xzgrep zcat bzcat xzcat zstdcat"
    " zless zmore zdiff zcmp base32 pr look tsort jq gron colrm ul iconv diff3 vdiff file"
    " md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum readelf objdump nm size ldd": SHOW,
    "base64": SHOW,
    "xxd": reads("-r --revert"),
    "yq": reads("-i --inplace --in-place"),
    "xmllint": reads("--output= --shell"),
    "rg": reads("--pre= --hostname-bin= --search-zip -z", values="efgmABCjtTMr"),
    "ag ack fd fdfind locate mlocate plocate tree": reads(
        "-o= -x --exec= -X --exec-batch=", values="LPI"
    ),
    "ls dir vdir stat basename dirname readlink realpath pathchk seq factor expr bc cal ncal"
    " numfmt du df nproc arch tty printenv sleep namei getfacl lsattr lsof mountpoint"
    " findmnt vercmp md5 cksfv getconf locale users logname dircolors errno ascii units": READ,
    "split csplit": dangerous("writes files"),
}
