"""Block Kit in few words. Limits: https://docs.slack.dev/reference/block-kit/blocks"""

from collections.abc import Sequence
from typing import Any

from adapters.live.texts import shortened

Block = dict[str, Any]
SECTION = 3_000
PLAIN = 3_900
"""Characters of a message's plain text: longer ones are refused, whatever the documents say."""


def section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": shortened(text, SECTION)}}


def context(text: str) -> Block:
    element = {"type": "mrkdwn", "text": shortened(text, 2_000)}
    return {"type": "context", "elements": [element]}


def markdown(text: str) -> Block:
    return {"type": "markdown", "text": text}


def preformatted(text: str) -> Block:
    """Exact text: nothing in it is Slack's markup, so nothing has to be escaped."""
    inner = [{"type": "text", "text": shortened(text, SECTION)}]
    element = {"type": "rich_text_preformatted", "elements": inner}
    return {"type": "rich_text", "elements": [element]}


def actions(block_id: str, *elements: Block) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(action: str, label: str, value: str, *, style: str = "", confirm: str = "") -> Block:
    made: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": shortened(label, 75)},
        "value": value,
    }
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = {
            "title": {"type": "plain_text", "text": "Are you sure?"},
            "text": {"type": "plain_text", "text": shortened(confirm, 300)},
            "confirm": {"type": "plain_text", "text": "Yes"},
            "deny": {"type": "plain_text", "text": "No"},
        }
    return made


def table(rows: Sequence[Sequence[str]]) -> Block:
    """At most 100 rows of 20 cells; one in a message."""
    cells = [[{"type": "raw_text", "text": cell or " "} for cell in row[:20]] for row in rows[:100]]
    return {"type": "table", "rows": cells}


def text_input(
    block_id: str, label: str, value: str, *, multiline: bool = True, optional: bool = False
) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "optional": optional,
        "label": {"type": "plain_text", "text": shortened(label, 2_000)},
        "element": {
            "type": "plain_text_input",
            "action_id": "value",
            "multiline": multiline,
            "initial_value": value[:SECTION],
        },
    }


def modal(callback: str, title: str, submit: str, metadata: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": shortened(title, 24)},
        "submit": {"type": "plain_text", "text": shortened(submit, 24)},
        "close": {"type": "plain_text", "text": "Cancel"},
        "private_metadata": metadata,
        "blocks": blocks,
    }
