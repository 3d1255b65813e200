"""Values as a tool's schema wants them, where the text leaves no doubt."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

from agent.models.formats.lenient import Broken, read
from agent.models.formats.names import properties
from bot.text import as_text
from bot.tool import Tool

_WORDS = {"true": True, "True": True, "false": False, "False": False}
_NOTHING = ("null", "None")
_WHOLE = re.compile(r"[+-]?[0-9]{1,300}$")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,300}\.?[0-9]{0,300}(?:[eE][+-]?[0-9]{1,3})?$")
_CONTAINERS = {"{": "object", "[": "array"}
Schema = Mapping[str, Any]
_ANYTHING: Schema = {}


def typed(arguments: Mapping[str, Any], tool: Tool) -> dict[str, Any]:
    """*arguments* with texts made numbers, truth values, objects and lists where the schema takes
    nothing else. What does not fit, and names that the tool does not know, stay as they are, so
    that its validation can say so."""
    known = properties(tool)
    defs: Schema = tool.schema.get("$defs", {})
    return {
        as_text(name): _fitted(value, known.get(name, {}), defs)
        for name, value in arguments.items()
    }


def storable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """*arguments* as they are, but for text that cannot be stored."""
    return {
        as_text(name): _fitted(value, _ANYTHING, _ANYTHING) for name, value in arguments.items()
    }


def _fitted(value: Any, schema: Schema, defs: Schema) -> Any:
    options = _options(schema, defs)
    kinds = {option.get("type", "") for option in options}
    if isinstance(value, str):
        value = _from_text(value, kinds)
    elif isinstance(value, dict) and {"type", "value"} == set(cast("dict[str, Any]", value)):
        value = cast("dict[str, Any]", value)
        if "object" not in kinds and "" not in kinds:  # the schema's own form, filled in
            return _fitted(value["value"], schema, defs)
    elif isinstance(value, int) and not isinstance(value, bool) and kinds <= {"string", "null"}:
        return str(value)
    return _inside(value, options, defs)


def _from_text(text: str, kinds: set[str]) -> Any:
    if "null" in kinds and text.strip() in _NOTHING:
        return None
    if "string" in kinds or "" in kinds:
        return text
    bare = text.strip()
    if "boolean" in kinds and bare in _WORDS:
        return _WORDS[bare]
    if kinds & {"integer", "number"} and (number := _number(bare, kinds)) is not None:
        return number
    return _container(bare, kinds, text)


def _number(text: str, kinds: set[str]) -> int | float | None:
    if _WHOLE.match(text):
        return int(text)
    if "number" not in kinds or not _DECIMAL.match(text):
        return None
    value = float(text)
    return value if isfinite(value) else None


def _container(bare: str, kinds: set[str], text: str) -> Any:
    if _CONTAINERS.get(bare[:1]) not in kinds:
        return text
    try:
        value, end = read(bare, 0)
    except Broken:
        return text
    return value if end == len(bare) else text


def _inside(value: Any, options: list[Schema], defs: Schema) -> Any:
    """The parts of a list or an object, each by its own schema; texts made storable."""
    if isinstance(value, str):
        return as_text(value)
    if isinstance(value, list):
        items = next((option["items"] for option in options if "items" in option), _ANYTHING)
        return [_fitted(item, items, defs) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        whole = next((option for option in options if option.get("type") == "object"), _ANYTHING)
        known: Schema = whole.get("properties", _ANYTHING)
        more = whole.get("additionalProperties")
        rest = cast("Schema", more) if isinstance(more, dict) else _ANYTHING
        return {
            as_text(name): _fitted(item, known.get(name, rest), defs)
            for name, item in cast("dict[str, Any]", value).items()
        }
    return value


def _options(schema: Schema, defs: Schema) -> list[Schema]:
    """The schemas one of which the value may follow, references resolved, one type each."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _options(defs.get(name, {}), defs)
    for either in ("anyOf", "oneOf", "allOf"):
        if either in schema:
            return [o for option in schema[either] for o in _options(option, defs)]
    if "type" not in schema and "enum" in schema:
        return [{"type": "string"}]
    if "type" not in schema and "const" in schema:
        return [{"type": "string" if isinstance(schema["const"], str) else ""}]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]
