"""The plan a reply may begin with."""

import re

_ITEM = re.compile(r"\s*(?:\*\*)?(\d{1,2})[.)](?:\*\*)?\s+(.+?)\s*$")
_HEADING = re.compile(r"\s*[#*_]*\s*(?:the |my |le |mon )?plan\b[^:]*:?\s*[*_]*\s*$", re.IGNORECASE)


def parse_plan(text: str) -> tuple[str, ...]:
    """The numbered list at the head of *text*: at least two items, numbered 1, 2, 3 …

    A heading such as ``Plan:`` may stand above it. No list: an empty tuple."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and _HEADING.match(lines[0]):
        lines = lines[1:]
    steps: list[str] = []
    for line in lines:
        item = _ITEM.match(line)
        if not item or int(item[1]) != len(steps) + 1:
            break
        steps.append(item[2])
    return tuple(steps) if len(steps) > 1 else ()
