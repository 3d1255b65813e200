"""Gemma's own notation: ``call:name{path:<escape>/<escape>,lines:5}``.

FunctionGemma puts ``<escape>`` around a text, Gemma 4 ``<|"|>``; names of arguments stand bare."""

import json
import re

from agent.models.formats.lenient import Broken, read
from agent.models.formats.shapes import Wanted

_CALL = re.compile(r"call:\s*(?P<name>[\w.-]{1,100})\s*(?=\{)")
_MARK = re.compile(r"<escape>|<\|\"\|>")
_END = re.compile(r"<end_function_call>|<tool_call\|>|<start_function_|<\|?tool_")


def read_escaped(text: str, at: int) -> tuple[Wanted, int] | None:
    """The call at *at* and where it ends; None when there is none. Raises Broken."""
    start = _CALL.match(text, at)
    if not start:
        return None
    stop = _END.search(text, start.end())
    end = stop.start() if stop else len(text)
    pieces = _MARK.split(text[start.end() : end])
    if len(pieces) % 2 == 0:
        raise Broken(end, cut=True)
    for index in range(1, len(pieces), 2):
        pieces[index] = json.dumps(pieces[index])
    written = "".join(pieces)
    try:
        arguments, read_to = read(written, 0)
    except Broken as broken:
        raise Broken(end, cut=broken.cut) from None
    if written[read_to:].strip():
        raise Broken(end)
    return Wanted(start["name"], arguments), end
