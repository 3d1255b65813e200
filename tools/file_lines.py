"""Lines of a file that may be far larger than what is shown of it."""

import codecs
from dataclasses import dataclass

from bot.resources import Files
from bot.tool import ToolError
from tools.texts import decoded, encoding_of
from tools.units import size

SHOWN = 256 * 1024
"""Characters shown at most."""
CHUNK = 1024 * 1024
SCANNED = 64 * 1024 * 1024
"""Bytes looked through for the first line wanted."""


@dataclass(frozen=True, slots=True)
class Lines:
    where: str
    """Which lines these are, for the reader."""
    text: str


async def lines_from(files: Files, path: str, first: int, count: int) -> Lines:
    """*count* lines, beginning with line *first*. Raises ToolError and OSError."""
    data = await files.read(path, limit=CHUNK)
    encoding = encoding_of(data, whole=len(data) < CHUNK)
    pick = _Pick(first, count)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    read = len(data)
    while True:
        over = len(data) < CHUNK
        pick.feed(decoder.decode(data, final=over))
        if over or pick.full:
            return pick.picked(encoding, over=over)
        if read >= SCANNED:
            raise ToolError(f"line {first} is beyond the first {size(SCANNED)}; use tail")
        data = await files.read(path, offset=read, limit=CHUNK)
        read += len(data)


async def last_lines(files: Files, path: str, count: int) -> Lines:
    """The last *count* lines, within the last 256 KiB. Raises ToolError and OSError."""
    head = await files.read(path, limit=8192)
    encoding = encoding_of(head, whole=len(head) < 8192)
    total = (await files.stat(path)).size
    offset = max(0, total - SHOWN) // 4 * 4  # characters of UTF-16 and UTF-32 stay whole
    lines = decoded(await files.read(path, offset=offset, limit=SHOWN + 4), encoding).split("\n")
    if lines[-1] == "":
        lines.pop()
    if offset and len(lines) > 1:
        del lines[0]
    shown = lines[-count:]
    return Lines(f"the last {len(shown)} lines{_unusual(encoding)}", "\n".join(shown))


class _Pick:
    """Picks lines out of text that comes in pieces, without keeping more than is shown."""

    def __init__(self, first: int, count: int) -> None:
        self._first = first
        self._count = count
        self._number = 1
        self._line = ""
        self._lines: list[str] = []
        self._room = SHOWN

    @property
    def full(self) -> bool:
        return len(self._lines) >= self._count or self._room <= 0

    def feed(self, text: str) -> None:
        *whole, rest = text.split("\n")
        for line in whole:
            self._end(self._line + line)
            self._line = ""
        if self._number >= self._first:
            self._line = (self._line + rest)[: SHOWN + 1]
            if len(self._line) > self._room:
                self._end(self._line)
        else:
            self._line = ""

    def picked(self, encoding: str, *, over: bool) -> Lines:
        if self._line and not self.full:
            self._end(self._line)
            self._line = ""
        if not self._lines:
            return Lines("empty" if self._number == 1 else f"has {self._number - 1} lines", "")
        last = self._first + len(self._lines) - 1
        complete = over and self._number == last + 1 and self._room >= 0 and not self._line
        more = "" if complete else ", more may follow"
        text = "\n".join(self._lines).removeprefix("\ufeff")
        return Lines(f"lines {self._first} to {last}{more}{_unusual(encoding)}", text)

    def _end(self, line: str) -> None:
        if self._number >= self._first and not self.full:
            self._lines.append(line[: self._room] + ("…" if len(line) > self._room else ""))
            self._room -= len(line) + 1
        self._number += 1


def _unusual(encoding: str) -> str:
    return "" if encoding == "utf-8" else f", encoded as {encoding}"
