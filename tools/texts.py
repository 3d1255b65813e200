"""Bytes of a file as text: which encoding they are in, and whether they are text at all."""

import codecs
from datetime import UTC, datetime

from bot.tool import ToolError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes, *, whole: bool) -> str:
    """By its byte order mark, else UTF-8 where that fits, else Latin-1. *whole*: it is all of the
    file, not cut within a character. Raises ToolError when it is no text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head[:8192]:
        raise ToolError("it is a binary file: file_info says more about it")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def decoded(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def when(seconds: float) -> str:
    """A time of a file, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
