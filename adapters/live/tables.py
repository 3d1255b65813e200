"""Markdown in parts: the tables in it, and everything else as text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ROW = re.compile(r"^\s*\|?(.+?)\|?\s*$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Text:
    lines: str


@dataclass(frozen=True, slots=True)
class Grid:
    rows: tuple[tuple[str, ...], ...]

    @property
    def aligned(self) -> str:
        """As text in columns."""
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in self.rows)
        return "\n".join(line.rstrip() for line in lines)


def parts(text: str) -> Iterator[Text | Grid]:
    """Text and the tables in it, in order; what stands in fences is text."""
    lines, kept, index, fence = text.split("\n"), list[str](), 0, ""
    while index < len(lines):
        line = lines[index]
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        follows = lines[index + 1] if index + 1 < len(lines) else ""
        if not fence and "|" in line and _RULE.match(follows) and "|" in follows:
            end = index + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            if kept:
                yield Text("\n".join(kept))
                kept = []
            yield _grid([line, *lines[index + 2 : end]])
            index = end
            continue
        kept.append(line)
        index += 1
    if kept:
        yield Text("\n".join(kept))


def _grid(lines: Sequence[str]) -> Grid:
    rows = [_cells(line) for line in lines]
    width = max(map(len, rows))
    return Grid(tuple((*row, *[""] * (width - len(row))) for row in rows))


def _cells(line: str) -> tuple[str, ...]:
    found = _ROW.match(line)
    inner = found[1] if found else line
    return tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner))
