"""Which tool a model means."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.tool import Tool

_AROUND = re.compile(
    r"^[\s\"'`*]*(?:(?:functions?|tools?|default_api)[.:/])?"
    r"(?P<name>[A-Za-z_][\w.-]{0,99}?)"
    r"(?:\.call)?(?::\d{1,4})?(?:\(\))?[\s\"'`*]*$"
)
FINISHES = frozenset(("final_answer", "final answer", "finish", "answer", "respond"))
"""Not tools: what some models call in order to answer."""
_WORD = re.compile(r"[A-Za-z_][\w.-]{2,99}")
_PLACEHOLDER = re.compile(
    r"(?i)(?:your|my|some|the|example|sample)?_?"
    r"(?:function|tool|action|name|example|foo|bar|placeholder)?(?:_?name)?_?\d*$"
)


class Names:
    """The tools there are, and what models make of their names."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools
        self._folded: dict[str, str] | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def find(self, written: str) -> Tool | None:
        """The tool of that name: bare, as ``functions.name``, ``name:0``, ``Name``, ``na-me``."""
        if tool := self._tools.get(written):
            return tool
        name = plain(written)
        return self._tools.get(name) or self._tools.get(self._by_fold.get(_fold(name), ""))

    def words(self, text: str) -> Iterator[str]:
        """What at the beginning of *text* could be names."""
        return (word[0] for word in _WORD.finditer(text, 0, 300))

    @property
    def _by_fold(self) -> Mapping[str, str]:
        """Name of each tool by its name without case and hyphens; without those that clash."""
        if self._folded is None:
            self._folded = {}
            for name in self._tools:
                folded = _fold(name)
                self._folded[folded] = "" if folded in self._folded else name
        return self._folded


def plain(written: str) -> str:
    """A name without what models put around it; empty when it can be none."""
    found = _AROUND.match(written)
    return found["name"] if found else ""


def is_name(written: str) -> bool:
    """Whether it could be the name of a tool rather than stand for one."""
    name = plain(written)
    return bool(name) and name.lower() not in FINISHES and not _PLACEHOLDER.match(name)


def properties(tool: Tool) -> Mapping[str, Any]:
    return tool.schema.get("properties", {})


def sole(tool: Tool) -> str:
    """The one argument that a text without a name can only be for; empty without such a one."""
    known = properties(tool)
    required: list[str] = tool.schema.get("required", [])
    if len(required) == 1:
        return required[0]
    others = [name for name in known if name != "host"]
    return others[0] if not required and len(others) == 1 else ""


def _fold(name: str) -> str:
    return name.replace("-", "_").lower()
