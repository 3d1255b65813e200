"""Message components in few words, as Discord takes them: messages are pure data.

What discord.py's own views would keep in memory is kept nowhere: its view store forgets buttons
of the kind we need once a message is edited. Limits:
https://discord.com/developers/docs/components/reference"""

from typing import Any

from discord.utils import escape_markdown

from adapters.live.texts import shortened, visible

Component = dict[str, Any]
V2 = 1 << 15
"""Flag of a message that is made of components only."""
NO_EMBEDS = 1 << 2
SILENT = 1 << 12
TEXT = 3_800
"""Characters of all texts of a message of components; Discord takes 4,000."""
CONTENT = 2_000
RED, AMBER, GREY = 0xCC3333, 0xE0A030, 0x808080
_STYLES = {"": 2, "primary": 3, "danger": 4}


def text(content: str) -> Component:
    return {"type": 10, "content": content}


def container(colour: int, *items: Component) -> Component:
    return {"type": 17, "accent_color": colour, "components": list(items)}


def row(*buttons: Component) -> Component:
    """At most five."""
    return {"type": 1, "components": list(buttons)}


def button(action: str, label: str, value: str, style: str = "") -> Component:
    """All that a click needs is in its id, so that it works after a restart."""
    return {
        "type": 2, "style": _STYLES[style], "label": shortened(label, 80),
        "custom_id": f"ops:{action}:{value}",
    }  # fmt: skip


def escaped(words: str) -> str:
    """Nothing in it is Discord's markup, and nothing hides."""
    return escape_markdown(visible(words))


def fenced(words: str, most: int) -> str:
    """Exact text. A fence inside would end it: a blank of no width keeps its marks apart."""
    inner = shortened(words, most).replace("```", "`\u200b`\u200b`")
    return f"```\n{inner}\n```"


def cards(colour: int, texts: list[str], *rows: Component) -> dict[str, Any]:
    """A message of components; texts beyond the limit are shortened, the last ones first."""
    left, shown = TEXT, list[Component]()
    for each in filter(None, texts):
        if left > 50:
            shown.append(text(shortened(each, left)))
            left -= len(each)
    return {"flags": V2, "components": [container(colour, *shown, *rows)]}
