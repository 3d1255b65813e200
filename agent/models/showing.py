"""A reply's text as it streams: calls are not shown as words, thoughts are shown as thoughts.

The recorded reply replaces what was shown; this only keeps marks from flashing by. What could still
become one is held back, and from the first that may begin a call on, nothing more is shown."""

import re
from collections.abc import Sequence

from agent.models.formats.reading import MARK
from agent.models.formats.zones import OTHERS, START, THINKING
from bot.ports import Delta

_LINE = r"(?<=\n)[ \t]*(?:[-*] |[0-9]{1,2}\. )?"
_BEGINS = re.compile(
    rf"{_LINE}(?:\{{\s*[\"'}}]|\[\s*\{{|```(?:json|tool|xml|function)|Action ?:)"
    r"|\{\s*\"(?:name|tool|function|action|arguments)|[<\[◁]"
)
_UNDECIDED = re.compile(
    rf"(?:[<\[◁][^>\]▷\n]{{0,40}}|\{{\s*(?:\"[a-z]{{0,9}})?"
    rf"|{_LINE}(?:[-*]|[0-9]{{1,2}}\.?|\[\s*|`{{1,3}}[a-z]{{0,7}}|A[a-z]{{0,5}} ?)?)\Z"
)
_STARTS = (
    *("<|im_start|>assistant", "<start_of_turn>model", "<|start_of_role|>assistant<|end_of_role|>"),
    "<|start_header_id|>assistant<|end_header_id|>",
)
"""Marks of the model's own turn, whose beginnings alone would be those of others'."""
_THOUGHT_OVER = re.compile(
    r"</(?:seed:)?[a-z_]{4,15}>|\[/THINK\]|◁/think▷|<\|end[a-z_]{0,20}\|>|<channel\|>",
    re.IGNORECASE,
)
_UNDECIDED_THOUGHT = re.compile(r"[<\[◁][^>\]▷\n]{0,24}\Z")


class Showing:
    """Feed it pieces of text; it gives what may be shown of them."""

    def __init__(self) -> None:
        self._rest = ""
        """What is not decided yet."""
        self._last = "\n"
        """What stands before it."""
        self._thinking = False
        self._hidden = False

    def add(self, text: str) -> Sequence[Delta]:
        self._rest += text
        shown: list[Delta] = []
        going_on = True
        while going_on and self._rest and not self._hidden:
            piece, going_on = self._think() if self._thinking else self._speak()
            if piece.text:
                shown.append(piece)
        return shown

    def end(self) -> Sequence[Delta]:
        """What was held back and became nothing."""
        rest, self._rest = self._rest, ""
        return [self._piece(rest)] if rest and not (self._hidden or MARK.match(rest)) else []

    def _speak(self) -> tuple[Delta, bool]:
        """What may be shown, and whether there may be more after a mark."""
        text = self._last + self._rest
        for begin in _BEGINS.finditer(text, 1):
            at = begin.start()
            if len(begin[0]) == 1 and (not MARK.match(text, at) or OTHERS.match(text, at)):
                continue
            piece = self._piece(text[1:at])
            if any(start.startswith(text[at:]) for start in _STARTS):
                self._rest = text[at:]
                return piece, False
            mark = THINKING.match(text, at) or START.match(text, at)
            self._hidden = mark is None
            self._thinking = THINKING.match(text, at) is not None
            self._rest = text[mark.end() :] if mark else ""
            self._last = "\n"
            return piece, True
        return self._decided(_UNDECIDED)

    def _think(self) -> tuple[Delta, bool]:
        over = _THOUGHT_OVER.search(self._rest)
        if not over:
            return self._decided(_UNDECIDED_THOUGHT)
        piece = self._piece(self._rest[: over.start()])
        self._rest = self._rest[over.end() :]
        self._thinking = False
        self._last = "\n"
        return piece, True

    def _decided(self, undecided: re.Pattern[str]) -> tuple[Delta, bool]:
        text = self._last + self._rest
        tail = undecided.search(text, 1)
        end = tail.start() if tail else len(text)
        piece = self._piece(text[1:end])
        self._rest = text[end:]
        return piece, False

    def _piece(self, text: str) -> Delta:
        self._last = text[-1:] or self._last
        return Delta(text, "thinking" if self._thinking else "text")
