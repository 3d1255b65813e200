"""What ``format`` does to a model: it can write nothing that the schema does not allow."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

_TYPES: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def allows(schema: Any, text: str) -> bool:
    """Whether a model that is bound to *schema* could have written *text*."""
    if not schema:
        return True
    try:
        return _fits(json.loads(text), schema)
    except ValueError:
        return False


def _fits(value: Any, schema: Any) -> bool:
    unknown = set(schema) - {*_KEYWORDS, "properties", "required", "additionalProperties", "items"}
    assert not unknown, f"llama.cpp makes no grammar of {unknown}"
    return all(check(value, schema[key]) for key, check in _KEYWORDS.items() if key in schema) and (
        _fits_object(cast("dict[str, Any]", value), schema)
        if isinstance(value, dict) and "properties" in schema
        else not isinstance(value, list)
        or all(_fits(item, schema.get("items", {})) for item in cast("list[Any]", value))
    )


def _fits_object(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    known = schema["properties"]
    order = [name for name in known if name in value]
    return (
        all(name in value for name in schema.get("required", ()))
        and (schema.get("additionalProperties") is not False or set(value) <= set(known))
        and [name for name in value if name in known] == order  # a grammar has an order
        and all(_fits(value[name], known[name]) for name in order)
    )


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


_KEYWORDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _is,
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, wanted: value in wanted,
    "anyOf": lambda value, options: any(_fits(value, one) for one in options),
    "oneOf": lambda value, options: any(_fits(value, one) for one in options),
    "allOf": lambda value, options: all(_fits(value, one) for one in options),
}
