"""Programs that show and filter text and files."""

from collections.abc import Iterator, Mapping

from bot.tool import Level
from tools.security.addresses import is_local
from tools.security.finding import Finding, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.paths import destroys, loses, reading, writes
from tools.security.tables import READ, SHOW, dangerous, reads


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


_OPENSSL_READS = frozenset(
    "version ciphers s_client x509 verify crl dgst asn1parse speed list req".split()
)
_OPENSSL_WRITES = frozenset(
    "-out -keyout -new -signkey -CAcreateserial -proxy -newkey -sign -engine -provider"
    " -provider-path -config".split()
)


def _openssl(call: Invocation) -> Iterator[Finding]:
    verb = call.texts[0] if call.texts else ""
    if verb not in _OPENSSL_READS or _OPENSSL_WRITES & set(call.texts):
        yield danger(f"openssl {verb} may make keys or write files")
    if verb == "s_client" and not any(map(is_local, call.texts[1:])):
        yield reaches("openssl s_client reaches another host", Level.ALLOW)
        yield from told(call)
        if call.stdin.text is None:
            yield danger("openssl s_client sends what it reads")
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


_GREP = (
    "-EFGPviwxyclLoqsbHhnTUzZarRI0123456789 -e= -f= -m= -A= -B= -C= -D= -d= --regexp= --file= --color? --colour?"
    " --include= --exclude= --exclude-dir= --exclude-from= --max-count= --context= --after-context= --before-context="
    " --extended-regexp --fixed-strings --perl-regexp --ignore-case --invert-match --word-regexp --line-regexp --count"
    " --files-with-matches --files-without-match --only-matching --quiet --silent --no-messages --byte-offset"
    " --with-filename --no-filename --line-number --null --text --recursive --dereference-recursive --line-buffered"
    " --label= --binary-files= --directories= --devices= --null-data --initial-tab --basic-regexp --binary"
)


def _grep(call: Invocation) -> Iterator[Finding]:
    """An expression, then files."""
    found = call.options(_GREP)
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known")
    named = found.has("-e", "-f", "--regexp", "--file")
    files = found.operands if named else found.operands[1:]
    for word in (*files, *found.values("-f", "--file", "--exclude-from")):
        yield from reading(call, word)


PROGRAMS: Mapping[str, Judge] = {
    "tee": _tee,
    "sort": _sort,
    "uniq": _lines,
    "dd": _dd,
    "less more most": _less,
    "openssl": _openssl,
    "shred": _shred,
    "cat tac head tail nl cut paste join comm diff cmp sdiff colordiff tr rev fold fmt expand unexpand"
    " column wc strings od hexdump zcat bzcat xzcat zstdcat"
    " zless zmore zdiff zcmp base32 pr look tsort jq gron colrm ul diff3 vdiff"
    " md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum readelf objdump nm size": SHOW,
    "grep egrep fgrep zgrep zegrep zfgrep bzgrep xzgrep": _grep,
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
