"""Git repositories of a host, looked at. No program that a repository names is started."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from bot.tool import Table, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.git_asking import Answer, text_of
from tools.git_porcelain import LOG, Changed, FileDiff, Status, read_log, read_numbers
from tools.hosts.output import safe
from tools.on_host import OnHost
from tools.places import may_read, readable, refusal_of
from tools.repository import Directory, InRepository, Repository, Revision, opened, shown

SHOWN = 200
"""Files that are told one by one."""
PATCH = 48 * 1024
"""Characters of a difference."""
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
_LOOKS = ("--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--find-renames")
_STATES = {
    "M": "modified",
    "A": "added",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type changed",
    "U": "conflict",
}


async def judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    """Looking is allowed where files may be read."""
    given = args.model_dump()
    return await refusal_of(readable(ctx, given["host"], given["path"])) or Verdict()


@tool(risk=judge, only_reads=True, example={"path": "/srv/app"})
async def git_status(ctx: ToolContext, path: Directory, host: OnHost = None) -> ToolResult:
    """State of a git repository: branch, commits ahead and behind, changed and untracked files."""
    repository = await opened(ctx, host, path, writes=False)
    status = await repository.status()
    rows = tuple(_row(each) for each in status.files)
    lines = [*_head(repository, status), *(f"{state} {name}" for state, name in rows[:SHOWN])]
    if len(rows) > SHOWN:
        lines.append(f"… and {len(rows) - SHOWN} more")
    return ToolResult("\n".join(lines), Table(("state", "file"), rows[:SHOWN]))


def _head(repository: Repository, status: Status) -> list[str]:
    where = f"on branch {status.branch}" if status.branch else "HEAD is detached"
    at = f"at {status.commit[:12]}" if status.commit else "before its first commit"
    lines = [f"{shown(repository.top)}: {where}, {at}"]
    if status.upstream:
        far = f"{status.ahead} ahead, {status.behind} behind (as of the last fetch)"
        lines.append(f"upstream {status.upstream}: {far}")
    if status.stashed:
        lines.append(f"{status.stashed} stashed")
    tracked = len(status.dirty)
    lines.append(f"{tracked} changed, {len(status.files) - tracked} untracked")
    return lines


def _row(file: Changed) -> tuple[str, str]:
    index, tree = file.state
    if file.state == "??":
        state = "untracked"
    elif "U" in file.state or file.state in ("AA", "DD"):
        state = "conflict"
    else:
        staged = f"{_STATES.get(index, index)} (staged)" if index != "." else ""
        state = ", ".join(filter(None, [staged, _STATES.get(tree, "") if tree != "." else ""]))
    origin = f"{shown(file.origin)} → " if file.origin else ""
    return state, origin + shown(file.path)


@tool(risk=judge, only_reads=True, example={"path": "/srv/app", "ref": "HEAD~1..HEAD"})
async def git_diff(
    ctx: ToolContext,
    path: Directory,
    ref: Annotated[
        Revision,
        Field(description="a commit to compare files with, or two as A..B; empty: the index"),
    ] = "",
    file: InRepository = "",
    *,
    staged: Annotated[bool, Field(description="what the next commit would hold")] = False,
    host: OnHost = None,
) -> ToolResult:
    """What changed in a git repository, line by line: files not yet staged, or between commits."""
    repository = await opened(ctx, host, path, writes=False)
    if repository.bare and ".." not in ref:
        raise ToolError(f"{repository.top} is a bare repository: name two commits, as A..B")
    revisions = [*(["--cached"] if staged else []), *([ref] if ref else [])]
    base = ["diff", *_PLAIN, *_LOOKS, *revisions]
    only = [f":(top,literal){file}"] if file else [":(top)"]
    counted = await repository.read(*base, "--numstat", "-z", "--", *only)
    files = read_numbers(counted.out)
    hidden = [name for each in files for name in _hidden(repository, each)]
    patch = await repository.read(*base, "--patch", "--", *only, *map(_without, hidden))
    return _told(files, hidden, patch, more=counted.cut)


def _hidden(repository: Repository, file: FileDiff) -> Sequence[str]:
    """The names of a file that tools may not read; both when it was renamed from or to one."""
    names = [name for name in (file.path, file.origin) if name]
    shows = all(may_read(repository.host, f"{repository.top}/{name}") for name in names)
    return () if shows else names


def _without(name: str) -> str:
    return f":(top,exclude,literal){name}"


def _told(
    files: Sequence[FileDiff], hidden: Sequence[str], patch: Answer, *, more: bool
) -> ToolResult:
    rows = tuple((shown(each.path), *_numbers(each)) for each in files[:SHOWN])
    if not rows:
        return ToolResult("no changes")
    text = safe(text_of(patch.out)).rstrip("\n")
    lines = [f"{len(files)}{' or more' if more else ''} files changed"]
    lines += [f"not shown, tools may not read it: {shown(name)}" for name in hidden[:SHOWN]]
    lines += [f"{name} {added} {removed}" for name, added, removed in rows]
    left = len(text) - PATCH
    cut = left > 0 or patch.cut
    lines += ["", text[:PATCH]] if text else []
    lines += ["[… the rest is left out: ask for one file …]"] if cut else []
    return ToolResult("\n".join(lines), Table(("file", "added", "removed"), rows))


def _numbers(file: FileDiff) -> tuple[str, str]:
    return ("binary", "") if file.added is None else (f"+{file.added}", f"-{file.removed}")


@tool(risk=judge, only_reads=True, example={"path": "/srv/app", "limit": 10})
async def git_log(
    ctx: ToolContext,
    path: Directory,
    ref: Annotated[
        Revision, Field(description="where to begin, or A..B for what B has more; empty: HEAD")
    ] = "",
    file: InRepository = "",
    since: Annotated[
        str, Field(pattern=r"^[\w :.+-]{0,40}$", description="2026-01-31, or '2 days ago'")
    ] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="how many, the newest")] = 20,
    host: OnHost = None,
) -> ToolResult:
    """History of a git repository: commits with author, date and subject, newest first."""
    repository = await opened(ctx, host, path, writes=False)
    words = ["log", "-z", LOG, f"--max-count={limit}", "--decorate=short", "--no-notes"]
    words += ["--no-mailmap", "--no-show-signature", "--no-color", "--no-patch"]
    words += [f"--since={since}"] if since else []
    words += [ref or "HEAD", "--", *([f":(top,literal){file}"] if file else [])]
    [answer, head] = await repository.ask(words, ["rev-parse", "--verify", "--quiet", "HEAD"])
    if not head.ok and not ref:
        return ToolResult("no commits yet")
    if not answer.ok:
        repository.fail(answer)
    return commit_list(answer.out)


def commit_list(out: bytes) -> ToolResult:
    """Commits as the format LOG prints them."""
    rows = tuple(
        (each.id[:12], each.date, shown(each.author), shown(each.subject), shown(each.names))
        for each in read_log(out)
    )
    lines = [
        f"{i} {date} {who}: {what}{f' ({at})' if at else ''}" for i, date, who, what, at in rows
    ]
    columns = ("commit", "date", "author", "subject", "names")
    return ToolResult("\n".join(lines) or "no commits", Table(columns, rows))
