"""Programs that change much and read a little: only these lines read, word for word."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.tables import called

_BOOT = deny("it decides how the host starts", "a person does this by hand")


def exactly(lines: str, other: Finding | None = None) -> Judge:
    """Reads when its words, joined by blanks, match *lines*; *other* is said of all else."""
    fits = re.compile(lines)

    def judge(call: Invocation) -> Iterator[Finding]:
        plainly = all(word.literal and " " not in word.literal for word in call.args)
        if not plainly or not fits.fullmatch(" ".join(call.texts)):
            yield other or danger(f"{called(call)} is not known to read only")

    return judge


def _lsof(call: Invocation) -> Iterator[Finding]:
    """``-D`` writes a cache, ``+m`` a file, ``-r`` never ends, ``-k -A -m`` read other kernels."""
    flags = r"-[abChlnNoOPRtUvVwX]*([cdgipsuTFSZ][\w:.,^@/*-]*)?"
    for word in call.args:
        if not re.fullmatch(rf"{flags}|-Q|\+[LDdcEw|][\w/.-]*|[^-+].*", word.text):
            yield danger(f"lsof {word.text} does more than list")
        elif word.holes and word.may_be_option and not word.text.startswith("-"):
            yield danger(f"lsof: {word.text} may be an option")


PROGRAMS: Mapping[str, Judge] = {
    "lsof": _lsof,
    # the host
    "efibootmgr": exactly(r"(-v|--verbose)?", _BOOT),
    "grub-editenv": exactly(r"(- )?list"),
    "ldconfig": exactly(r"-p|--print-cache", change("ldconfig refreshes a cache")),
    "ipmitool": exactly(
        r"sensor( list)?|sdr( (list|elist|type))?|sel( (list|elist|info))?|chassis status"
        r"|(chassis )?power status|mc info|fru( print)?"
    ),
    "iotop": exactly(r"(?=-\S*b|.* -\S*b)(-[boPkaqt]+ )*-[boPkaqt]*n ?\d+"),
    "dstat": exactly(r"(-[acdgilmnprstTvy]+ )?\d+ \d+"),
    "atop": exactly(r"\d+ \d+"),
    "snapper": exactly(r"(-c [\w-]+ )?(list|ls)|list-configs"),
    "qm pct": exactly(r"list|status \d+"),
    # networks and shares
    "ifconfig": exactly(
        r"(-[as]|\w[\w.:-]*)?", danger("ifconfig may change the network: use ip addr")
    ),
    "iscsiadm": exactly(r"-m session( -P [0-3])?"),
    "nfsstat": exactly(r"(-[cnsmrv234]+ ?)*"),
    "exportfs": exactly(r"(-[vs]+)?", danger("exportfs changes what others may mount")),
    "smbstatus": exactly(r"(-[bpSLnvBN]+ ?)*"),
    # servers and languages
    "squid": exactly(r"-k check|-v"),
    "exim exim4": exactly(r"-bpc?|-bV"),
    "pg_restore": exactly(
        r"(-l|--list) [\w/.][\w/.-]*", danger("pg_restore reads out or changes a database")
    ),
    "ollama": exactly(r"list|ls|ps|show \w[\w.:/-]*|-v"),
    "gcc g++ cc clang": exactly(r"--version|-v|-dumpversion|-dumpmachine"),
    "jps": exactly(r"(-[lmvq]+)?"),
    "jstat": exactly(r"-(gc\w*|class|compiler) \d+( \d+(ms|s)? \d+)?|-options"),
    "jstack": exactly(r"(-l )?\d+"),
    "jcmd": exactly(r"-l|\d+ (VM\.(flags|version|uptime)|GC\.heap_info|Thread\.print|help)"),
}
