"""What no runbook may touch, whoever wrote or approved it.

A second wall behind the command policy and the approval, so it is crude: any word of a call that
looks like one of these is refused, also where it would do no harm.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from pydantic import JsonValue

from healer.deletion import deletions
from healer.shell_words import Unclear, commands
from healer.template import COMMAND

_UNIT = r"(@.*)?(\.(service|socket|timer|target|mount))?"


def _table(names: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    """Reason → what the name of a program or a unit must match to be refused for it."""
    found: dict[str, re.Pattern[str]] = {}
    for why, text in names.items():
        found[why] = re.compile(f"({'|'.join(text.split())}){_UNIT}", re.IGNORECASE)
    return found


_PROGRAMS = _table(
    {
        "the way in (ssh)": "sshd? openssh.* dropbear scp sftp",
        "the network": """NetworkManager networking systemd-networkd systemd-resolved netplan nmcli
            ifconfig ifup ifdown ip route wpa_supplicant dhclient dhcpcd connmand? wg(-quick)?
            tailscaled? openvpn.*""",
        "packages": """apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk snapd? flatpak pip3?
            npm packagekit unattended-upgrades?""",
        "the firewall": "ip6?tables(-.*)? nft nftables ufw firewalld firewall-cmd ipset",
        "the machine's power": """reboot shutdown poweroff halt kexec telinit init suspend hibernate
            rescue emergency isolate""",
        "the storage layout": r"""[sc]?fdisk s?gdisk parted mkfs(\..*)? mkswap swapo(n|ff) u?mount
            lvm (lv|vg|pv)(create|remove|extend|reduce|resize|change) mdadm zfs zpool btrfs
            cryptsetup resize2fs xfs_growfs tune2fs wipefs blkdiscard dd losetup""",
        "what the machine stands on": """dbus(-.*)? systemd-(logind|udevd|journald|timesyncd)
            polkitd?""",
    }
)
_IN_COMMANDS = _table(
    {
        "a program within a command, which nobody can check": r"""(ba|da|z|k|c|tc)?sh python[\d.]*
            perl ruby node php awk gawk eval exec source xargs parallel crontab at""",
        "processes by number or pattern, one of which may be the bot": "kill pkill killall",
    }
)
_DATABASE = re.compile(
    r"postgres|pgsql|psql|mysql|mariadb|mongo|redis|valkey|etcd|cassandra|clickhouse"
    r"|elasticsearch|opensearch|influx|couchdb|neo4j|sqlite|cockroach",
    re.IGNORECASE,
)
_BOT = re.compile(r"ai-orchestrator|orchestrator\.db", re.IGNORECASE)
_BINARIES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
_CLEANING = (
    ("apt-get", "clean"),
    ("apt", "clean"),
    ("dnf", "clean", "packages"),
    ("yum", "clean", "packages"),
)
"""The one thing that may be done with packages: forget what was downloaded."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What this installation adds."""

    directories: Sequence[str] = ()
    """Absolute directories in which a runbook may delete."""
    own: Sequence[str] = ()
    """Names and paths of the bot itself: its unit, its container, its data."""


def reasons(
    tool: str, arguments: Mapping[str, JsonValue], bounds: Bounds, listed: Sequence[str] = ()
) -> Iterator[str]:
    """Why this call may never be made, one line each. *listed*: directories that the runbook itself
    lists, besides those of the bounds."""
    for name, value in arguments.items():
        for text in _texts(value):
            if name == COMMAND:
                yield from _command(text, bounds, (*bounds.directories, *listed))
            else:
                yield from _words(text.split(), bounds, _PROGRAMS)
    if tool in ("memory_delete", "docker_compose") and "down" in map(str, arguments.values()):
        yield f"{tool} takes away what was there"


def _command(text: str, bounds: Bounds, listed: Sequence[str]) -> Iterator[str]:
    try:
        parts = commands(text)
    except Unclear as error:
        yield f"{error}: {text}"
        return
    for words in parts:
        if not _cleans_packages(words):
            yield from _words(words, bounds, {**_PROGRAMS, **_IN_COMMANDS})
        yield from deletions(words, listed, bounds.own)


def _cleans_packages(words: Sequence[str]) -> bool:
    plain = tuple(words[2:] if tuple(words[:2]) == ("sudo", "-n") else words)
    return plain in _CLEANING


def _words(
    words: Sequence[str], bounds: Bounds, programs: Mapping[str, re.Pattern[str]]
) -> Iterator[str]:
    for word in words:
        for piece in _pieces(word):
            yield from _word(piece, bounds, programs)
    for one, two in pairwise(words):
        if (one, two) == ("-m", "bot"):
            yield "never the bot itself: -m bot"


def _pieces(word: str) -> list[str]:
    """The word, and what an option in it is given."""
    _, has, value = word.partition("=")
    return [word, value] if has and value else [word]


def _word(word: str, bounds: Bounds, programs: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    if _BOT.search(word) or any(own and _is_own(word, own) for own in bounds.own):
        yield f"never the bot itself: {word}"
    if _DATABASE.search(word):
        yield f"never a database: {word}"
    if program := _program(word):
        for reason, names in programs.items():
            if names.fullmatch(program):
                yield f"never {reason}: {word}"


def _is_own(word: str, own: str) -> bool:
    if own.startswith("/"):
        return word == own or word.startswith(f"{own.rstrip('/')}/")
    return word.removesuffix(".service") == own.removesuffix(".service")


def _program(word: str) -> str:
    """The name of the program or unit that a word may stand for; none for other paths."""
    if "/" not in word:
        return word
    path = PurePosixPath(word)
    return path.name if str(path.parent) in _BINARIES else ""


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for each in value.values():
                yield from _texts(each)
        case _:
            return
