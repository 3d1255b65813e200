"""Taking in what others have pushed.

The remote is asked for its newest commit when the call is judged, and what is missing of it is
fetched as objects only: no reference, no file and no FETCH_HEAD changes before a person has seen
the commits and agreed. The approval is for exactly those commits: when HEAD or the remote's branch
is another one afterwards, it is asked about afresh."""

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.tool import Level, OutcomeUnknown, Risk, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.git_asking import Answer
from tools.git_porcelain import LOG, Status
from tools.on_host import OnHost
from tools.places import NotHere, readable
from tools.repositories import commit_list
from tools.repository import FETCHING, Directory, Repository, opened, shown

LISTED = 50
"""Commits that are shown before they come in."""
How = Literal["fast_forward", "merge", "rebase"]
_LOCAL = re.compile(r"(file://)?(?P<path>/.*)", re.DOTALL)
_SAFE = ("--no-autostash", "--no-gpg-sign", "--no-stat", "--quiet")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a pull would bring."""

    repository: Repository
    before: Status
    commit: str
    """The newest commit of the remote's branch; its objects are there already."""
    tracking: str
    """Full name of the reference that remembers it; empty when there is none."""
    source: str
    """Short name of the remote's branch."""
    count: int
    own: int
    """Commits of this branch that the remote does not have."""

    @property
    def what(self) -> str:
        return f"{self.count} commit{'' if self.count == 1 else 's'} of {self.source}"


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    try:
        incoming = await _incoming(ctx, given["host"], given["path"], given["how"])
    except NotHere as refused:
        return refused.verdict
    top, how = incoming.repository.top, given["how"]
    reasons = [f"{how} {incoming.before.branch} in {top} to take in {incoming.what}"]
    if how == "rebase" and incoming.own:
        reasons.append(f"writes {incoming.own} commits of its own anew")
    return Verdict(
        Level.ASK,
        Risk.DANGER if how == "rebase" and incoming.own else Risk.CHANGE,
        tuple(reasons),
        shape=f"git_pull {how} {top}",
        basis=f"{incoming.before.commit} {incoming.commit}",
    )


