"""Programs that show and filter text and files."""

import re
from collections.abc import Iterator, Mapping

from bot.tool import Level
from tools.security.addresses import is_local
from tools.security.finding import Finding, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.paths import destroys, loses, reading, reading_below, writes
from tools.security.tables import SHOW, dangerous, only
from tools.security.words import Word, plain


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
    for text in call.texts:
        if not re.fullmatch(r"-[NSRFXEeinMmqsuwGJ~]+|\+\d+|\+G|[^-+].*", text):
            yield danger(f"{call.name} {text} is not known to read only")
    yield from SHOW(call)


def _yq(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-eEjPrMCnN0 -o= -p= -I= --exit-status --raw-output --output-format= --input-format= --null-input --prettyPrint --unwrapScalar? --no-colors --colors --indent= --no-doc --unwrap-scalar? -c -y -Y"
    )
    for name in found.unknown:
        yield danger(f"yq {name} is not known to read only")
    if any(re.search(r"\b(load\w*|system|envsubst)\b", word.text) for word in call.args):
        yield danger("yq reads other files, or starts programs")
    for word in call.args:
        yield from reading(call, word)


_OPENSSL_READS = frozenset(
    "version ciphers s_client x509 verify crl dgst asn1parse list req".split()
)
_OF_CERTIFICATES = ("x509", "verify", "crl")
_CERTIFICATE = re.compile(r"(?!.*(priv|key)).*\.(pem|crt|cer)")
"""What these show of it is public, also when a key stands beside it."""
_OPENSSL_OPTIONS = re.compile(
    r"-(noout|text|dates|subject|issuer|enddate|startdate|serial|fingerprint|sha\d+|md5|in|inform|connect|servername"
    r"|showcerts|brief|CAfile|CApath|checkend|ext|hash|modulus|pubkey|nameopt|nextupdate|lastupdate|verify_return_error|starttls|tls1_[123]"
    r"|purpose|untrusted|a|v|V|s|h|r|hex|binary|c|digest-commands|cipher-commands|alpn|status|tlsextdebug|crlf|quiet"
    r"|certopt|email|ocsp_uri|checkhost|checkip|partial_chain|no_check_time|issuer_hash|subject_hash|cipher|ciphersuites|4|6)"
)


def _openssl(call: Invocation) -> Iterator[Finding]:
    verb = call.texts[0] if call.texts else ""
    options = [text for text in call.texts[1:] if text.startswith("-")]
    if verb not in _OPENSSL_READS or not all(map(_OPENSSL_OPTIONS.fullmatch, options)):
        yield danger(f"openssl {verb} may make keys or write files")
    if verb == "s_client" and not any(map(is_local, call.texts[1:])):
        yield reaches("openssl s_client reaches another host", Level.ALLOW)
        yield from told(call)
        if any(word.holes for word in call.args):
            yield danger("openssl s_client tells another host what was computed here")
        if call.stdin.text is None:
            yield danger("openssl s_client sends what it reads")
    for word in call.args:
        if verb not in _OF_CERTIFICATES or not _CERTIFICATE.fullmatch(word.text):
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
    deep = found.has("-r", "-R", "--recursive", "--dereference-recursive", "-d", "--directories")
    if deep and not found.has("--include"):
        for word in files or [plain(".")]:
            yield from reading_below(call, word)
    for name in found.values("--include"):
        for word in files:
            yield from reading(call, Word((*word.pieces, "/…/", *name.pieces)))


PROGRAMS: Mapping[str, Judge] = {
    "tee": _tee,
    "sort": _sort,
    "uniq": _lines,
    "dd": _dd,
    "less more most": _less,
    "openssl": _openssl,
    "shred": _shred,
    "grep egrep fgrep zgrep zegrep zfgrep bzgrep xzgrep": _grep,
    "xxd": _xxd,
    "yq": _yq,
    "xmllint": only(
        r"--(format|xpath|noout|nowarning|pretty|encode|schema|html|huge|recover)|-", content=True
    ),
    "split csplit": dangerous("writes files"),
}
