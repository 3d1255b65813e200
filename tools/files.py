"""Reading files and directories of a host."""

import hashlib
import stat
from typing import Annotated

from pydantic import BaseModel, Field

from bot.resources import FileStat
from bot.tool import Table, ToolContext, ToolResult, Verdict, tool
from tools.file_lines import last_lines, lines_from
from tools.hosts.output import safe
from tools.on_host import OnHost
from tools.places import host_errors, readable, refusal_of
from tools.security.secrets import is_secret
from tools.texts import when
from tools.units import size

Path = Annotated[str, Field(max_length=4096, description="absolute path")]
HASHED = 16 * 1024 * 1024
"""Bytes of the largest file whose SHA-256 is told."""
_TYPES = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "link": stat.S_IFLNK, "other": 0}


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    return await refusal_of(readable(ctx, given["host"], given["path"])) or Verdict()


async def _judge_names(args: BaseModel, ctx: ToolContext) -> Verdict:
    """A secret's size and owner are none."""
    given = args.model_dump()
    place = readable(ctx, given["host"], given["path"], secrets=True)
    return await refusal_of(place) or Verdict()


@tool(risk=_judge, only_reads=True, example={"path": "/etc/hosts"})
async def read_file(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    start_line: Annotated[int, Field(ge=1, description="first line to show")] = 1,
    lines: Annotated[int, Field(ge=1, le=5000, description="how many lines")] = 500,
    tail: Annotated[
        int | None, Field(ge=1, le=5000, description="the last so many lines instead")
    ] = None,
) -> ToolResult:
    """Read a text file, or part of it by line numbers, or its end with `tail`."""
    place = await readable(ctx, host, path)
    with host_errors():
        if tail is None:
            found = await lines_from(place.host.files, place.path, start_line, lines)
        else:
            found = await last_lines(place.host.files, place.path, tail)
    return ToolResult(f"{safe(place.path)}: {found.where}\n{safe(found.text)}")


@tool(risk=_judge_names, only_reads=True, example={"path": "/var/log"})
async def list_directory(
    ctx: ToolContext,
    path: Path,
    host: OnHost = None,
    limit: Annotated[int, Field(ge=1, le=1000, description="how many entries")] = 200,
) -> ToolResult:
    """List what is in a directory: names, sizes, permissions, owners and times."""
    place = await readable(ctx, host, path, secrets=True)
    with host_errors():
        found = sorted(await place.host.files.list(place.path), key=lambda each: each.path)
    columns = ("name", "size", "mode", "owner", "modified")
    rows = tuple(_entry(each) for each in found[:limit])
    head = f"{safe(place.path)}: {len(found)} entries"
    head += f", the first {limit}" if len(found) > limit else ""
    return ToolResult("\n".join([head, *(" | ".join(row) for row in rows)]), Table(columns, rows))


@tool(risk=_judge_names, only_reads=True, example={"path": "/etc/hosts"})
async def file_info(ctx: ToolContext, path: Path, host: OnHost = None) -> ToolResult:
    """What a path is: kind, size, permissions, owner, time, where links lead, SHA-256."""
    place = await readable(ctx, host, path, secrets=True)
    with host_errors():
        found = await place.host.files.stat(place.path)
        hashable = found.kind == "file" and found.size <= HASHED and not is_secret(place.path)
        data = await place.host.files.read(place.path, limit=HASHED) if hashable else None
    rows = [
        ("path", safe(path)),
        ("leads to", safe(place.path) if place.path != path else ""),
        ("kind", found.kind),
        ("size", f"{found.size} bytes ({size(found.size)})"),
        ("mode", f"{_mode(found)} ({found.mode:04o})"),
        ("owner", f"{found.owner}:{found.group}"),
        ("modified", when(found.modified)),
        ("sha256", hashlib.sha256(data).hexdigest() if data is not None else ""),
    ]
    rows = [row for row in rows if row[1]]
    text = "\n".join(f"{name}: {value}" for name, value in rows)
    return ToolResult(text, Table(("", ""), tuple(rows)))


def _entry(found: FileStat) -> tuple[str, ...]:
    name = safe(found.path.rpartition("/")[2]).replace("\n", "\\n")
    taken = size(found.size) if found.kind == "file" else found.kind
    return (name, taken, _mode(found), f"{found.owner}:{found.group}", when(found.modified))


def _mode(found: FileStat) -> str:
    return stat.filemode(found.mode | _TYPES[found.kind])
