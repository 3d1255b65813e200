"""Where a path leads, and what is lost or given away there."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from tools.security.finding import Finding, change, danger, deny, reveals
from tools.security.invocation import Invocation
from tools.security.places import (
    AUDIT,
    CHILDREN,
    DEVICES,
    HARMLESS,
    ROOTS,
    SAMPLES,
    SECRET_PLACES,
    TREES,
    VITAL,
)
from tools.security.scope import Scope
from tools.security.secrets import is_secret, matching
from tools.security.words import OUTSIDE, Word

UNKNOWN = "\ufffc"
"""Stands for a part of a path that is not known."""


def resolve(word: Word, scope: Scope) -> str | None:
    """The path *word* names, normalised; globs stay, UNKNOWN stands for what is not known, and
    what is never set is empty. None: it is no path."""
    if word.text.startswith("/dev/fd/") and "/../" not in word.text:
        return None
    pieces = (p if isinstance(p, str) else _filled(p.origin, p.shown) for p in word.pieces)
    text = "".join(pieces)
    if not text.startswith(("/", "~", UNKNOWN)):
        text = f"{scope.cwd if scope.cwd is not None else UNKNOWN}/{text}"
    return _linked(normal(text), scope)


def _filled(origin: str, shown: str) -> str:
    match origin:
        case "unset":
            return ""
        case "home":
            return "~"
        case "glob":
            return shown
        case _:
            return UNKNOWN


def normal(path: str) -> str:
    if path.startswith("~"):
        path = posixpath.normpath(path)
        return "/home" if path.startswith("..") or path == "." else path
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else path


def _linked(path: str, scope: Scope) -> str:
    for link, target in scope.links.items():
        if path == link or path.startswith(f"{link}/"):
            return normal(target + path[len(link) :])
    return path


def _names(pattern: str, path: str) -> bool:
    """Whether a path with globs in it can be *path*, part by part."""
    ours, theirs = pattern.split("/"), path.split("/")
    if len(ours) != len(theirs):
        return False
    return all(
        a == b or (UNKNOWN not in a and set(a) & set("*?[") and fnmatchcase(b, a))
        for a, b in zip(ours, theirs, strict=True)
    )


def _kept(path: str) -> str:
    """The protected tree that would go with *path*; empty when none would."""
    whole = path
    while whole.endswith(("/**", "/*", "/.*", "/?*", "/.[!.]*", f"/{UNKNOWN}")):
        whole = whole.rpartition("/")[0] or "/"
        if _kept_itself(whole):
            return whole
    return path if _kept_itself(path) else ""


def _kept_itself(path: str) -> bool:
    if path in ("/", "//") or any(_names(path, root) for root in ROOTS):
        return True
    parts = path.split("/")
    if any(_names("/".join(parts[: tree.count("/") + 1]), tree) for tree in TREES):
        return True
    if any(tree.startswith(f"{path}/") for tree in (*TREES, *ROOTS[1:-1])):
        return True
    parent, _, name = path.rpartition("/")
    return parent in CHILDREN and not name.startswith(".")


def destroys(call: Invocation, word: Word, how: str) -> Iterator[Finding]:
    """*how*: what is done to all that lies there, such as ``rm -r``."""
    path = resolve(word, call.scope)
    if path is None:
        return
    if path.startswith(UNKNOWN) and "/.." in path:
        yield deny(f"{how}: {word.text} leads anywhere")
    if tree := _kept(path):
        yield deny(
            f"{how}: {tree} is a protected tree",
            "name what exactly is to go, deeper than a system directory",
        )
    yield from loses(call, word, how)


def loses(call: Invocation, word: Word, how: str) -> Iterator[Finding]:
    """One file that is written, deleted or given other rights."""
    path = resolve(word, call.scope)
    if path is None or path in HARMLESS:
        return
    if path.endswith("/**") and (tree := _kept(path)):
        yield deny(f"{how}: all below {tree}, which is a protected tree")
    if matches(path, DEVICES):
        yield deny(f"{how}: {path} is a device", "a person does this by hand")
    elif matches(path, VITAL) or path in TREES:
        yield deny(f"{how}: {path} decides who gets in, or how the host starts")
    elif matches(path, AUDIT):
        yield deny(f"{how}: {path} is what audits rely on")


def writes(call: Invocation, word: Word, how: str) -> Iterator[Finding]:
    """A file is made or replaced."""
    path = resolve(word, call.scope)
    if path is None or path in HARMLESS or path.startswith("/dev/fd/"):
        return
    lost = list(loses(call, word, how))
    if within(word, call.scope, call.walker.never):
        lost.append(deny(f"{how}: {path} belongs to the bot itself"))
    yield from lost
    if not lost and path.startswith(("/dev/tcp/", "/dev/udp/")):
        yield danger(f"{how}: opens a connection to {path[9:]}", egress=True)
    elif not lost:
        below = UNKNOWN not in path and any(
            path == root or path.startswith(f"{root}/") for root in call.walker.roots
        )
        yield (
            change(f"{how}: writes {word.text}")
            if below
            else danger(f"{how}: writes {word.text or path}")
        )


def reads_secret(word: Word, scope: Scope) -> bool:
    """Whether what the word names is known to hold secrets."""
    path = resolve(word, scope)
    if path is None or path in HARMLESS:
        return False
    _, climbs, tail = word.text.rpartition("../")
    for real in (path, f"/{tail}") if climbs else (path,):
        if is_secret(real) or matches(real, SECRET_PLACES):
            return True
    if "/…/" in path:
        return _may_find_secrets(*path.split("/…/", 1))
    if path.endswith(f"/{UNKNOWN}") and word.origin in ("unknown", *OUTSIDE):
        path = f"{path[:-1]}*"  # any of them
    if not set(path) & set("*?[") or (path.endswith("/*") and path not in ("/etc/*", "~/.ssh/*")):
        return False
    return any(_names(path, sample) for sample in SAMPLES)


def _may_find_secrets(root: str, name: str) -> bool:
    """Whether find finds a secret file below *root* by a part of its name."""
    name = name.rpartition("/")[2].lower()
    root = re.sub(r"^/home/[^/*?]+", "/home/a", root)
    root = re.sub(r"^/proc/(self|thread-self|\d+)", "/proc/1", root)
    samples = [sample for sample in SAMPLES if sample.startswith(root.rstrip("/") + "/")]
    return any(fnmatchcase(sample.rpartition("/")[2], name) for sample in samples)


def reading(call: Invocation, word: Word) -> Iterator[Finding]:
    """The content of a file is shown."""
    path = resolve(word, call.scope)
    if reads_secret(word, call.scope):
        yield reveals(f"{call.name}: {word.text} holds secrets")
    elif path is not None and word.origin in OUTSIDE:
        yield reveals(f"{call.name}: {word.text} may be any file")
    elif path is not None and matches(path, DEVICES):
        yield reveals(f"{call.name}: reads the device {path}")


def below(directory: Word, scope: Scope) -> Word | None:
    """All files in a directory; None when only its own name is known, and not where it is."""
    path = resolve(directory, scope) or ""
    known = path.startswith("/") or directory.text.startswith(("~", "$"))
    return Word((*directory.pieces, "/…/*")) if known else None


def reading_below(call: Invocation, directory: Word) -> Iterator[Finding]:
    """The content of all files in a directory is shown."""
    if inside := below(directory, call.scope):
        yield from reading(call, inside)


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path is, or with its globs can be, one of *patterns*."""
    fixed = path.replace("~/", "/root/", 1) if path.startswith("~/") else path
    if matching(tuple(patterns)).match(fixed):
        return True
    if not set(fixed) & set("*?["):
        return False
    return any(_names(fixed, pattern.rstrip("*")) for pattern in patterns)


def within(word: Word, scope: Scope, trees: Iterable[str]) -> bool:
    """Whether *word* names something in one of *trees*, and not in its ``files``."""
    path = resolve(word, scope)
    if path is None or UNKNOWN in path:
        return False
    return any(
        path == tree or (path.startswith(f"{tree}/") and not path.startswith(f"{tree}/files"))
        for tree in trees
    )
