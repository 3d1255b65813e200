"""Finding files of a host by name or content.

The host's own find and grep do it: they can be ended when a pattern takes for ever, which a
thread of this process cannot, and a remote host does the same work without sending its files."""

import re
import shlex
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from bot.resources import Roots
from bot.tool import Table, ToolContext, ToolError, ToolResult, Verdict, tool
from tools.hosts.roots import within
from tools.on_host import OnHost
from tools.places import Place, host_errors, readable, refusal_of
from tools.security import secrets
from tools.security.secret_lines import NOT_IN_SECRETS

SECONDS = 20
LARGEST = "16M"
"""Larger files are not looked into."""
_NOT_SEARCHED = "; lines that hold secrets are not searched"
Hit = tuple[str, str, str]
"""Path, line number, line; the last two are empty in a search by name."""


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    return await refusal_of(readable(ctx, given["host"], given["path"])) or Verdict()


@tool(risk=_judge, only_reads=True, example={"path": "/var/log", "content": "no space"})
async def search_files(
    ctx: ToolContext,
    path: Annotated[str, Field(max_length=4096, description="absolute directory to search")],
    name: Annotated[str, Field(max_length=255, description="name pattern such as *.conf")] = "*",
    content: Annotated[
        str,
        Field(max_length=500, pattern=r"^[^\n\x00]*$", description="regular expression in lines"),
    ] = "",
    host: OnHost = None,
    limit: Annotated[int, Field(ge=1, le=500, description="how many results")] = 100,
) -> ToolResult:
    """Find files under a directory by name pattern, by what is in them, or both.

    Lines that hold a secret, such as `password = …`, are not searched."""
    place = await readable(ctx, host, path)
    with host_errors():
        await place.host.files.stat(place.path)
    script = _script(place, name, content, limit + 1)
    result = await place.host.run(script, timeout=SECONDS + 10)
    body, _, ended = result.output.rpartition("ended ")
    hits = [hit for hit in parse_hits(body) if not secrets.is_secret(hit[0])]
    if not hits:
        _complain(body)
    nothing = f"nothing found{_NOT_SEARCHED if content else ''}"
    return _told(hits, limit, nothing, cut="124" in ended or result.ended != "exited")


def _script(place: Place, name: str, content: str, limit: int) -> str:
    find = f'find {_files(place, name)} "${{own[@]}}"'
    own = _own(place.host.roots)
    if not content:
        return f"{own}; timeout {SECONDS} {find} -print 2>/dev/null | head -n {limit}; {_ENDED}"
    # -Z ends names with NUL, which no name holds; a tab is what survives the way here.
    grep = f"grep -nIHZsP -m 20 -e {shlex.quote(NOT_IN_SECRETS + content)} --"
    return (
        f"{own}; {find} -size -{LARGEST} -print0 2>/dev/null"
        f" | timeout {SECONDS} xargs -0 -r {grep} 2>&1"
        f" | tr '\\0' '\\t' | cut -c -400 | head -n {limit}; {_ENDED}"
    )


_ENDED = "echo ended ${PIPESTATUS[@]}"


def _own(roots: Roots) -> str:
    """Sets ``own``: find's words against hard links to what is never touched, or lies in it."""
    never = " ".join(f"{shlex.quote(each)}{{,/*}}" for each in roots.never)
    return (
        "shopt -s dotglob; own=(); "
        f"for each in {never}; do "
        '[ -f "$each" ] && own+=(! -samefile "$(readlink -f "$each")"); done'
    )


def _files(place: Place, name: str) -> str:
    """find's words: what is never touched is not entered, secrets are left out."""
    roots, path = place.host.roots, place.path
    closed = [shlex.quote(_literal(each)) for each in _closed(roots, path)]
    prune = (
        f"\\( {' -o '.join(f'-path {each}' for each in closed)} \\) -prune -o " if closed else ""
    )
    hidden = " ".join(f"! -ipath {shlex.quote(pattern)}" for pattern in secrets.PATHS)
    names = " -o ".join(f"-iname {shlex.quote(pattern)}" for pattern in secrets.NAMES)
    plain = " -o ".join(f"-iname {shlex.quote(pattern)}" for pattern in secrets.OPEN)
    wanted = f"-iname {shlex.quote(name)}"
    return (
        f"{shlex.quote(path)} -xdev {prune}-type f {wanted} {hidden} "
        f"\\( ! \\( {names} \\) -o \\( {plain} \\) \\)"
    )


def _closed(roots: Roots, path: str) -> Sequence[str]:
    """What is never touched, but for the search that was allowed to begin in it."""
    return [each for each in roots.never if not within(path, each)]


def _literal(path: str) -> str:
    """A path as a pattern of find's that matches nothing else."""
    return re.sub(r"([\\*?\[])", r"\\\1", path)


def parse_hits(output: str) -> list[Hit]:
    """Lines of grep (path, tab, number, colon, text) or of find (path)."""
    hits: list[Hit] = []
    for line in output.split("\n"):
        if not line.startswith("/"):
            continue
        path, _, rest = line.partition("\t")
        number, _, text = rest.partition(":")
        hits.append((path, number, text))
    return hits


def _complain(output: str) -> None:
    """Raises ToolError with what grep has against the expression."""
    if found := re.search(r"^(?:grep|xargs|find): (.+)$", output, re.MULTILINE):
        raise ToolError(f"the search failed: {found[1]}")


def _told(hits: list[Hit], limit: int, nothing: str, *, cut: bool) -> ToolResult:
    shown = hits[:limit]
    lines = [":".join(part for part in hit if part) for hit in shown]
    if len(hits) > limit:
        lines.append(f"… only the first {limit}; narrow the search for the rest")
    if cut:
        lines.append(f"… cut off after {SECONDS} s: there may be more")
    return ToolResult("\n".join(lines) or nothing, Table(("path", "line", "text"), tuple(shown)))
