"""What fetches from an address, or sends to it."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from tools.security.addresses import gives_credentials, host_of, is_local
from tools.security.finding import Finding, danger, deny, reaches, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.options import Parsed
from tools.security.paths import normal, reading, resolve, writes
from tools.security.words import Data, Word, plain

_CURL = (
    "-fgGiIjJkLlMnNOpqRsSvZ#0123446a -A= -b= -c= -C= -d= -D= -e= -E= -F= -h= -H= -K= -m= -o= -P= -Q= -r= -t= -T= -u= -U= -w= -x= -X= -y= -Y= -z="
    " --fail --globoff --include --head --insecure --location --silent --show-error --verbose --compressed --http1.1 --http2 --http1.0"
    " --user-agent= --cookie= --header= --max-time= --connect-timeout= --output= --write-out= --request= --resolve= --retry= --retry-delay="
    " --unix-socket= --data= --data-raw= --data-binary= --data-urlencode= --get --form= --upload-file= --config= --url= --user= --cacert= --cert= --key="
    " --fail-with-body --no-progress-meter --no-buffer --path-as-is --proto= --tlsv1.2 --tlsv1.3 --interface= --json= --version --ipv4 --ipv6 --noproxy="
    " --retry-connrefused --max-redirs= --connect-to= --trace-ascii= --dump-header= --remote-name --create-dirs --limit-rate= --proxy= --cookie-jar="
    " --keepalive-time= --http2-prior-knowledge --location-trusted --range= --referer= --retry-max-time= --parallel --stderr= --oauth2-bearer= --netrc"
    " --basic --digest --ssl-no-revoke --raw --haproxy-protocol --remote-header-name --retry-all-errors --form-string= --trace= --etag-save="
)
_WGET = (
    "-qvdcNSnbKkmprxEHL46h -O= -P= -o= -a= -e= -i= -T= -t= -U= -w= -Q= -l= -A= -R= -D= -I= -X= -B="
    " --quiet --verbose --spider --server-response --no-verbose --continue --output-document= --output-file= --timeout= --tries="
    " --no-check-certificate --header= --user-agent= --max-redirect= --method= --post-data= --post-file= --body-data= --body-file="
    " --save-headers --content-on-error --no-proxy --progress= --show-progress --directory-prefix= --no-cache --no-dns-cache"
    " --connect-timeout= --read-timeout= --inet4-only --inet6-only --delete-after --recursive --user= --password= --no-hsts --version --waitretry= --retry-connrefused"
)
_WRITES = "-o --output -D --dump-header -c --cookie-jar --trace-ascii --trace --stderr --etag-save"
_READS = "-w --write-out -H --header -b --cookie -K --config -E --cert --key --cacert"
_SENDS = "-d --data --data-raw --data-binary --data-urlencode -F --form -T --upload-file --json --form-string"
_REROUTES = "--connect-to --resolve -x --proxy --interface"
_TO = re.compile(r"[^:]*:\d*:(\[[^]]*\]|[^:,]*)(:\d*)?")
"""``--connect-to HOST:PORT:HOST2:PORT2`` and ``--resolve HOST:PORT:ADDRESS``."""
_SERVES_SECRETS = re.compile(
    r"/actuator/(env|heapdump|configprops)|:2375\b|:2376\b|:2379\b|:8500/v1/kv|:8200/v1/(?!sys/)"
)
_ENGINE = re.compile(r"/(var/)?run/(docker|containerd|podman|crio)")


def _curl(call: Invocation) -> Iterator[Finding]:
    found = call.options(_CURL)
    for name in found.unknown:
        yield danger(f"curl {name} is not known to read only")
    urls = [*found.operands, *found.values("--url")]
    yield from _reached(call, [*urls, *found.values(*_REROUTES.split())])
    for value in found.values("--connect-to", "--resolve"):
        where = _TO.fullmatch(value.text)
        if where is None or (where[1] and not is_local(where[1])):
            yield reaches(f"curl is sent elsewhere by {value.text}")
    for value in found.values(*_WRITES.split()):
        yield from _fetched(call, value)
    if found.has("-O", "--remote-name", "-J"):
        yield danger("curl -O writes a file")
        for url in urls:
            list(_fetched(call, plain(_last(url))))
    for value in found.values("-X", "--request"):
        if value.text.upper() not in ("GET", "HEAD", "OPTIONS"):
            yield danger(f"curl -X {value.text} changes something")
    yield from _sent(found)
    yield from _told(call, found)
    if not urls or not all(is_local(url.text) for url in urls):
        yield from told(call)


def _told(call: Invocation, found: Parsed) -> Iterator[Finding]:
    """Files that curl is told to read, or to write, in the middle of a value."""
    for name, value in found.options:
        if value is None or name not in _READS.split():
            continue
        if "%output{" in value.text or (name in ("-H", "--header") and value.text[:1] == "@"):
            yield danger(f"curl {name} {value.text} reads or writes a file")
        yield from reading(call, value.after(1) if value.start[:1] == "@" else value)
    if found.has("-Q"):
        yield danger("curl -Q gives orders to the server")


def _sent(found: Parsed) -> Iterator[Finding]:
    """What curl tells others, and what it is told itself."""
    sent = found.values(*_SENDS.split())
    if sent and not found.has("-G", "--get"):
        yield danger("curl sends data")
    if found.has("-K", "--config"):
        yield danger("curl -K reads its options from a file")
    if any(_ENGINE.match(normal(value.text)) for value in found.values("--unix-socket")):
        yield danger("curl speaks to a container engine")
        if sent or found.has("-X", "--request"):
            yield deny("curl takes the host over through the container engine")


def _reached(call: Invocation, addresses: list[Word]) -> Iterator[Finding]:
    if any(gives_credentials(word.text) for word in call.args):
        yield deny(f"{call.name}: the metadata service gives credentials of the cloud")
    for address in addresses:
        if not is_local(address.text):
            yield reaches(f"{call.name} reaches {host_of(address.text) or address.text}")
        if is_local(address.text) and _SERVES_SECRETS.search(address.text):
            yield reveals(f"{call.name}: {address.text} may hold secrets of a local service")
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", address.text, re.IGNORECASE)
        if scheme and "://" in address.text and scheme[1].lower() not in ("http", "https"):
            yield danger(
                f"{call.name} {scheme[1]}: reads a file, or speaks what is not judged here"
            )


def _fetched(call: Invocation, target: Word) -> Iterator[Finding]:
    """A file that holds what nobody has seen."""
    yield from writes(call, target, f"{call.name} -o")
    path = resolve(target, call.scope)
    if path:
        call.scope.files[path] = Data("network")


def _last(url: Word) -> str:
    return posixpath.basename(url.text.partition("?")[0]) or "index.html"


def _wget(call: Invocation) -> Iterator[Finding]:
    found = call.options(_WGET)
    for name in found.unknown:
        yield danger(f"wget {name} is not known to read only")
    yield from _reached(call, found.operands)
    targets = found.values("-O", "--output-document")
    for target in targets:
        if target.text != "-":
            yield from _fetched(call, target)
    if not targets and not found.has("--spider"):
        yield danger("wget writes a file")
        for url in found.operands:
            list(_fetched(call, plain(_last(url))))
    if found.has("-i", "-e", "-P", "-r", "-m", "-o", "-a", "--recursive", "--directory-prefix"):
        yield danger("wget writes files, or does as a file says")
    if found.has("-b"):
        yield danger("wget -b goes on in the background and writes a log")
    if found.has("--method", "--post-data", "--post-file", "--body-data", "--body-file"):
        yield danger("wget sends data")
    yield from told(call)


PROGRAMS: Mapping[str, Judge] = {"curl": _curl, "wget": _wget}
