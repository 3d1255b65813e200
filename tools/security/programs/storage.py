"""Disks, volumes and file systems."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, dangerous, denied, reads, verbs

_LOST = "what is on the disk would be lost"


def _partitions(*lists: str) -> Judge:
    def judge(call: Invocation) -> Iterator[Finding]:
        if any(text in lists for text in call.texts) and not call.stdin.text:
            return
        yield deny(f"{call.name} changes partitions: {_LOST}")

    return judge


def _mdadm(call: Invocation) -> Iterator[Finding]:
    if any(
        re.match(r"--(zero|fail|remove|stop|create|build)|-[A-Za-z]*[CSfr]$", t) for t in call.texts
    ):
        yield deny("mdadm takes an array or its members apart")
    elif not any(re.match(r"--(det|exa|query|que|scan|test)|-[DEQs]+$", t) for t in call.texts):
        yield danger("mdadm changes an array")


def _hdparm(call: Invocation) -> Iterator[Finding]:
    if any(re.match(r"--(security|trim|write|make-bad|fwdownload|yes)", t) for t in call.texts):
        yield deny(f"hdparm: {_LOST}")
    elif not all(re.match(r"-[IitTgv]+$|/dev|-C$", t) for t in call.texts):
        yield danger("hdparm changes a disk's settings")


_ZFS = {
    "list get status iostat history version diff holds": READ,
    "events": reads("-c", content=False),
    "destroy labelclear": denied(_LOST),
    "rollback": denied("newer data would be lost"),
}

PROGRAMS: Mapping[str, Judge] = {
    "mkfs mke2fs mkdosfs mkntfs mkswap newfs": denied(_LOST),
    "wipefs": denied(_LOST),
    "blkdiscard badblocks": denied(_LOST),
    "fdisk gdisk": _partitions("-l", "--list", "-x", "-lu"),
    "sfdisk": _partitions("-d", "-l", "--dump", "--list", "-s", "-J", "--json", "-F"),
    "sgdisk": _partitions("-p", "--print", "-i", "-v", "-O"),
    "parted": _partitions("print", "-l", "--list"),
    "cfdisk partprobe partx kpartx": dangerous("changes partitions"),
    "pvremove vgremove lvremove vgreduce lvreduce vgcfgrestore": denied(_LOST),
    "pvcreate pvmove vgcreate vgextend vgchange vgrename lvcreate lvextend lvresize lvchange lvconvert lvrename pvresize resize2fs xfs_growfs": dangerous(
        "changes volumes"
    ),
    "lvmdiskscan xfs_info dumpe2fs lsscsi": READ,
    "pvs vgs lvs pvdisplay vgdisplay lvdisplay pvscan vgscan lvscan": reads(
        "--cache --config= --mknodes --activate= --notifydbus", content=False
    ),
    "blkid": reads("-g --garbage-collect", content=False),
    "mdadm": _mdadm,
    "zpool": verbs(
        {**_ZFS, "export": denied("the data would be gone from here")}, other="changes a pool"
    ),
    "zfs": verbs(_ZFS, other="changes data sets"),
    "btrfs": verbs(
        {
            "filesystem": verbs({"show df usage du": READ}),
            "subvolume": verbs({"list show get-default": READ, "delete": denied(_LOST)}),
            "scrub": verbs({"status": READ}),
            "device": verbs({"stats usage": READ}),
            "balance": verbs({"status": READ}),
        }
    ),
    "cryptsetup": verbs(
        {
            "status isLuks": READ,
            "luksDump": reads("--dump-master-key --dump-volume-key", content=False),
            "luksFormat erase luksErase luksKillSlot luksRemoveKey reencrypt": denied(_LOST),
        },
        other="changes encryption",
    ),
    "hdparm": _hdparm,
    "smartctl": reads("-t= -s= -S= -o= --test= --smart= --set= -X --abort", content=False),
    "nvme": verbs(
        {
            "list smart-log id-ctrl id-ns list-subsys error-log fw-log get-feature version list-ns": READ,
            "format sanitize delete-ns write-zeroes write dsm": denied(_LOST),
        }
    ),
    "tune2fs": reads(
        "-c= -C= -e= -E= -f -g= -i= -I= -j -L= -m= -M= -o= -O= -Q= -r= -T= -u= -U= -z=",
        content=False,
    ),
    "fsck e2fsck xfs_repair": dangerous("repairs a file system"),
    "debugfs": reads("-w -f="),
    "fstrim": dangerous("discards unused blocks"),
    "dmsetup": verbs(
        {"ls info status table deps": READ, "remove remove_all wipe_table": denied(_LOST)}
    ),
    "multipath": reads("-fFrw"),
    "blockdev": reads("--setro --setrw --setra= --flushbufs --rereadpt"),
    "e2label": dangerous("names a file system"),
    "quota repquota": READ,
    "sg_format": denied(_LOST),
}
