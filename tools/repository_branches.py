"""Branches of a repository: seen, made, switched to."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.resources import Host
from bot.tool import Level, Risk, Table, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.git_porcelain import BRANCHES, Branch, read_branches
from tools.local_branches import local_branches
from tools.on_host import OnHost
from tools.places import readable, refusal_of, writable
from tools.repository import Directory, Repository, opened, shown

LISTED = 200
BranchName = Annotated[
    str,
    Field(
        # Stricter than git-check-ref-format(1), which git itself applies afterwards.
        pattern=r"^([A-Za-z0-9_][A-Za-z0-9_./+#-]*)?$",
        max_length=200,
    ),
]


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    action, name, path = given["action"], given["name"], given["path"]
    allowed = readable if action == "list" else writable
    refused = await refusal_of(allowed(ctx, given["host"], path))
    if refused or action == "list":
        return refused or Verdict()
    if not name:
        raise ToolError(f"{action} needs the name of a branch")
    does = f"{action} the branch {name} in {path}"
    shape = f"git_branch {action} {path}"
    return Verdict(Level.ASK, Risk.CHANGE, (does,), shape=shape)


def _undo(args: BaseModel) -> str:
    given = args.model_dump()
    match given["action"]:
        case "create":
            return f"git branch -d {given['name']}"
        case "switch":
            return "git_branch switch back to the branch before, which the result names"
        case _:
            return ""


@tool(risk=_judge, undo=_undo, example={"path": "/srv/app"})
async def git_branch(
    ctx: ToolContext,
    path: Directory,
    action: Annotated[
        Literal["list", "create", "switch"],
        Field(description="list all; create a branch at HEAD; switch the working tree to one"),
    ] = "list",
    name: Annotated[BranchName, Field(description="the branch to create or to switch to")] = "",
    host: OnHost = None,
) -> ToolResult:
    """Branches of a git repository: list them with their commits, create one, switch to one."""
    if action == "list":
        return _listed(await _branches(ctx, host, path))
    repository = await opened(ctx, host, path, writes=True)
    if action == "create":
        made = await repository.change("branch", "--no-track", "--", name)
        return ToolResult(f"created {name}") if made.ok else _failed(repository, made.said)
    return await _switch(repository, name)


async def _branches(ctx: ToolContext, host: str | None, path: str) -> Sequence[Branch]:
    place = await readable(ctx, host, path)
    if _is_here(place.host) and (found := await local_branches(place.path)):
        for each in found.places:
            await readable(ctx, host, each)
        return found.branches
    return await asked_branches(await opened(ctx, host, path, writes=False))


def _is_here(host: Host) -> bool:
    """The bot's own machine is the one without a host key."""
    return not host.key


async def asked_branches(repository: Repository) -> Sequence[Branch]:
    """The same, asked of git on any host."""
    listing = ("for-each-ref", BRANCHES, "refs/heads", "refs/remotes")
    listed, head = await repository.ask(listing, ("symbolic-ref", "--quiet", "HEAD"))
    return read_branches(listed.out if listed.ok else repository.fail(listed).out, head.text)


def _listed(branches: Sequence[Branch]) -> ToolResult:
    rows = tuple(
        ("*" if each.current else "", shown(each.name), each.commit[:12], shown(each.upstream))
        for each in branches[:LISTED]
    )
    lines = [
        f"{mark or ' '} {name} {commit}" + (upstream and f", upstream {upstream}")
        for mark, name, commit, upstream in rows
    ]
    if not any(each.current for each in branches):
        lines.insert(0, "no branch is checked out" if branches else "no branches yet")
    if len(branches) > LISTED:
        lines.append(f"… and {len(branches) - LISTED} more")
    return ToolResult("\n".join(lines), Table(("", "branch", "commit", "upstream"), rows))


async def _switch(repository: Repository, name: str) -> ToolResult:
    before = await repository.must_be_clean()
    if before.branch == name:
        return ToolResult(f"already on {name}")
    target = ("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}")
    [found] = await repository.ask(target)
    if not found.ok:
        raise ToolError(f"there is no branch {name}; git_branch lists those that there are")
    if before.commit:
        await repository.must_be_writable(before.commit, found.text)
    options = ("--no-guess", "--no-recurse-submodules", "--no-progress", "--quiet")
    switched = await repository.change("switch", *options, name)
    if not switched.ok:
        return _failed(repository, switched.said)
    origin = before.branch or before.commit[:12]
    return ToolResult(f"switched from {shown(origin)} to {name}, at {found.text[:12]}")


def _failed(repository: Repository, said: str) -> ToolResult:
    raise ToolError(f"nothing was changed in {repository.top}: {said.strip()}")
