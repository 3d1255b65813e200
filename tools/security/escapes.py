"""What stands for what in the three kinds of quotes, and in the formats of printf and echo."""

import re

_IN_DOUBLE = re.compile(r'\\([$`"\\\n])')
_ANSI = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})"
    r"|U([0-9A-Fa-f]{1,8})|c(.))",
    re.DOTALL,
)
_NAMED = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True))


def unquoted(character: str) -> str:
    return "" if character == "\n" else character


def double_quoted(text: str) -> str:
    return _IN_DOUBLE.sub(lambda found: unquoted(found[1]), text)


def ansi_c(text: str) -> str:
    """As in ``$'…'``, in the format of printf, and after ``echo -e``."""
    return _ANSI.sub(_meant, text)


def echoed(text: str) -> str:
    """As after ``echo -e`` and for ``%b``, where octal numbers begin with a zero."""
    return ansi_c(re.sub(r"\\0(?=[0-7])", r"\\", text))


def _meant(found: re.Match[str]) -> str:
    named, octal, *hexes, control = found.groups()
    if named:
        return _NAMED.get(named, named)
    if control:
        return chr(ord(control.upper()) & 0x1F)
    code = int(octal, 8) & 0xFF if octal else int(next(h for h in hexes if h), 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
