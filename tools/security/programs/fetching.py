"""What fetches from an address, or sends to it."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.options import Parsed
from tools.security.paths import reads_secret, writes
from tools.security.programs.networks import LOCAL
from tools.security.words import Word

METADATA = re.compile(
    r"169\.254\.169\.254|metadata\.google|100\.100\.100\.200|fd00:ec2::254|169\.254\.170\.2|0xa9fea9fe|2852039166|metadata\.azure"
)
_CURL = (
    "-fgGiIjJkLlMnNOpqRsSvZ#0123446a -A= -b= -c= -C= -d= -D= -e= -E= -F= -h= -H= -K= -m= -o= -P= -Q= -r= -t= -T= -u= -U= -w= -x= -X= -y= -Y= -z="
    " --fail --globoff --include --head --insecure --location --silent --show-error --verbose --compressed --http1.1 --http2 --http1.0"
    " --user-agent= --cookie= --header= --max-time= --connect-timeout= --output= --write-out= --request= --resolve= --retry= --retry-delay="
    " --unix-socket= --data= --data-raw= --data-binary= --data-urlencode= --get --form= --upload-file= --config= --url= --user= --cacert= --cert= --key="
    " --fail-with-body --no-progress-meter --no-buffer --path-as-is --proto= --tlsv1.2 --tlsv1.3 --interface= --json= --version --ipv4 --ipv6 --noproxy= --retry-connrefused --max-redirs= --connect-to= --trace-ascii= --dump-header= --remote-name --create-dirs --limit-rate= --proxy= --cookie-jar= --keepalive-time= --http2-prior-knowledge --location-trusted --range= --referer= --retry-max-time= --parallel --stderr= --oauth2-bearer= --netrc --basic --digest --ssl-no-revoke --raw --haproxy-protocol --remote-header-name --retry-all-errors"
)


def _curl(call: Invocation) -> Iterator[Finding]:
    found = call.options(_CURL)
    for name in found.unknown:
        yield danger(f"curl {name} is not known to read only")
    urls = [*found.operands, *found.values("--url")]
    yield from _addresses(call, urls)
    for value in found.values(
        "-o", "--output", "-D", "--dump-header", "-c", "--cookie-jar", "--trace-ascii", "--stderr"
    ):
        yield from writes(call, value, "curl -o")
    if found.has("-O", "--remote-name", "-J"):
        yield danger("curl -O writes a file")
    for value in found.values("-X", "--request"):
        if value.text.upper() not in ("GET", "HEAD", "OPTIONS"):
            yield danger(f"curl -X {value.text} changes something")
    yield from _sent(call, found, urls)


_SENT = "-d --data --data-raw --data-binary --data-urlencode -F --form -T --upload-file --json"


def _sent(call: Invocation, found: Parsed, urls: list[Word]) -> Iterator[Finding]:
    """What curl tells others."""
    sent = found.values(*_SENT.split())
    if sent and not found.has("-G", "--get"):
        yield danger("curl sends data")
    if found.has("-K", "--config"):
        yield danger("curl -K reads its options from a file")
    if any(
        re.match(r"/(var/)?run/(docker|containerd|podman)", v.text)
        for v in found.values("--unix-socket")
    ):
        yield danger("curl speaks to a container engine")
        if sent or found.has("-X"):
            yield deny("curl takes the host over through the container engine")
    yield from _leaks(
        call,
        [*sent, *urls, *found.values("-H", "--header", "-u", "--user", "-b", "--cookie", "-A")],
        urls,
    )


def _addresses(call: Invocation, urls: "list[Word]") -> Iterator[Finding]:
    for url in urls:
        if METADATA.search(url.text):
            yield deny(f"{call.name}: the metadata service gives credentials of the cloud")
        elif not LOCAL.fullmatch(url.text):
            yield reaches(f"{call.name} reaches {url.text}")
        if url.text.startswith("file:"):
            yield danger(f"{call.name} reads a file by address")


def _leaks(call: Invocation, words: "list[Word]", urls: "list[Word]") -> Iterator[Finding]:
    if urls and all(LOCAL.fullmatch(url.text) for url in urls):
        return
    named = [w for w in words if w.text.lstrip("@") != w.text or "@" in w.text]
    files = [Word((w.text.split("@")[-1].split(";")[0],)) for w in named]
    secret = any(w.secret for w in words) or any(reads_secret(f, call.scope) for f in files)
    secret = secret or any(
        reads_secret(w, call.scope) for w in words if w.text.startswith(("/", "~"))
    )
    if secret or (call.stdin.secret and (words or "-T" in " ".join(call.texts))):
        yield deny(f"{call.name} sends secrets away")


def _wget(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    urls = [w for w in call.args if re.match(r"\w+://|[\w.-]+\.[a-z]{2,}/|localhost|127\.", w.text)]
    yield from _addresses(call, urls)
    spider = any(t.startswith("--spider") for t in texts)
    joined = " ".join(texts)
    quiet = re.search(
        r"(-[a-zA-Z]*O\s*|--output-document[= ])(-|/dev/null|/dev/stdout)( |$)", joined
    )
    if not spider and not quiet:
        yield danger("wget writes a file")
        for value in call.options("-qcNSnv -O= -P= -o= --output-document= --quiet").values(
            "-O", "--output-document"
        ):
            yield from writes(call, value, "wget -O")
    if re.search(r"--(post|method|body|use-askpass|execute|config)| -e ", f" {joined}"):
        yield danger("wget sends data, or runs what is configured")
    yield from _leaks(call, list(call.args), urls)
    if re.search(r"--(post|body)-file[= ]\S*", joined) and any(
        reads_secret(Word((t.split("=")[-1],)), call.scope) for t in texts
    ):
        yield deny("wget sends secrets away")


PROGRAMS: Mapping[str, Judge] = {
    "curl": _curl,
    "wget": _wget,
}