async def _preview(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    incoming = await _incoming(ctx, given["host"], given["path"], given["how"])
    between = f"{incoming.before.commit}..{incoming.commit}"
    ask = incoming.repository.read
    log = await ask("log", "-z", LOG, f"--max-count={LISTED}", *_PLAIN, between, "--")
    options = ("--no-ext-diff", "--no-textconv", "--no-color", "--stat=100", "--stat-count=50")
    stat = await ask("diff", *options, f"{incoming.before.commit}...{incoming.commit}", "--")
    more = incoming.count - LISTED
    lines = [f"{incoming.what}:", commit_list(log.out).text]
    lines += [f"… and {more} more"] if more > 0 else []
    return "\n".join([*lines, *map(shown, stat.text.splitlines())])


_PLAIN = ("--no-notes", "--no-mailmap", "--no-show-signature", "--no-color", "--no-patch")


def _undo(args: BaseModel) -> str:
    path = shlex.quote(args.model_dump()["path"])
    return f"git -C {path} reset --keep BEFORE, the commit before, which the result names"


@tool(risk=_judge, timeout=2 * FETCHING, preview=_preview, undo=_undo, example={"path": "/srv/app"})
async def git_pull(
    ctx: ToolContext,
    path: Directory,
    how: Annotated[
        How, Field(description="merge or rebase only if a person asked for it: both sides changed")
    ] = "fast_forward",
    host: OnHost = None,
) -> ToolResult:
    """Take the newest commits of the upstream branch into a git repository's current branch.

    The working tree must be clean. When it cannot be done, nothing is changed."""
    incoming = await _incoming(ctx, host, path, how)
    before, repository = incoming.before, incoming.repository
    ctx.progress(f"taking in {incoming.what}\n")
    done = await repository.change(*_words(how, incoming.commit), seconds=FETCHING)
    if not done.ok:
        await _take_back(incoming, how, done)
    if incoming.tracking:
        await repository.change("update-ref", "-m", "pull", incoming.tracking, incoming.commit)
    after = await repository.status()
    return ToolResult(
        f"took in {incoming.what}\nbefore: {before.commit}\nafter: {after.commit}\n"
        f"undo: git -C {shlex.quote(repository.top)} reset --keep {before.commit}"
    )


def _words(how: How, commit: str) -> list[str]:
    match how:
        case "fast_forward":
            return ["merge", "--ff-only", *_SAFE, commit]
        case "merge":
            return ["merge", "--no-edit", "--no-verify", "--no-verify-signatures", *_SAFE, commit]
        case "rebase":
            return ["rebase", "--merge", "--no-verify", *_SAFE, commit]


async def _take_back(incoming: Incoming, how: How, failed: Answer) -> None:
    """Raises ToolError once all is as it was before, OutcomeUnknown when it is not."""
    repository, before = incoming.repository, incoming.before
    if how != "fast_forward":
        await repository.change(how, "--abort")
    after = await repository.status()
    said = "\n".join(filter(None, [failed.text.strip(), failed.said.strip()]))
    same = (after.commit, after.branch) == (before.commit, before.branch) and not after.dirty
    if not same:
        raise OutcomeUnknown(
            f"{how} failed and could not be taken back; see git_status. git said: {said}"
        )
    raise ToolError(f"{how} failed, all is as it was before. git said: {said}")


async def _incoming(ctx: ToolContext, host: str | None, path: str, how: How) -> Incoming:
    """Raises ToolError when there is nothing to do, or it cannot be done."""
    repository = await opened(ctx, host, path, writes=True)
    before = await repository.must_be_clean()
    if not before.branch or not before.commit:
        raise ToolError(f"{repository.top} is not on a branch with commits: switch to one first")
    remote, branch = _upstream(repository, before)
    await _must_be_allowed(ctx, repository, remote)
    commit = await _newest(repository, remote, branch)
    around = f"{before.commit}...{commit}"
    tracked = f"refs/heads/{before.branch}"
    counted, tracking, base = await repository.ask(
        ("rev-list", "--left-right", "--count", around, "--"),
        ("for-each-ref", "--format=%(upstream)", tracked),
        ("merge-base", before.commit, commit),
    )
    own, count = map(int, (counted if counted.ok else repository.fail(counted)).text.split())
    source = before.upstream or f"{remote}/{branch.removeprefix('refs/heads/')}"
    if not count:
        raise ToolError(f"nothing to pull: {before.branch} has all of {source}")
    if own and how == "fast_forward":
        raise ToolError(
            f"{before.branch} and {source} went different ways ({own} commits here, "
            f"{count} there); nothing was done: a person can ask for how=merge or how=rebase"
        )
    # A merge writes what the remote changed; a rebase begins at the remote's own files.
    begin = base.text if base.ok and how != "rebase" else before.commit
    await repository.must_be_writable(begin, commit)
    known = tracking.text if tracking.text.startswith("refs/remotes/") else ""
    return Incoming(repository, before, commit, known, source, count, own)


def _upstream(repository: Repository, status: Status) -> tuple[str, str]:
    """Name of the remote and full name of its branch. Raises ToolError."""
    key = f"branch.{status.branch}"
    found = {e.name: e.value for e in repository.config if e.name.startswith(f"{key}.")}
    remote, branch = found.get(f"{key}.remote", ""), found.get(f"{key}.merge", "")
    if not remote or not branch:
        raise ToolError(f"{status.branch} follows no branch of a remote: nothing to pull from")
    if remote == "." or remote.startswith("-") or not branch.startswith("refs/heads/"):
        raise ToolError(f"{status.branch} follows {branch!r} of {remote!r}: a person should pull")
    return remote, branch


async def _must_be_allowed(ctx: ToolContext, repository: Repository, remote: str) -> None:
    """A remote that is a directory must be one that tools may read."""
    address = (await repository.read("ls-remote", "--get-url", "--", remote)).text
    # gitremote-helpers(7), git-fetch(1): what has no colon before its first slash is a path.
    if ":" not in address.split("/")[0]:
        address = str(PurePosixPath(repository.top, address))
    if local := _LOCAL.fullmatch(address):
        await readable(ctx, repository.host.name, local["path"])


async def _newest(repository: Repository, remote: str, branch: str) -> str:
    """The remote's commit, its objects fetched. No reference changes."""
    listing = ["ls-remote", "--exit-code", "--upload-pack=git-upload-pack", "--", remote, branch]
    listed = await repository.reach(*listing)
    if listed.code == 2:
        raise ToolError(f"{remote} has no branch {branch.removeprefix('refs/heads/')} any more")
    if not listed.ok:
        _unreachable(remote, listed)
    commit = listed.text.split("\t")[0]
    [there] = await repository.ask(["cat-file", "-e", f"{commit}^{{commit}}"])
    if not there.ok:
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        fetch = ["fetch", *quiet, "--refmap=", "--no-recurse-submodules", "--no-prune"]
        fetch += ["--upload-pack=git-upload-pack", "--", remote, branch]
        fetched = await repository.reach(*fetch)
        if not fetched.ok:
            _unreachable(remote, fetched)
    return commit


def _unreachable(remote: str, answer: Answer) -> None:
    raise ToolError(f"{remote} cannot be read: {answer.said.strip() or 'no reason given'}")
