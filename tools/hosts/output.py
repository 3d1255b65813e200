"""Bytes of a program as text that is safe to show, and no more of it than is useful. Pure."""

import codecs
import re
from collections.abc import Callable

from bot.tool import as_text

KEEP = 64 * 1024
"""Bytes of output kept: half from its head, half from its tail."""
READ = 50 * 1024 * 1024
"""Bytes read before a program is ended for talking too much."""

# ECMA-48: CSI, then the string sequences (OSC DCS SOS PM APC), then all other escapes. The lengths
# are bounded so that a sequence that never ends cannot swallow what follows it.
_ESCAPE = (
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]"
    r"|[\]PX^_][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)"
    r"|[ -/]{0,16}[0-~])"
)
_BEGUN = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}|[\]PX^_][^\x07\x1b\n]{0,4096}\x1b?|[ -/]{0,16})\Z"
)
# Control characters but tab, line feed and carriage return; those that turn text around; tags.
_UNSAFE = re.compile(
    _ESCAPE + r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)

_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)


class SafeText:
    """Decodes UTF-8 as it comes, in pieces cut anywhere: the pieces make no difference.

    Invalid bytes are written out (``\\xff``), escape sequences and control characters left out,
    and carriage returns become line feeds, as a progress bar would be unreadable otherwise."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._held = ""
        self._return = ""

    def feed(self, data: bytes) -> str:
        text = self._held + self._decoder.decode(data)
        begun = _BEGUN.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return self._lines(_UNSAFE.sub("", text[:cut]))

    def end(self) -> str:
        """What was held back, because it could still have become part of a sequence."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        rest = self._lines(_UNSAFE.sub("", text))
        rest, self._return = rest + self._return.replace("\r", "\n"), ""
        return rest

    def _lines(self, text: str) -> str:
        text = self._return + text
        self._return = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(self._return)]
        return text.replace("\r\n", "\n").replace("\r", "\n")


def safe(text: str) -> str:
    """Text from elsewhere (a file's name or content) without anything unsafe to show."""
    cleaner = SafeText()
    return cleaner.feed(as_text(text).encode()) + cleaner.end()


def visible(text: str) -> str:
    """Text with everything that cannot be seen written out, for somebody who must judge it."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class HeadAndTail:
    """Keeps the first and the last half of *limit* bytes."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0
        """Bytes that were left out between them."""

    def add(self, text: str) -> None:
        data = text.encode()
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        extra = len(self._tail) - self._half
        if extra > 0:
            del self._tail[:extra]
            self.dropped += extra

    def text(self) -> str:
        if not self.dropped:
            return (self._head + self._tail).decode()
        head = self._head.decode(errors="ignore").rstrip("\n")
        tail = self._tail.decode(errors="ignore")
        return f"{head}\n[… {self.dropped:,} bytes left out …]\n{tail}"


class Capture:
    """Takes a program's output in, shows it as it comes, and keeps its head and tail."""

    def __init__(self, on_output: Callable[[str], None] | None, keep: int = KEEP) -> None:
        self._show = on_output
        self._unshown = keep
        self._clean = SafeText()
        self._kept = HeadAndTail(keep)
        self.read = 0
        """Bytes taken in."""

    @property
    def too_much(self) -> bool:
        return self.read > READ

    @property
    def dropped(self) -> int:
        return self._kept.dropped

    def feed(self, data: bytes) -> None:
        self.read += len(data)
        self._add(self._clean.feed(data))

    def end(self) -> str:
        """All of the output that was kept; nothing may be fed afterwards."""
        self._add(self._clean.end())
        return self._kept.text()

    def _add(self, text: str) -> None:
        self._kept.add(text)
        if not text or self._show is None or self._unshown <= 0:
            return
        self._show(text[: self._unshown])
        self._unshown -= len(text)
        if self._unshown <= 0:
            self._show("\n[… too much to show as it comes; the end follows …]\n")


def with_note(output: str, note: str) -> str:
    """*note* on a line of its own, below the output."""
    if not note:
        return output
    return f"{output}[{note}]\n" if output.endswith("\n") or not output else f"{output}\n[{note}]\n"
