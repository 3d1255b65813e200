"""Text that can be stored and sent."""

import re

_NO_TEXT = re.compile(r"[\ud800-\udfff]")


def as_text(text: str) -> str:
    """*text* with what cannot be stored or sent written out: the bytes of a name that is no UTF-8
    (``\\xff``), and halves of a pair."""
    return text if text.isascii() else _NO_TEXT.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    # Where os.fsdecode() puts the bytes that it cannot decode.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
