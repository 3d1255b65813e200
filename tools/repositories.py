"""Git repositories of a host: what changed, by whom, and bringing in what is new."""

import shlex
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.blocking import run_blocking
from bot.tool import Level, Risk, Table, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.git_local import branches
from tools.git_porcelain import (
    LOG_FORMAT,
    REF_FORMAT,
    Branch,
    Commit,
    parse_branches,
    parse_log,
    parse_status,
)
from tools.git_safe import REF, Repository, opened
from tools.hosts.output import safe
from tools.on_host import OnHost
from tools.places import readable, refusal_of
from tools.security.secrets import is_secret

Path = Annotated[
    str, Field(max_length=4096, description="absolute path of the repository, or of a folder in it")
]
Ref = Annotated[str, Field(pattern=REF)]
SHOWN = 300
"""Files of a status that are listed."""
PATCH = 48 * 1024
"""Bytes of a difference that are shown."""


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    return await refusal_of(readable(ctx, given["host"], given["path"])) or Verdict()


@tool(risk=_judge, only_reads=True, example={"path": "/srv/app"})
async def git_status(ctx: ToolContext, path: Path, host: OnHost = None) -> ToolResult:
    """State of a git repository: branch, how far from its upstream, changed and new files."""
    repository = await opened(ctx, host, path)
    words = ("--porcelain=v2", "--branch", "-z", "--ignore-submodules=all")
    found = parse_status(await repository.read("status", *words))
    branch = f"on {found.branch}" if found.branch else "HEAD is detached"
    head = f"{branch} at {found.commit[:10] or 'no commit yet'}"
    if found.upstream:
        head += f", {found.ahead} ahead and {found.behind} behind {found.upstream}"
    rows = [
        *(("in conflict", name) for name in found.conflicts),
        *((f"{each.how}{', staged' if each.staged else ''}", each.path) for each in found.changed),
        *(("new", name) for name in found.untracked),
    ]
    return _result(safe(head), ("state", "file"), rows[:SHOWN], len(rows), "nothing has changed")


@tool(risk=_judge, only_reads=True, example={"path": "/srv/app", "ref": "HEAD~1..HEAD"})
async def git_diff(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    ref: Annotated[
        Ref | None, Field(description="compare with this commit, or two: main..work")
    ] = None,
    staged: Annotated[bool, Field(description="what is staged instead")] = False,  # noqa: FBT002 - a tool's argument
    file: Annotated[str, Field(max_length=1024, description="only this file or folder")] = "",
) -> ToolResult:
    """Difference of a git repository, as a patch: what is not committed, or between commits."""
    repository = await opened(ctx, host, path)
    which = [*(["--cached"] if staged else []), *([ref] if ref else [])]
    options = ["--no-ext-diff", "--no-textconv", "--ignore-submodules=all", *which]
    only = [f":(literal){file}"] if file else []
    names = (await repository.read("diff", "--name-only", "-z", *options, "--", *only)).split("\0")
    hidden = [name for name in names if name and is_secret(f"{repository.path}/{name}")]
    without = [f":(exclude,literal,top){name}" for name in hidden]
    patch = await repository.git("diff", *options, "--", *(only or ["."]), *without, keep=PATCH)
    told = [safe(patch).rstrip("\n") or "no difference"]
    if hidden:
        told.append(f"left out, as they hold secrets by their name: {safe(', '.join(hidden))}")
    return ToolResult("\n".join(told))


