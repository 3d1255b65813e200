"""git."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger
from tools.security.invocation import Invocation, Judge
from tools.security.paths import destroys, resolve
from tools.security.scope import CWD
from tools.security.tables import READ, changes, dangerous, reads, verbs
from tools.security.words import plain

_GIT_READS = {
    "status": READ,
    "log show diff blame shortlog rev-parse rev-list ls-files ls-tree describe cat-file"
    " name-rev grep whatchanged merge-base count-objects for-each-ref show-ref var"
    " check-ignore range-diff diff-tree version fsck verify-commit verify-tag help diff-index cherry show-branch": reads(
        "--output= -O --open-files-in-pager? --ext-diff --textconv --filters", values="nGSLUC"
    ),
}


def _git_config(call: Invocation) -> Iterator[Finding]:
    texts = [
        t
        for t in call.texts
        if t
        not in (
            "--global",
            "--system",
            "--local",
            "--worktree",
            "--show-origin",
            "--show-scope",
            "-z",
            "--null",
        )
    ]
    if texts and re.match(r"--(get|list)|-l$|get$|list$", texts[0]):
        return
    if len(texts) == 1 and re.fullmatch(r"[\w.-]+", texts[0]):
        return
    yield danger("git config changes settings")
    if any(
        re.search(
            r"fsmonitor|hooksPath|sshCommand|pager|editor|textconv|filter|alias|credential", t
        )
        for t in texts
    ):
        for text in texts[1:]:
            yield from (f for f in call.script(text.lstrip("!")) if f.level == "deny")


def _git_list(call: Invocation) -> Iterator[Finding]:
    """branch, tag, remote, stash, worktree: plain ones list."""
    texts = call.texts
    kind = call.name.split()[-1]
    listing = {
        "branch": r"-(a|r|v|vv|av|l)|--(list|all|remotes|show-current|contains|merged|no-merged|sort\S*|format\S*|no-color|column|points-at)|HEAD|[\w./*][\w./*-]*",
        "tag": r"-(l|n\d*)|--(list|sort\S*|contains|points-at|merged|format\S*)|[^-].*",
        "remote": r"-v|--verbose|show|get-url|\w[\w-]*",
        "stash": r"list|show|-p|stash@.*",
        "worktree": r"list|--porcelain",
        "submodule": r"status|summary|--recursive",
        "notes": r"list|show",
        "reflog": r"show|-\d+|-n|--(all|oneline|date=\S+)|[\w@{}.]+",
        "bisect": r"log|view",
    }[kind]
    first = texts[0] if texts else ""
    if kind in ("branch", "tag") and texts and not first.startswith("-"):
        yield change_or(call)
        return
    if kind == "remote" and texts and first not in ("-v", "show", "get-url", "--verbose"):
        yield danger(f"{call.name} {first} changes where code comes from")
        return
    if kind == "stash" and first not in ("list", "show"):
        yield change_or(call)
        return
    if kind == "reflog" and first in ("expire", "delete"):
        yield danger(f"{call.name} {first} deletes history")
        return
    if not all(re.fullmatch(listing, t) for t in texts):
        yield danger(f"{call.name} {first} changes the repository")


def change_or(call: Invocation) -> Finding:

    if any(t in ("drop", "clear", "-D", "-d", "--delete") for t in call.texts):
        return danger(f"{call.name} deletes")
    return change(f"{call.name} {' '.join(call.texts[:2])} changes the repository")


def _clean(call: Invocation) -> Iterator[Finding]:

    if not any(re.match(r"-[a-z]*n|--dry", t) for t in call.texts):
        yield danger("git clean deletes files")
        yield from destroys(call, plain("."), "git clean")


_GIT = verbs(
    {
        **_GIT_READS,
        "config": _git_config,
        "branch tag remote stash worktree submodule notes reflog bisect": _git_list,
        "pull fetch": changes("fetches and merges"),
        "ls-remote": dangerous("reaches another host"),
        "add commit switch merge init mv cherry-pick": changes("changes the repository"),
        "push": dangerous("publishes"),
        "clean": _clean,
        "reset rebase checkout restore revert rm gc prune filter-branch am apply update-ref clone": dangerous(
            "changes or throws work away"
        ),
    },
    "-pP -C= -c= --git-dir= --work-tree= --no-pager --paginate --no-optional-locks --bare --exec-path? --version --namespace= --literal-pathspecs --no-replace-objects",
)


def _git(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-pP -C= -c= --git-dir= --work-tree= --no-pager --paginate --no-optional-locks --bare --exec-path? --version --namespace= --config-env=",
        stop=True,
    )
    if any(text.startswith("--exec-path=") for text in call.texts):
        yield danger("git --exec-path runs programs from elsewhere")
    for value in found.values("-c"):
        name, _, text = value.text.partition("=")
        if not re.fullmatch(
            r"(color|core\.(quotepath|pager|fsmonitor|hooksPath)|diff\.(external|renames)|log|user|safe|advice|http\.lowspeed|protocol)[\w.-]*",
            name,
            re.IGNORECASE,
        ) or (
            re.fullmatch(r"core\.(pager|fsmonitor|hooksPath)|diff\.external", name, re.IGNORECASE)
            and text not in ("", "cat", "false", "/dev/null")
        ):
            yield danger(f"git -c {name} may start a program")
            yield from call.script(text.lstrip("!"))

    for value in found.values("-C"):
        path = resolve(value, call.scope)
        if path:
            inner = call.scope.copy()
            inner.variables[CWD] = (plain(path),)
            call = Invocation(call.name, call.args, inner, call.stdin, call.walker)
    yield from _GIT(call)


PROGRAMS: Mapping[str, Judge] = {
    "git": _git,
}
