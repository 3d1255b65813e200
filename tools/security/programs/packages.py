"""Packages of the system and of languages."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, changes, dangerous, only, takes, verbs

_CHANGES = "installs or removes software"
_INSTALLS = dangerous(_CHANGES)
_METADATA = changes("refreshes lists of packages")
_APT = (
    "-qVyfmudsAaint -o= -c= -t= --quiet --verbose --no-pager --option= --config-file="
    " --target-release= --installed --upgradable --upgradeable --all-versions --names-only --full"
    " --no-all-versions --manual-installed --recurse --installed --simulate --dry-run --just-print"
    " --assume-yes --show-upgraded --important --no-recommends --no-suggests --version"
)
_APT_READS = frozenset(
    "list show search policy depends rdepends showpkg showsrc madison stats pkgnames dump unmet"
    " dotty check versions why why-not".split()
)


def _apt(call: Invocation) -> Iterator[Finding]:
    found = call.options(_APT)
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known")
    for value in found.values("-o", "-c", "--option", "--config-file"):
        yield danger(f"{call.name}: {value.text} changes how it works")
        yield from (f for f in call.script(value.text.partition("=")[2]) if f.level == "deny")
    verb = found.operands[0].text if found.operands else ""
    dry = found.has("-s", "--simulate", "--dry-run", "--just-print")
    if verb == "update":
        yield from _METADATA(call)
    elif verb and verb not in _APT_READS and not dry:
        yield danger(f"{call.name} {verb} {_CHANGES}")
    elif not verb and call.name == "aptitude":
        yield danger("aptitude waits for a person")


def _pacman(call: Invocation) -> Iterator[Finding]:
    for text in call.texts:
        if not re.fullmatch(r"-Q[a-z]*|-S[ils]+|-V|--version|[^-].*", text):
            yield danger(f"pacman {text} {_CHANGES}")
    if not any(text.startswith("-") for text in call.texts):
        yield danger("pacman needs to be told what to do")


def _languages(reading: str, options: str = "") -> Judge:
    return verbs({reading: READ}, "-qv --quiet", reading=options, other=_CHANGES)


_DNF = "-qvC --quiet --verbose --installed --available --updates --upgrades --extras --obsoletes --recent --all --showduplicates --security --bugfix --cves --cve= --advisory= --info --list --enabled --disabled --cacheonly --refresh --requires --provides --whatrequires= --whatprovides= --qf= --queryformat= --file= --recursive --resolve --deplist --nvr --name"

PROGRAMS: Mapping[str, Judge] = {
    "apt apt-get apt-cache aptitude apt-config": _apt,
    "apt-mark": verbs({"showhold showmanual showauto": READ}, other="changes packages"),
    "dpkg dpkg-query": only(
        r"-[lLsSpVCIcW]+|-f(?s:=.*)?|--(list|listfiles|status|search|print-avail|get-selections|verify|audit|version|compare-versions|info|contents|show|print-architecture|no-pager|showformat=.*|field)",
        needs=r"-[lLsSpVCIcW]+|--\w.*",
    ),
    "dpkg-reconfigure": _INSTALLS,
    "rpm": only(
        r"-[qalicfdsvVRKp]+|--(query|all|list|info|file|last|changelog|scripts|requires|provides|verify|version|whatprovides|whatrequires|checksig|docfiles|configfiles|state|queryformat|qf|(qf|queryformat)=[^(]*|nodigest|nosignature)",
        needs=r"-[a-zA-Z]*[qVK][a-zA-Z]*|--(query|verify|version|checksig)",
    ),
    "pacman": _pacman,
    "yum dnf microdnf": verbs(
        {
            "list info search provides repolist repoinfo check-update deplist repoquery updateinfo whatprovides version grouplist": READ,
            "history": takes("--reverse", operands=r"list|info|userinstalled|\d+|\d+\.\.\d+"),
            "group": takes("", operands=r"list|info|summary"),
            "makecache": _METADATA,
        },
        "-qvCy --quiet --assumeyes --cacheonly --enablerepo= --disablerepo=",
        reading=_DNF,
        other=_CHANGES,
    ),
    "zypper": verbs(
        {
            "search se info list-updates lu repos lr packages pa patches": READ,
            "refresh ref": _METADATA,
        },
        "-nq --non-interactive --quiet --no-refresh",
        reading="-isudPvtE --installed-only --details --type= --match-exact --priority --uri",
        other=_CHANGES,
    ),
    "apk": verbs(
        {"info list search policy version stats": READ, "update": _METADATA},
        "-qv --no-cache",
        reading="-adefLlrRstvwIPu --all --installed --upgradable --contents --depends --description --who-owns= --exact --available",
        other=_CHANGES,
    ),
    "snap": verbs(
        {"list info services connections changes version": READ, "logs": takes("-n=")},
        reading="--all --verbose",
        other="changes snaps",
    ),
    "flatpak": verbs(
        {"list info remotes": READ}, reading="--app --runtime -d --columns=", other=_CHANGES
    ),
    "brew": verbs(
        {"list info outdated": READ, "update": _METADATA},
        reading="--versions --formula --cask --json? -v",
        other=_CHANGES,
    ),
    "pip pip3": _languages(
        "list show freeze check",
        "-oufvV --outdated --uptodate --format= --user --not-required --files --verbose --local --all --path= --disable-pip-version-check --pre",
    ),
    "pipx uv poetry conda": _languages("list", "--json --short --verbose -v"),
    "npm yarn pnpm": _languages(
        "ls list outdated why root prefix bin",
        "-g -a -l --global --all --long --json --depth= --prod --production --dev --parseable --omit=",
    ),
    "gem": _languages("list", "-alq --local --all --details --versions"),
    "cargo go rustup": verbs({"version": READ}, "", reading="", other="builds or installs"),
    "composer": verbs(
        {"show outdated licenses": READ},
        "--no-plugins --no-scripts",
        reading="-iaolD --installed --direct --latest --tree --format=",
        other=_CHANGES,
    ),
    "npx make cmake ninja gradle mvn rake": dangerous("runs what a file says"),
    "cloud-init": verbs(
        {"status": takes("-lw --long --wait --format=")},
        other="sets the host up again, or shows its secrets",
    ),
    "updatedb mandb": changes("refreshes a cache"),
    "update-alternatives": only(
        r"--(display|list|query|get-selections)", needs=r"--(display|list|query|get-selections)"
    ),
}
