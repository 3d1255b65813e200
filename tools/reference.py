"""``docs/TOOLS.md``, made from the tools themselves: ``make docs``."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from bot.tool import Risk, Tool, Trust
from tools import load

_HEAD = """\
# The tools

Made from the tools themselves by `make docs`. They act on the machine that the bot runs on, or on
the host that an argument names. How to add your own: [PLUGINS.md](PLUGINS.md).

- *reads* runs unasked. *changes* asks a person first, unless the mode or a rule allows it. *may
  change* and *reads what it may* are judged from the arguments of each call, and a person is asked
  where that is needed ([POLICY.md](POLICY.md) says how command lines are judged).
- *The system's words* have a fixed form. *Anybody's words* may have been written by outsiders: once
  the model has read some, changes ask again.
- An example can be typed as it is; it is also how to ask when no model is reachable.
"""
_RISKS = {Risk.READ: "reads", Risk.CHANGE: "changes", Risk.DANGER: "dangerous"}
_TRUSTS = {Trust.SYSTEM: "the system's words", Trust.EXTERNAL: "anybody's words"}
_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false"}


def reference(tools: Mapping[str, Tool]) -> str:
    """The whole page, a section for each module that tools come from."""
    sections = [_HEAD]
    for module, family in groupby(sorted(tools.values(), key=_place), key=_module):
        doc = (sys.modules[module].__doc__ or "").partition("\n")[0]
        sections.append(f"## {module.rpartition('.')[2].replace('_', ' ')}\n\n{doc}\n")
        sections += map(_section, family)
    return "\n".join(sections)


def direct_form(tool: Tool) -> str:
    """``run disk_usage path=/var``: what a person types for the tool's example."""
    words = (f"{name}={shlex.quote(_text(value))}" for name, value in tool.example.items())
    return " ".join(("run", tool.name, *words))


def _module(tool: Tool) -> str:
    return tool.fn.__module__


def _place(tool: Tool) -> tuple[str, str]:
    return _module(tool), tool.name


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _section(tool: Tool) -> str:
    facts = [_risk(tool), _TRUSTS[tool.trust], f"at most {tool.timeout:g} s"]
    facts += [name for name, there in (("preview", tool.preview), ("undo", tool.undo)) if there]
    parts = [f"### {tool.name}", tool.description, f"*{' · '.join(facts)}*"]
    if tool.args.model_fields:
        parts.append("\n".join(_table(tool.schema)))
    return "\n\n".join((*parts, f"`{direct_form(tool)}`")) + "\n"


def _risk(tool: Tool) -> str:
    if isinstance(tool.risk, Risk):
        return _RISKS[tool.risk]
    return "reads what it may" if tool.only_reads else "may change"


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| argument | is | by default | meaning |"
    yield "|---|---|---|---|"
    for name, field in schema["properties"].items():
        default = "needed" if name in schema.get("required", ()) else _default(field)
        meaning = field.get("description", "").replace("|", "\\|")
        yield f"| `{name}` | {_kind(field, schema.get('$defs', {}))} | {default} | {meaning} |"


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    return "" if value in (None, "") else f"`{_text(value)}`"


def _kind(field: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """A JSON schema's type with its range, in words."""
    match field:
        case {"$ref": str(ref)}:
            return _kind(named[ref.rpartition("/")[2]], named)
        case {"anyOf": choices}:
            kinds = (_kind(each, named) for each in choices if each != {"type": "null"})
            return " or ".join(kinds)
        case {"enum": values}:
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": items}:
            return f"list of {_kind(items, named)}{_range(field, 'minItems', 'maxItems')}"
        case {"type": "string"}:
            bounds = _range(field, "minLength", "maxLength")
            return f"text{bounds} characters" if bounds else "text"
        case _:
            kind = str(field.get("type", "anything"))
            return f"{_TYPES.get(kind, kind)}{_range(field, 'minimum', 'maximum')}"


def _range(field: Mapping[str, Any], least: str, most: str) -> str:
    low, high = field.get(least), field.get(most)
    if low is None and high is None:
        return ""
    if low is None:
        return f", at most {high}"
    return f", at least {low}" if high is None else f", {low} to {high}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(load()), encoding="utf-8")
