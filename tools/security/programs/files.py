"""Programs that make, move, delete and re-own files."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.paths import UNKNOWN, destroys, loses, reads_secret, resolve, writes
from tools.security.tables import READ, dangerous, takes
from tools.security.words import Word

_RM = (
    "-fiIrRvd --force --recursive --verbose --dir --interactive? --one-file-system"
    " --no-preserve-root --preserve-root?"
)


def _rm(call: Invocation) -> Iterator[Finding]:
    found = call.options(_RM)
    if found.has("--no-preserve-root"):
        yield deny("rm --no-preserve-root switches its own guard off")
    recursive = found.has("-r", "-R", "--recursive")
    how = "rm -r" if recursive else call.name
    yield danger(f"{how} deletes {_shown(found.operands)}")
    for word in found.operands:
        path = resolve(word, call.scope) or ""
        if recursive or path.endswith("*"):
            yield from destroys(call, word, how)
        else:
            yield from loses(call, word, how)
            if (
                path.startswith(("/etc/", "/usr/", "/lib", "/bin/", "/sbin/", "/boot/"))
                and UNKNOWN in path
            ):
                yield danger(f"{how}: {word.text} lies in a system directory")
        if recursive and (
            path.startswith(("/!", "/@(", "/+("))
            or path in ("/", f"/{UNKNOWN}", UNKNOWN + "/*", f"/{UNKNOWN}/*")
        ):
            yield deny(f"rm -r: {word.text} may be the root")


def _shown(words: "list[Word]") -> str:
    return ", ".join(word.text for word in words[:3]) or "nothing"


def _mv(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bfinTuv -S= -t= --backup? --force --interactive --no-clobber --target-directory= --verbose --no-target-directory --update? --suffix="
    )
    targets = found.values("-t", "--target-directory")
    sources = found.operands if targets else found.operands[:-1]
    for word in sources:
        yield from destroys(call, word, "mv")
    yield from _into(call, targets or found.operands[-1:], sources, "mv")
    if not found.operands:
        yield danger("mv moves what is not known")


def _into(
    call: Invocation, targets: "list[Word]", sources: "list[Word]", how: str
) -> Iterator[Finding]:
    for target in targets:
        yield from writes(call, target, how)
        path = resolve(target, call.scope) or ""
        for source in sources:
            name = source.text.rstrip("/").rpartition("/")[2]
            if name and path:
                yield from loses(call, Word((f"{path.rstrip('/')}/{name}",)), how)


def _cp(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-abdfHiLlnPpRrsTuvxZ -S= -t= --archive --backup? --force --interactive --no-clobber --parents --preserve? --recursive --reflink? --target-directory= --verbose --update? --no-dereference --no-target-directory --dereference --one-file-system --sparse= --symbolic-link --link --remove-destination"
    )
    targets = found.values("-t", "--target-directory")
    sources = found.operands if targets else found.operands[:-1]
    yield from _into(call, targets or found.operands[-1:], sources, "cp")
    modes = [
        m[1] for t in call.texts if (m := re.fullmatch(r"(?:-m|--mode=)?0*([4267][0-7]{3})", t))
    ]
    if call.name == "install" and (
        modes or any("s" in t for t in call.texts if t.startswith("u+"))
    ):
        yield deny("install: setuid programs run with their owner's rights")
    for word in sources:
        if reads_secret(word, call.scope):
            yield danger(f"cp: {word.text} holds secrets")


def _ln(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bdfFiLnPrsTv -S= -t= --force --symbolic --no-dereference --relative --verbose"
    )
    for word in found.operands[-1:] if len(found.operands) > 1 else ():
        yield from writes(call, word, "ln")
    if len(found.operands) < 2:
        yield danger("ln makes a link here")


_OPENS = re.compile(r"0*[2467][0-7]{3}|[ugoa]*[+=][rwxX]*s[rwxst]*")


def _chmod(call: Invocation) -> Iterator[Finding]:
    words = [w for w in call.args if not re.fullmatch(r"-[Rcfv]+|--[a-z-]+(=.*)?", w.text)]
    recursive = any(re.fullmatch(r"-[cfv]*R[cfv]*|--rec\w*", t) for t in call.texts)
    how = f"{call.name} -R" if recursive else call.name
    mode, *targets = words or [Word(("",))]
    special = r"0*[2467][0-7]{3}"
    setuid = re.fullmatch(special, mode.text) or any(
        re.search(r"[+=][a-zA-Z]*s", part) for part in mode.text.split(",")
    )
    if any(text.startswith("--ref") for text in call.texts):
        yield deny("chmod --reference copies rights that are not shown here")
    if call.name == "chmod" and setuid and not re.fullmatch(r"0*2[0-7]{3}|g\+s", mode.text):
        yield deny("chmod: setuid programs run with their owner's rights")
    for word in targets:
        yield from destroys(call, word, how) if recursive else loses(call, word, how)
        path = resolve(word, call.scope) or ""
        below = any(path.startswith(f"{root}/") for root in call.walker.roots)
        yield (
            change(f"{how} {word.text}")
            if below
            else danger(f"{how} changes rights of {word.text}")
        )
        if not recursive and path in (
            "/",
            "/etc",
            "/usr",
            "/root",
            "/bin",
            "/var",
            "/home",
            "/tmp",
        ):
            yield deny(f"{how}: {path} is a system directory")


def _setfacl(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-bdkRnLPp -m= -M= -x= -X= --modify= --remove= --recursive --restore= --default --remove-all --set="
    )
    how = "setfacl -R" if found.has("-R", "--recursive") else "setfacl"
    yield danger(f"{how} changes who may do what")
    for word in found.operands:
        yield from destroys(call, word, how) if "-R" in how else loses(call, word, how)


def _made(call: Invocation) -> Iterator[Finding]:
    for word in call.options(
        "-acmpvhfTd -r= -t= -m= -s= -o= -c -Z --parents --no-create --date= --reference= --size= --mode= --verbose -u -q"
    ).operands:
        path = resolve(word, call.scope) or ""
        if call.name == "touch" and path in ("/etc/nologin", "/run/nologin", "/var/run/nologin"):
            yield danger("touch: nobody else can log in while it is there")
        yield from writes(call, word, call.name)


def _truncate(call: Invocation) -> Iterator[Finding]:
    yield danger("truncate throws away what a file holds")
    for word in call.options("-co -s= -r= --size= --no-create --reference=").operands:
        yield from loses(call, word, "truncate")


_DRY = re.compile(r"-[avzhrlptgoDHAXicu]*n[avzhrlptgoDHAXnicu]*|--dry-run")
_LISTS = re.compile(
    r"-[avzhrlptgoDHAXnicu]+|--(dry-run|archive|verbose|delete|itemize-changes|stats|human-readable"
    r"|checksum|recursive|size-only|(exclude|include)=.*)"
)


def _only_lists(call: Invocation) -> bool:
    """Whether rsync says what it would copy, and starts and logs nothing."""
    return any(map(_DRY.fullmatch, call.texts)) and all(
        _LISTS.fullmatch(word.text) if word.text.startswith("-") else not word.may_be_option
        for word in call.args
    )


def _rsync(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    options = "-aAbcCdDEghHiIklLmnNoOpPqrRsStuUvWxXyz0468@ -e= -f= -B= -M= -T= --rsh= --delete --remove-source-files"
    found = call.options(
        f"{options} --rsync-path= --delete-after --delete-before --delete-during --delete-excluded --exclude= --include= --dry-run --archive --verbose --progress --bwlimit= --info= --stats --partial --human-readable --compress --inplace --checksum --delete-delay --filter= --exclude-from= --files-from= --numeric-ids --force --chown= --chmod= --backup --backup-dir= --max-delete= --timeout= --port= --password-file= --log-file= --out-format= --update --relative --recursive --links --perms --times --owner --group --devices --specials --hard-links --acls --xattrs --sparse --one-file-system --existing --ignore-existing --mkpath --temp-dir= --link-dest= --compare-dest= --itemize-changes --list-only --size-only --append --append-verify --quiet --no-motd --contimeout= --ipv4 --ipv6"
    )
    for value in found.values("-e", "--rsh", "--rsync-path"):
        yield from call.script(value.text)
        yield danger(f"rsync starts {value.text}")
    remote = [w for w in found.operands if re.match(r"[^/]+::?|rsync://", w.text)]
    if _only_lists(call) and not remote:
        return
    yield danger(
        "rsync copies" + (" to or from another host" if remote else ""), egress=bool(remote)
    )
    *sources, target = found.operands or [Word(("",))]
    if target in remote and any(reads_secret(w, call.scope) or _whole(call, w) for w in sources):
        yield deny("rsync sends secrets to another host")
    if any(t.startswith("--del") for t in texts) and target not in remote:
        yield from destroys(call, target, "rsync --delete")
    if "--remove-source-files" in texts:
        for word in sources:
            yield from destroys(call, word, "rsync --remove-source-files")
    if target not in remote:
        yield from loses(call, target, "rsync")


def _whole(call: Invocation, word: Word) -> bool:
    path = resolve(word, call.scope) or ""
    return path in ("/", "/etc", "/root", "~", "/home") or path.startswith(("/root/.", "~/.ssh"))


def _scp(call: Invocation) -> Iterator[Finding]:
    found = call.options("-3346ABCpqrTvO -c= -D= -F= -i= -J= -l= -o= -P= -S= -X=")
    yield danger(f"{call.name} copies between hosts", egress=True)
    yield from told(call)
    for word in found.operands[:-1]:
        if _whole(call, word):
            yield deny(f"{call.name} sends secrets to another host")
    for word in found.operands[-1:]:
        if ":" not in word.text:
            yield from loses(call, word, call.name)
    for value in found.values("-o"):
        if "command" in value.text.lower():
            yield from call.script(value.text.partition("=")[2])
    for value in found.values("-S"):
        yield danger(f"{call.name} -S starts {value.text}")


PROGRAMS: Mapping[str, Judge] = {
    "rm unlink rmdir srm": _rm,
    "mv": _mv,
    "cp install": _cp,
    "ln link": _ln,
    "chmod chown chgrp chattr": _chmod,
    "setfacl": _setfacl,
    "touch mkdir mkfifo mknod mktemp": _made,
    "truncate fallocate": _truncate,
    "rsync": _rsync,
    "scp sftp": _scp,
    "dos2unix unix2dos patch rename": dangerous("it rewrites files"),
    "vi vim view nano ed ex emacs nvim": dangerous(
        "an editor waits for a person, and starts programs"
    ),
    "whatis apropos": READ,
    "man info": takes(
        "-afkKwWtuiI27 -s= -S= -e= -m= -L= --all --whatis --apropos --where --path --sections= --locale= --regex --wildcard --names-only --no-hyphenation",
        operands=r"[^/]*",
    ),
    "tempfile": dangerous("it makes a file"),
}
