"""git."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger
from tools.security.invocation import Invocation, Judge
from tools.security.paths import destroys, reading, resolve
from tools.security.scope import CWD
from tools.security.tables import called, changes, dangerous, only, takes, verbs
from tools.security.words import plain

_GLOBAL = (
    "-P -C= -c= --no-pager --no-optional-locks --literal-pathspecs --no-replace-objects --version"
    " --exec-path? --git-dir= --work-tree= --namespace= -p --paginate --bare --config-env="
)
_ELSEWHERE = (
    "--exec-path",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--config-env",
    "-p",
    "--paginate",
)
_QUIET = re.compile(r"(color|core\.quotepath|diff\.renames|log|user|advice)[\w.-]*", re.IGNORECASE)
_OFF = re.compile(r"core\.(pager|fsmonitor|hookspath)|diff\.external", re.IGNORECASE)
_LOG = (
    "-0123456789abBcCDEFgGhilmMnpqrRsStuvwWyz -n= -L= -U= -S= -G= -M? -C? --oneline --stat? --graph --all --decorate? --no-decorate"
    " --since= --until= --after= --before= --author= --committer= --grep= --format= --pretty? --name-only --name-status --numstat"
    " --shortstat --patch --no-patch --merges --no-merges --reverse --follow --abbrev-commit --abbrev? --date= --max-count= --skip="
    " --first-parent --cached --staged --color? --no-color --word-diff? --ignore-all-space --ignore-space-change --diff-filter="
    " --summary --raw --no-ext-diff --no-textconv --no-renames --find-renames? --branches? --tags? --remotes? --left-right"
    " --cherry-pick --topo-order --date-order --full-history --invert-grep --regexp-ignore-case --exit-code --quiet --check"
    " --porcelain? --line-porcelain --incremental --root --show-name --show-number --show-email --short? --verify --show-toplevel"
    " --abbrev-ref? --is-inside-work-tree --git-dir --symbolic-full-name --show-current --count --others --exclude-standard"
    " --modified --deleted --ignored? --untracked-files? --branch --show-stash --long --ahead-behind --no-ahead-behind"
    " --tags --contains= --points-at= --sort= --unified= --stat-width= --parents --children --objects --not --heads --hash"
    " --summary --numbered --email --group= --line-number --files-with-matches --ignore-case --word-regexp --untracked --index"
    " --exclude= --match= --dirty? --always --exact-match --candidates= --name-only --full-name --recursive --size --is-ancestor"
    " --no-walk --simplify-by-decoration --source --notes? --no-notes --compact-summary --dirstat? --minimal --patience --histogram"
    " --text --function-context --inter-hunk-context= --merge-base --batch-check --verbose --human-readable --stage --unmerged --eol"
    " --perl-regexp --fixed-strings --extended-regexp --and --or --count --show-function --break --heading --max-depth= --cherry"
)
_CONFIG = (
    ("--get",), ("--get-all",), ("--get-regexp",), ("get",), ("get", "--all"), ("list",), ("-l",), ("--list",),
)  # fmt: skip
_CONFIG_PLACES = re.compile(
    r"--(global|system|local|worktree|show-origin|show-scope|null|name-only)|-z"
)


def _config(call: Invocation) -> Iterator[Finding]:
    words = [text for text in call.texts if not _CONFIG_PLACES.fullmatch(text)]
    options = tuple(text for text in words if text.startswith("-") or text in ("get", "list"))
    keys = [text for text in words if text not in options]
    if (options in _CONFIG and len(keys) <= 1) or (not options and len(keys) == 1):
        return
    yield danger("git config changes settings")
    for text in keys[1:]:
        yield from (f for f in call.script(text.lstrip("!")) if f.level == "deny")


_LISTS: Mapping[str, tuple[str, str]] = {
    "branch": (
        r"-(a|r|v|vv|av|avv|l)|--(list|all|remotes|show-current|verbose|no-color|color)",
        r"(?!)",
    ),
    "tag": (r"-l|-n\d*|--(list|sort=\S+|contains=\S+|merged=\S+|points-at=\S+|format=.+)", r"(?!)"),
    "remote": (r"-v|--verbose", r"(?!)"),
    "worktree": (r"--porcelain", "list"),
    "submodule": (r"--recursive", "status|summary"),
    "notes": (r"(?!)", "list|show"),
    "bisect": (r"(?!)", "log"),
}
"""Options and first words with which these only list."""


def _listing(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    kind = call.name.split()[-1]
    options, first = _LISTS[kind]
    flags = [text for text in texts if text.startswith("-")]
    names = [text for text in texts if not text.startswith("-")]
    wanted = bool({"-l", "--list"} & set(flags)) or not names
    verb = bool(names) and re.fullmatch(first, names[0]) is not None
    if all(re.fullmatch(options, flag) for flag in flags) and (wanted or verb):
        return
    if kind == "remote" and texts[:1] in (("show",), ("get-url",)):
        yield from only(r"-n|--all|--push")(call)
        return
    ends = {"drop", "clear", "-D", "-d", "--delete", "remove", "prune", "deinit"} & set(texts)
    what = f"{called(call)} changes the repository"
    yield danger(what) if ends or kind in ("remote", "submodule", "bisect") else change(what)


def _stash(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts[:1] in (("list",), ("show",)):
        yield from takes(_LOG)(call)
    elif {"drop", "clear"} & set(texts):
        yield danger("git stash throws work away")
    else:
        yield change(f"{called(call)} changes the repository")


def _reflog(call: Invocation) -> Iterator[Finding]:
    if {"expire", "delete", "drop", "write"} & set(call.texts):
        yield danger("git reflog deletes history")
    yield from takes(_LOG)(call)


def _clean(call: Invocation) -> Iterator[Finding]:
    if not any(re.match(r"-[a-z]*n|--dry", text) for text in call.texts):
        yield danger("git clean deletes files")
        yield from destroys(call, plain("."), "git clean")


def _reads(call: Invocation) -> Iterator[Finding]:
    yield from takes(_LOG)(call)
    if "--no-index" in call.texts or "--stdin" in call.texts:
        yield danger(f"{called(call)} reads files outside")
    for word in call.args:
        yield from reading(call, word)


_GIT = verbs(
    {
        "status log show diff blame shortlog rev-parse rev-list ls-files ls-tree describe cat-file"
        " name-rev grep whatchanged merge-base count-objects for-each-ref show-ref"
        " check-ignore range-diff diff-tree diff-index cherry show-branch verify-commit verify-tag": _reads,
        "fsck": takes("--full --no-dangling --connectivity-only --no-progress"),
        "version": takes("--build-options"),
        "config": _config,
        "branch tag remote worktree submodule notes bisect": _listing,
        "stash": _stash,
        "reflog": _reflog,
        "pull fetch": changes("fetches and merges"),
        "ls-remote": dangerous("reaches another host"),
        "add commit switch merge init mv cherry-pick": changes("changes the repository"),
        "push": dangerous("publishes"),
        "clean": _clean,
        "reset rebase checkout restore revert rm gc prune filter-branch am apply update-ref clone": dangerous(
            "changes or throws work away"
        ),
    },
    _GLOBAL,
)


def _git(call: Invocation) -> Iterator[Finding]:
    found = call.options(_GLOBAL, stop=True)
    for name, _ in found.options:
        if name in _ELSEWHERE:
            yield danger(f"git {name} takes its settings or programs from elsewhere")
    for value in found.values("-c"):
        name, _, text = value.text.partition("=")
        off = _OFF.fullmatch(name) and text in ("", "cat", "false", "/dev/null")
        if not _QUIET.fullmatch(name) and not off:
            yield danger(f"git -c {name} may start a program")
            yield from call.script(text.lstrip("!"))
    scope = call.scope
    for value in found.values("-C"):
        path = resolve(value, scope)
        if path:
            scope = scope.copy()
            scope.variables[CWD] = (plain(path),)
    if call.args[:1] and call.args[0].text == "fetch" and "ext::" in " ".join(call.texts):
        yield danger("git ext:: runs a command")
    yield from _GIT(Invocation(call.name, call.args, scope, call.stdin, call.walker))


PROGRAMS: Mapping[str, Judge] = {"git": _git}
