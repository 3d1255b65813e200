"""What Slack refuses in a message: https://docs.slack.dev/reference/block-kit/blocks"""

from collections.abc import Iterator
from typing import Any

PLAIN = 4_000
"""Characters of text above which a message is refused, whatever the documents say."""
BLOCKS = 50
MARKDOWN = 12_000
WHOLE = 13_000
_KINDS = frozenset(
    "section markdown context actions rich_text table divider header image input".split()
)
_CELLS = 20
_ROWS = 100


class Wrong(Exception):
    """Slack's error for a payload."""


def check(payload: dict[str, Any]) -> None:
    """Raises Wrong."""
    if len(str(payload.get("text") or "")) > PLAIN:
        raise Wrong("msg_too_long")
    blocks: list[dict[str, Any]] = payload.get("blocks") or []
    rendered = 0
    whole = 0
    for block in blocks:
        _block(block)
        rendered += _rendered(block)
        whole += len(block["text"]) if block["type"] == "markdown" else 0
    if rendered > BLOCKS or sum(b["type"] == "table" for b in blocks) > 1:
        raise Wrong("invalid_blocks")
    if whole > WHOLE:
        raise Wrong("msg_blocks_too_long")


def view(given: dict[str, Any]) -> None:
    """Raises Wrong for a form that would not open."""
    if len(given["title"]["text"]) > 24 or len(given.get("private_metadata", "")) > 3_000:
        raise Wrong("invalid_arguments")
    for block in given["blocks"]:
        _block(block)


def _block(block: dict[str, Any]) -> None:
    kind = block.get("type")
    if kind not in _KINDS:
        raise Wrong("invalid_blocks")
    if len(str(block.get("block_id", ""))) > 255:
        raise Wrong("invalid_blocks")
    for limit, text in _texts(block):
        if not text or len(text) > limit:
            raise Wrong("invalid_blocks")
    if kind == "actions":
        _actions(block)
    if kind == "table":
        rows = block["rows"]
        if not rows or len(rows) > _ROWS or any(len(row) > _CELLS for row in rows):
            raise Wrong("invalid_blocks")


def _actions(block: dict[str, Any]) -> None:
    if not 0 < len(block["elements"]) <= 25:
        raise Wrong("invalid_blocks")
    seen: set[str] = set()
    for element in block["elements"]:
        if len(element.get("value", "")) > 2_000 or element["action_id"] in seen:
            raise Wrong("invalid_blocks")
        seen.add(element["action_id"])
        if not 0 < len(element["text"]["text"]) <= 75:
            raise Wrong("invalid_blocks")


def _texts(block: dict[str, Any]) -> Iterator[tuple[int, str]]:
    match block["type"]:
        case "section":
            yield 3_000, block["text"]["text"]
        case "markdown":
            yield MARKDOWN, block["text"]
        case "context":
            yield from ((2_000, element["text"]) for element in block["elements"])
        case "rich_text":
            inner = (each for element in block["elements"] for each in element["elements"])
            yield from ((4_000, each["text"]) for each in inner)
        case "input":
            yield 2_000, block["label"]["text"]
        case _:
            return


def _rendered(block: dict[str, Any]) -> int:
    """Slack takes a markdown block apart: a paragraph, heading or list item each."""
    if block["type"] != "markdown":
        return 1
    count, fenced = 0, False
    for line in block["text"].split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            count += fenced
        elif not fenced and line.strip():
            count += 1
    return max(count, 1)