@tool(risk=_judge, only_reads=True, example={"path": "/srv/app", "limit": 10})
async def git_log(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    limit: Annotated[int, Field(ge=1, le=200, description="how many commits")] = 20,
    ref: Annotated[Ref | None, Field(description="from this branch, tag or commit on")] = None,
    file: Annotated[str, Field(max_length=1024, description="only those that touch this")] = "",
    since: Annotated[
        str, Field(pattern=r"^[\w :.+-]{0,40}$", description="2026-01-31, or '2 days ago'")
    ] = "",
) -> ToolResult:
    """Newest commits of a git repository: id, author, time, subject."""
    repository = await opened(ctx, host, path)
    options = [f"--format={LOG_FORMAT}", f"--max-count={limit}", "--no-show-signature"]
    options += [f"--since={since}"] if since else []
    only = ["--", f":(literal){file}"] if file else ["--"]
    try:
        found = await repository.read("log", *options, *([ref] if ref else []), *only)
    except ToolError as error:
        if "does not have any commits" not in str(error):
            raise
        return ToolResult("there is no commit yet")
    return _commits(parse_log(found), "no commit")


async def _judge_branch(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    if given["action"] == "list":
        return await _judge(args, ctx)
    name, action = given["name"], given["action"]
    if not name:
        raise ToolError(f"name the branch to {action}")
    await opened(ctx, given["host"], given["path"], writing=True)
    shape = f"git_branch {action} {given['path']}"
    return Verdict(Level.ASK, Risk.CHANGE, (f"{action} branch {name}",), shape=shape)


@tool(risk=_judge_branch, example={"path": "/srv/app"})
async def git_branch(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    action: Annotated[
        Literal["list", "switch", "create"], Field(description="what to do")
    ] = "list",
    name: Annotated[Ref | None, Field(description="of the branch to switch to, or create")] = None,
) -> ToolResult:
    """List the branches of a git repository; or switch to one; or create one at HEAD."""
    repository = await opened(ctx, host, path, writing=action != "list")
    if action == "list":
        found = await _branches(repository)
        rows = [
            ("*" if b.current else "", b.name, b.commit[:10], b.when, b.upstream, b.subject)
            for b in found
        ]
        columns = ("", "branch", "commit", "when", "upstream", "subject")
        return _result(f"{len(found)} branches", columns, rows, len(rows), "no branch yet")
    assert name
    await _must_be_clean(repository)
    _must_not_rewrite(repository)
    words = ("-c", name) if action == "create" else (name,)
    await repository.git("switch", "--no-guess", *words)
    return ToolResult(f"now on {name}")


async def _judge_pull(args: BaseModel, ctx: ToolContext) -> Verdict:
    """What is fetched to be shown is what is asked for: another commit is another question."""
    given = args.model_dump()
    repository = await opened(ctx, given["host"], given["path"], writing=True)
    here, there = await _fetched(repository)
    how = given["how"]
    risk = Risk.CHANGE if how == "fast_forward" else Risk.DANGER
    reason = f"{here[:10]} → {there[:10]} ({how.replace('_', '-')})"
    shape = f"git_pull {how} {given['path']}"
    return Verdict(Level.ASK, risk, (reason,), shape=shape, basis=f"{here}..{there}")


async def _preview_pull(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    repository = await opened(ctx, given["host"], given["path"], writing=True)
    coming = await _coming(repository, "HEAD", "@{upstream}")
    lines = [f"{each.id[:10]} {each.when} {each.author}: {each.subject}" for each in coming]
    return safe("\n".join(lines)) or "nothing new"


def _undo_pull(args: BaseModel) -> str:
    return f"git -C {shlex.quote(args.model_dump()['path'])} reset --keep ORIG_HEAD"


@tool(
    risk=_judge_pull,
    preview=_preview_pull,
    undo=_undo_pull,
    timeout=180,
    example={"path": "/srv/app"},
)
async def git_pull(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    how: Annotated[
        Literal["fast_forward", "merge", "rebase"],
        Field(description="what to do with commits of its own; fast_forward refuses them"),
    ] = "fast_forward",
) -> ToolResult:
    """Bring the new commits of its upstream into a git repository. A dirty tree is refused."""
    repository = await opened(ctx, host, path, writing=True)
    await _must_be_clean(repository)
    _must_not_rewrite(repository)
    here = (await repository.read("rev-parse", "HEAD")).strip()
    there = (await repository.read("rev-parse", "@{upstream}")).strip()
    coming = await _coming(repository, here, there)
    if not coming:
        return ToolResult(f"already up to date at {here[:10]}")
    words = {
        "fast_forward": ("merge", "--ff-only", there),
        "merge": ("merge", "--no-edit", there),
        "rebase": ("rebase", there),
    }[how]
    result = await repository.run(*words, timeout=120)
    if result.exit_code != 0:
        await _taken_back(repository, words[0], here)
        raise ToolError(f"nothing was changed: {result.output.strip()[-1_000:]}")
    after = (await repository.read("rev-parse", "HEAD")).strip()
    head = f"{here[:10]} → {after[:10]}: {len(coming)} new commits"
    return _commits(coming, "", head)


async def _fetched(repository: Repository) -> tuple[str, str]:
    """HEAD and its upstream, as it is now there. Only the notes on the upstream are changed."""
    status = parse_status(
        await repository.read("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no")
    )
    if not status.upstream:
        raise ToolError(
            f"{status.branch or 'a detached HEAD'} has no upstream: a person sets one with"
            " git branch --set-upstream-to"
        )
    remote = (await repository.read("config", f"branch.{status.branch}.remote")).strip()
    if remote != ".":
        await repository.git("fetch", "--no-tags", "--no-recurse-submodules", "--", remote)
    return status.commit, (await repository.read("rev-parse", "@{upstream}")).strip()


async def _coming(repository: Repository, here: str, there: str) -> list[Commit]:
    words = (f"--format={LOG_FORMAT}", "--max-count=200", "--no-show-signature", f"{here}..{there}")
    return parse_log(await repository.read("log", *words, "--"))


async def _must_be_clean(repository: Repository) -> None:
    words = ("--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--ignore-submodules=all")
    found = parse_status(await repository.read("status", *words))
    if not found.clean:
        names = [each.path for each in found.changed] + found.conflicts
        raise ToolError(
            f"files with changes of their own: {safe(', '.join(names[:10]))}; commit or put them"
            " away first"
        )


def _must_not_rewrite(repository: Repository) -> None:
    if repository.rewrites:
        raise ToolError(
            f"this repository runs programs on its files ({safe(', '.join(repository.rewrites))}):"
            " they are not run here, so a person must do this"
        )


async def _taken_back(repository: Repository, verb: str, here: str) -> None:
    """After a failure everything is as it was. Raises ToolError when it is not."""
    await repository.run(verb, "--abort")
    now = (await repository.read("rev-parse", "HEAD")).strip()
    if now != here:
        raise ToolError(f"it failed half-way: HEAD is {now[:10]} and was {here[:10]}")
    await _must_be_clean(repository)


async def _branches(repository: Repository) -> Sequence[Branch]:
    if not repository.host.key and repository.host.name == "local":
        try:
            return await run_blocking("git", branches, repository.path)
        except ValueError:
            pass  # a format that GitPython does not know, such as reftables: git itself does
    words = (f"--format={REF_FORMAT}", "--sort=-committerdate", "refs/heads")
    return parse_branches(await repository.read("for-each-ref", *words))


def _commits(found: Sequence[Commit], nothing: str, head: str = "") -> ToolResult:
    rows = [(each.id[:10], each.when, each.author, each.subject) for each in found]
    columns = ("commit", "when", "author", "subject")
    return _result(head or f"{len(rows)} commits", columns, rows, len(rows), nothing)


def _result(
    head: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], whole: int, nothing: str
) -> ToolResult:
    clean = tuple(tuple(safe(cell).replace("\n", "\\n") for cell in row) for row in rows)
    lines = [" | ".join(row) for row in clean] or [nothing]
    more = [f"and {whole - len(rows)} more"] if whole > len(rows) else []
    return ToolResult("\n".join([head, *lines, *more]), Table(columns, clean))
