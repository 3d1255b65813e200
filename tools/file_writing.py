"""Writing files of a host, with what they held kept."""

import difflib
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bot.tool import Level, Risk, ToolContext, ToolError, ToolResult, Trust, Verdict, tool
from tools.hosts.output import safe, visible
from tools.on_host import OnHost
from tools.places import NotHere, Place, host_errors, writable
from tools.texts import decoded, encoding_of
from tools.units import size

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest file that is changed: all of it is read, kept and written again."""
PREVIEWED = 200
"""Lines of a difference shown on the approval card."""
Mode = Literal["overwrite", "append", "create"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a write would do. *old* is None where there is no file yet."""

    place: Place
    old: bytes | None
    new: bytes


async def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:
    given = args.model_dump()
    try:
        change = await _change(ctx, given)
    except NotHere as refused:
        return refused.verdict
    path = change.place.path
    does = "create" if change.old is None else given["mode"]
    return Verdict(
        Level.ASK,
        Risk.CHANGE,
        (f"{does} {path}",),
        trust=Trust.SYSTEM,
        shape=f"write_file {path.rpartition('/')[0]}",
        basis="" if change.old is None else hashlib.sha256(change.old).hexdigest(),
    )


async def _preview(args: BaseModel, ctx: ToolContext) -> str:
    change = await _change(ctx, args.model_dump())
    old, new = _lines(change.old or b""), _lines(change.new)
    name = change.place.path
    before = name if change.old is not None else "/dev/null"
    lines = list(difflib.unified_diff(old, new, before, name, lineterm=""))
    if len(lines) > PREVIEWED:
        lines[PREVIEWED:] = [f"… and {len(lines) - PREVIEWED} more lines"]
    return "\n".join(visible(line) for line in lines) or "no line changes"


def _undo(args: BaseModel) -> str:
    given = args.model_dump()
    remove = f"remove {given['path']}"
    if given["mode"] == "create":
        return remove
    return f"a copy of the old content is kept, the result says where; if it is new, {remove}"


@tool(
    risk=_judge,
    trust=Trust.SYSTEM,
    preview=_preview,
    undo=_undo,
    example={"path": "/srv/app/hello.txt", "content": "hello"},
)
async def write_file(
    ctx: ToolContext,
    path: Annotated[str, Field(max_length=4096, description="absolute path")],
    content: Annotated[str, Field(max_length=1024 * 1024, description="the text to write")],
    mode: Annotated[
        Mode, Field(description="overwrite all of it, append, or create a new file only")
    ] = "overwrite",
    host: OnHost = None,
) -> ToolResult:
    """Write a text file (UTF-8). What it held before is kept, and the answer says where."""
    given = {"path": path, "content": content, "mode": mode, "host": host}
    change = await _change(ctx, given)
    with host_errors():
        kept = await _keep(change)
        await change.place.host.files.write(change.place.path, change.new)
    done = f"wrote {len(change.new):,} bytes to {safe(change.place.path)}"
    return ToolResult(f"{done}; {kept}")


async def _change(ctx: ToolContext, given: dict[str, Any]) -> Change:
    """Raises ToolError when it cannot be done."""
    place = await writable(ctx, given["host"], given["path"])
    old = await _old(place)
    if old is not None and given["mode"] == "create":
        raise ToolError(f"{place.path} exists; use mode overwrite or append to change it")
    if not old or given["mode"] != "append":
        return Change(place, old, given["content"].encode())
    added = given["content"].encode(encoding_of(old, whole=True), "replace")
    return Change(place, old, old + added)


async def _old(place: Place) -> bytes | None:
    files = place.host.files
    with host_errors():
        try:
            data = await files.read(place.path, limit=LARGEST + 1)
        except FileNotFoundError:
            folder = place.path.rpartition("/")[0] or "/"
            if (await files.stat(folder)).kind != "directory":
                raise ToolError(f"{folder} is not a directory") from None
            return None
    if len(data) > LARGEST:
        raise ToolError(f"{place.path} is larger than {size(LARGEST)}; use execute_command")
    return data


async def _keep(change: Change) -> str:
    """Keep a copy of the old content; where, in words."""
    if change.old is None:
        return "it is a new file"
    backups = change.place.host.roots.backups
    if not backups:
        return "no copy of the old content is kept on this host"
    path = change.place.path
    name = path.rpartition("/")[2].encode()[:150].decode(errors="ignore")
    mark = hashlib.sha256(path.encode(errors="surrogateescape") + change.old).hexdigest()[:8]
    copy = f"{backups}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{mark}-{name}"
    await change.place.host.files.write(copy, change.old)
    return f"the old content is kept in {safe(copy)}"


def _lines(data: bytes) -> list[str]:
    try:
        return decoded(data, encoding_of(data, whole=True)).split("\n") if data else []
    except ToolError:
        return [f"({len(data):,} bytes that are no text)"]
