"""Disks, volumes and file systems."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, called, dangerous, denied, reads, takes, verbs

_LOST = "what is on the disk would be lost"


def _partitions(words: str) -> Judge:
    """Only lists when it is given these words and devices alone."""
    known = re.compile(rf"/dev/\S+|{words}")

    def judge(call: Invocation) -> Iterator[Finding]:
        texts = call.texts
        if call.stdin.text or not texts or not all(map(known.fullmatch, texts)):
            yield deny(f"{call.name} changes partitions: {_LOST}")
        elif all(text.startswith("/dev/") for text in texts):
            yield deny(f"{call.name} waits for commands: {_LOST}")

    return judge


def _mdadm(call: Invocation) -> Iterator[Finding]:
    if any(
        re.match(r"--(zero|fail|remove|stop|create|build)|-[A-Za-z]*[CSfr]$", t) for t in call.texts
    ):
        yield deny("mdadm takes an array or its members apart")
    reads_ = r"--(detail|examine|query|scan|brief|verbose|export|detail-platform|version)|-[DEQsbvV]+|/dev/\S+"
    if not call.texts or not all(re.fullmatch(reads_, text) for text in call.texts):
        yield danger("mdadm changes an array")
    elif call.texts == ("--scan",):
        yield danger("mdadm --scan may assemble arrays")


def _hdparm(call: Invocation) -> Iterator[Finding]:
    if any(re.match(r"--(sec|san|dco|trim|wri|make|fwd|yes|repair)", t) for t in call.texts):
        yield deny(f"hdparm: {_LOST}")
    elif not all(re.match(r"-[IitTgv]+$|/dev|-C$", t) for t in call.texts):
        yield danger("hdparm changes a disk's settings")


def _lvm(call: Invocation) -> Iterator[Finding]:
    yield from call.command(call.args) if call.args else [danger("lvm waits for commands")]


def _btrfs(call: Invocation) -> Iterator[Finding]:
    """Verbs may be cut short."""
    words = [text for text in call.texts if not text.startswith("-")]
    what, verb = (*words[:2], "", "")[:2]
    if "subvolume".startswith(what) and "delete".startswith(verb) and verb:
        yield deny(f"btrfs: {_LOST}")
    elif verb not in ("show", "df", "usage", "du", "list", "get-default", "status", "stats", "get"):
        yield danger(f"{called(call)} is not known to read only")


def _cryptsetup(call: Invocation) -> Iterator[Finding]:
    ends = {"luksFormat", "erase", "luksErase", "luksKillSlot", "luksRemoveKey", "reencrypt"}
    if ends & set(call.texts):
        yield deny(f"cryptsetup: {_LOST}")
    elif not {"status", "luksDump", "isLuks", "luksUUID"} & set(call.texts):
        yield danger("cryptsetup changes encryption")
    elif any(text.startswith("--dump") for text in call.texts):
        yield reveals("cryptsetup shows keys")


_ZFS = {
    "list get status iostat history version diff holds": READ,
    "events": reads("-c", content=False),
    "destroy labelclear": denied(_LOST),
    "rollback": denied("newer data would be lost"),
}


def _debugfs(call: Invocation) -> Iterator[Finding]:
    if any(re.match(r"-[a-zA-Z]*w", text) for text in call.texts):
        yield deny("debugfs -w writes below the file system")
    yield danger("debugfs reads what nobody may")


PROGRAMS: Mapping[str, Judge] = {
    "mkfs mke2fs mkdosfs mkntfs mkswap newfs": denied(_LOST),
    "wipefs": denied(_LOST),
    "blkdiscard badblocks": denied(_LOST),
    "fdisk gdisk": _partitions("-[lxu]+|--list(-details)?"),
    "sfdisk": _partitions("-[dlsJFxVq]|--(dump|list|json|show-size|verify|list-free)"),
    "sgdisk": _partitions(r"-[pvO]|--print|-i|--info|\d+|-i\d+"),
    "parted": _partitions(
        "-[lsm]|--(list|script|machine)|print|p|all|free|list|devices|unit|[KMGT]?i?B|s|%|compact"
    ),
    "cfdisk": denied(_LOST),
    "partprobe partx kpartx": dangerous("changes partitions"),
    "lvm": _lvm,
    "pvremove vgremove lvremove vgreduce lvreduce vgcfgrestore": denied(_LOST),
    "pvcreate pvmove vgcreate vgextend vgchange vgrename lvcreate lvextend lvresize lvchange lvconvert lvrename pvresize resize2fs xfs_growfs": dangerous(
        "changes volumes"
    ),
    "pvs vgs lvs pvdisplay vgdisplay lvdisplay pvscan vgscan lvscan": takes(
        "-aAcCqhimPsvo= -O= -S= --all --columns --units= --noheadings --nosuffix --options= --sort= --select= --separator= --segments --maps --verbose --aligned --reportformat= --rows --short --unbuffered --binary --ignorelockingfailure -o="
    ),
    "blkid": takes(
        "-ipkhl -o= -s= -t= -L= -U= --output= --match-tag= --probe --info --list-one --list-filesystems",
        operands=r"/dev/\S+",
    ),
    "mdadm": _mdadm,
    "zpool": verbs(
        {**_ZFS, "export": denied("the data would be gone from here"), "create": denied(_LOST)},
        other="changes a pool",
        reading="-HpvPLxoTtDil -o= --json",
    ),
    "zfs": verbs(_ZFS, other="changes data sets", reading="-HpPrSFHt -o= -t= -d= -s= -S= --json"),
    "btrfs": _btrfs,
    "cryptsetup": _cryptsetup,
    "hdparm": _hdparm,
    "nvme": verbs(
        {
            "list smart-log id-ctrl id-ns list-subsys error-log fw-log version list-ns": READ,
            "format sanitize delete-ns write-zeroes write dsm": denied(_LOST),
        },
        reading="-vH -n= -o= -e= --verbose --human-readable --output-format= --namespace-id=",
    ),
    "smartctl": takes(
        "-aHicAxjq= -d= -l_ -n= -g= -T= -v= --all --health --info --capabilities --attributes --xall --json? --scan --scan-open --device= --nocheck= --tolerance= --identify?",
        operands=r"/dev/\S+",
    ),
    "tune2fs": takes("-l", operands=r"/dev/\S+"),
    "fsck e2fsck xfs_repair": dangerous("repairs a file system"),
    "debugfs": _debugfs,
    "fstrim": dangerous("discards unused blocks"),
    "dmsetup": verbs(
        {"ls info status table deps": READ, "remove remove_all wipe_table": denied(_LOST)}
    ),
    "multipath": takes("-ltvd -ll -v="),
    "blockdev": takes(
        "-vq --report --getsize64 --getsz --getss --getpbsz --getro --getra --getbsz --getiomin --getioopt --getalignoff --getmaxsect"
    ),
    "e2label": dangerous("names a file system"),
    "sg_format": denied(_LOST),
}
