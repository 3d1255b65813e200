"""The second opinion: shfmt must read the same words in a script before it is allowed.

A parser's mistake would otherwise hide a command. shfmt is a program of its own (MIT and BSD-3,
binary in the wheel ``shfmt-py``); both parsers count in bytes, so where words stand is compared."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from tools.security.reserved import RESERVED
from tools.security.syntax import Source, below

SECONDS = 1.0
"""It takes 6 ms; longer means that it does not come to an end."""
Span = tuple[int, int]
_COMMANDS = frozenset({"command"})


@lru_cache(maxsize=512)
def agrees(script: str) -> str:
    """:func:`opinion`, remembered."""
    return opinion(script)


def opinion(script: str) -> str:
    """Empty when shfmt finds the same commands in *script*; otherwise why it must be asked for."""
    shfmt = Path(sys.executable).with_name("shfmt")
    try:
        done = subprocess.run(  # noqa: S603 - it only parses what it reads
            [shfmt, "--language-dialect", "bash", "--to-json"],
            input=script.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "a second parser took too long"
    if done.returncode:
        return "a second parser cannot read it"
    source = Source(script)
    theirs = {words for words in _calls(json.loads(done.stdout)) if source.cut(*words[0]) != "["}
    ours = set(_heads(source))
    return "" if theirs == ours else "two parsers do not see the same commands in it"


def _calls(tree: Any) -> Iterator[tuple[Span, ...]]:
    """Where the words of every simple command stand."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(cast("list[Any]", node))
        elif isinstance(node, dict):
            given = cast("dict[str, Any]", node)
            if given.get("Type") == "CallExpr" and given.get("Args"):
                yield tuple(_span(word) for word in given["Args"])
            stack.extend(given.values())


def _span(word: "dict[str, Any]") -> Span:
    return word["Pos"]["Offset"], word["End"]["Offset"]


def _heads(source: Source) -> Iterator[tuple[Span, ...]]:
    pending = [source.root]
    while pending:
        for node in below(pending.pop(), _COMMANDS):
            pending.append(node)
            words = [
                child
                for child in node.named_children
                if child.type not in ("variable_assignment", "file_redirect", "herestring_redirect")
            ]
            parent = node.parent
            if parent is not None and parent.type == "redirected_statement":
                words += [
                    extra
                    for redirect in parent.named_children
                    if redirect.type == "file_redirect"
                    for extra in _behind(redirect)
                ]
            while words and source.of(words[0]) in RESERVED:
                words.pop(0)
            if words:
                yield tuple(sorted((word.start_byte, word.end_byte) for word in words))


def _behind(redirect: Any) -> "list[Any]":
    """Words that the grammar counts to a redirect."""
    targets = [c for c in redirect.named_children if c.type != "file_descriptor"]
    return targets[1:]
