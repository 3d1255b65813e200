"""Packages, repositories, databases, web servers."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, changes, dangerous, only, reads, verbs

_INSTALLS = dangerous("installs or removes software")
_METADATA = changes("refreshes lists of packages")


_APT_READS = frozenset(
    "list show search policy depends rdepends showpkg showsrc madison stats pkgnames dump check changelog unmet dotty showhold showmanual showauto print-uris".split()
)


def _apt(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    simulated = any(
        re.fullmatch(r"-s|--(simulate|dry-run|just-print|no-act|recon)", t) for t in texts
    )
    verb = next((t for t in texts if not t.startswith("-")), "")
    for text in texts:
        if re.search(r"::(Pre-|Post-)?(Invoke|Update)|Dir::|Pager", text):
            yield danger(f"{call.name}: {text} starts a program")
            yield from call.script(text.partition("=")[2])
    if verb == "update":
        yield from _METADATA(call)
    elif verb in _APT_READS or not verb:
        return
    elif not simulated:
        yield danger(f"{call.name} {verb} installs or removes software")


def _pacman(call: Invocation) -> Iterator[Finding]:
    if not any(re.match(r"-(Q|Ss|Si|F|V)", t) for t in call.texts):
        yield danger("pacman installs or removes software")


_YUM = verbs(
    {
        "list info search provides repolist repoinfo history check-update deplist repoquery updateinfo whatprovides version group grouplist check": READ,
        "makecache": _METADATA,
    },
    "-yqCv -c= -d= --assumeyes --quiet --enablerepo= --disablerepo= --cacheonly --installed --available",
    other="installs or removes software",
    never="--setopt= --config= --installroot= --releasever=",
)


def _piplike(reading: str) -> Judge:
    return verbs(
        {reading: READ},
        "-qv --version --quiet",
        other="installs or removes software",
        never="--index-url= -i= --extra-index-url= --registry= --proxy= --find-links= --prefix= --script-shell=",
    )


PROGRAMS: Mapping[str, Judge] = {
    "apt apt-get apt-cache aptitude apt-config": _apt,
    "apt-mark": verbs({"showhold showmanual showauto": READ}, other="changes packages"),
    "dpkg dpkg-query": only(
        r"-[lLsSpVCIcWf]+|--(list|listfiles|status|search|print-avail|get-selections|verify|audit|version|compare-versions|info|contents|show|print-architecture|no-pager|showformat=.*|field)",
        needs=r"-[lLsSpVCIcWf]+|--\w.*",
    ),
    "dpkg-reconfigure": _INSTALLS,
    "rpm": only(
        r"-[qalicfdsvVRKp]+|--(query|all|list|info|file|last|changelog|scripts|requires|provides|verify|version|queryformat|qf|whatprovides|whatrequires|checksig|docfiles|configfiles|dump|state|showrc|qf=.*|queryformat=.*|nodigest|nosignature)",
        needs=r"-[a-zA-Z]*[qVK][a-zA-Z]*|--(query|verify|version|checksig|showrc)",
    ),
    "pacman": _pacman,
    "yum dnf microdnf": _YUM,
    "zypper": verbs(
        {
            "search se info list-updates lu repos lr packages pa patches": READ,
            "refresh ref": _METADATA,
        },
        "-nq --non-interactive",
        other="installs or removes software",
    ),
    "apk": verbs(
        {"info list search policy version stats dot": READ, "update": _METADATA},
        "-qv --no-cache",
        other="installs or removes software",
    ),
    "snap": verbs(
        {"list info find services connections changes version logs": READ}, other="changes snaps"
    ),
    "flatpak": verbs({"list info remotes search": READ}, other="changes packages"),
    "brew": verbs(
        {"list info search outdated": READ, "update": _METADATA}, other="changes packages"
    ),
    "pip pip3 pipx uv poetry conda": _piplike(
        "list show freeze check debug index inspect help search version"
    ),
    "npm yarn pnpm": _piplike("ls list outdated view info why root bin prefix help ping"),
    "gem": _piplike("list search info environment outdated which specification"),
    "cargo go rustup": verbs(
        {"version tree metadata search env": READ}, "--version -V", other="builds or installs"
    ),
    "composer": verbs({"show info outdated validate licenses": READ}, other="changes packages"),
    "npx make cmake ninja gradle mvn rake": dangerous("runs what a file says"),
    "cloud-init": verbs({"status query analyze": READ}, other="sets the host up again"),
    "jenv": READ,
    "ldconfig updatedb mandb": changes("refreshes a cache"),
    "update-alternatives": reads("--set= --install= --remove= --auto= --config= --remove-all="),
    "iptstate": READ,
}
