"""What containers write: both streams of their output."""

import re
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Annotated

from aiohttp import StreamReader
from pydantic import Field

from bot.tool import Risk, Table, ToolContext, ToolError, ToolResult, tool
from tools.containers import inspected
from tools.engine import Name, engine_of, frames
from tools.hosts.output import READ, safe
from tools.logs import LONGEST, shown
from tools.on_host import OnHost

SEARCHED = 100_000
"""Lines looked through for a text, the newest."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"(\d{1,9}) ?(s|m|h|d)\w*")
_PIECE = 16 * 1024
"""Bytes of the pieces that the engine cuts a long line into; a shorter one ends its line."""
Row = tuple[str, str, str]


@tool(risk=Risk.READ, example={"container": "web", "tail": 20})
async def docker_logs(
    ctx: ToolContext,
    container: Name,
    tail: Annotated[int, Field(ge=1, le=1000, description="how many lines, the newest")] = 100,
    since: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9 :.+-]{0,40}$",
            description="how far back: 15min, 2h, 1d, or 2026-01-31 08:00 (UTC)",
        ),
    ] = "",
    grep: Annotated[
        str,
        Field(
            max_length=200,
            description="only lines that contain this text; several with | between: error|warn",
        ),
    ] = "",
    host: OnHost = None,
) -> ToolResult:
    """Read what a container wrote to its output and error streams: the newest lines."""
    engine = await engine_of(ctx.hosts.get(host))
    found = await inspected(engine, container)
    asked = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": SEARCHED if grep else tail}
    if since:
        asked["since"] = since_when(since, time())
    wanted = Wanted(grep, tail)
    async with engine.stream("GET", f"/containers/{found.id}/logs", query=asked) as content:
        pieces = lines_of(content) if found.terminal else frames(content)
        async with aclosing(pieces):
            async for stream, data in pieces:
                wanted.feed(stream, data)
                if wanted.read > READ:
                    break
    rows = wanted.rows()
    text = shown(rows) if rows else f"{found.name} wrote nothing that fits"
    cut = "\n[… too much to read all of it: name a later time with since …]"
    text += cut if wanted.read > READ else ""
    return ToolResult(text, Table(("time", "stream", "line"), rows))


def since_when(text: str, now: float) -> int:
    """``2h`` or a time in UTC, as seconds since the epoch. Raises ToolError."""
    if span := _SPAN.fullmatch(text):
        return max(int(now) - int(span[1]) * _UNITS[span[2]], 1)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ToolError(f"since: write 15min, 2h or 2026-01-31 08:00, not {text!r}") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


async def lines_of(content: StreamReader) -> AsyncGenerator[tuple[str, bytes]]:
    """The lines of a container that has a terminal: one stream, without frames."""
    rest = b""
    while data := await content.read(_PIECE):
        *lines, rest = (rest + data).split(b"\n")
        for each in lines:
            yield "terminal", each + b"\n"
        if len(rest) > _PIECE:
            yield "terminal", rest
            rest = b""
    if rest:
        yield "terminal", rest


@dataclass(slots=True)
class Wanted:
    """Keeps the newest *tail* lines that contain one of the texts of *grep*."""

    grep: str
    tail: int
    read: int = 0
    """Bytes."""
    _kept: deque[Row] = field(init=False)
    _open: dict[str, Row] = field(default_factory=dict[str, Row])
    """By stream: the line that goes on in the next piece."""

    def __post_init__(self) -> None:
        self._kept = deque(maxlen=self.tail)

    def feed(self, stream: str, data: bytes) -> None:
        """One piece: a time, a blank, and a line or a part of one."""
        self.read += len(data)
        at, _, said = data.partition(b" ")
        when, _, before = self._open.pop(stream, (_when(at), stream, ""))
        text = (before + said.decode(errors="backslashreplace"))[: 4 * _PIECE]
        if said.endswith(b"\n") or len(said) < _PIECE:
            self._keep((when, stream, text))
        else:
            self._open[stream] = (when, stream, text)

    def rows(self) -> tuple[Row, ...]:
        """All that was kept, oldest first; nothing may be fed afterwards."""
        for row in self._open.values():
            self._keep(row)
        self._open.clear()
        return tuple(self._kept)

    def _keep(self, row: Row) -> None:
        at, stream, said = row
        text = safe(said).rstrip("\n")
        if any(each in text.lower() for each in self.grep.lower().split("|")):
            short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
            self._kept.append((at, stream, short))


def _when(stamp: bytes) -> str:
    """``2026-01-31T08:00:00.123456789Z`` without its fractions."""
    return f"{stamp[:10].decode(errors='replace')} {stamp[11:19].decode(errors='replace')}Z"
