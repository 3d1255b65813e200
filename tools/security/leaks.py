"""Whether a command that talks to others tells them a secret."""

import re
from collections.abc import Iterator

from tools.security.finding import Finding, deny
from tools.security.invocation import Invocation
from tools.security.paths import reads_secret
from tools.security.words import Word, plain

_PARTS = re.compile(r"[\s=@<>:,;'\"]+")


def told(call: Invocation) -> Iterator[Finding]:
    """For a command that sends what it is given: its words, and its input."""
    named = any(word.secret or _names(call, word) for word in call.args)
    text = call.stdin.text or ""
    if named or call.stdin.secret or _names(call, plain(text[:4096])):
        yield deny(f"{call.name} sends secrets away")


def _names(call: Invocation, word: Word) -> bool:
    """Whether any part of a word is the path of a secret: ``file=@/etc/shadow;type=x``."""
    if reads_secret(word, call.scope):
        return True
    parts = (part for part in _PARTS.split(word.text) if "/" in part or part.startswith("."))
    return any(reads_secret(plain(part), call.scope) for part in parts if part != word.text)
