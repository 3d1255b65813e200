"""Which calls a JSON value stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent.models.formats.names import Names, is_name, properties

NAMES = (
    "tool_name toolName tool function_name functionName function recipient_name action name".split()
)
"""Keys a tool's name is under, the clearer ones first."""
ARGUMENTS = (
    "arguments parameters args params action_input tool_input tool_args function_args"
    " tool_parameters tool_arguments actionInput toolInput toolArgs kwargs inputs input"
).split()
LISTS = (
    "tool_calls tool_call function_calls function_call tool_uses calls actions"
    " toolCalls toolCall functionCalls functionCall"
).split()
_BESIDE = frozenset(
    "id call_id tool_call_id type index role content text thought thoughts thinking reasoning"
    " reason rationale plan explanation why comment purpose step final final_answer answer".split()
)
"""What may stand beside a call; anything else makes it a record of one, or an answer."""
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call as it was written."""

    name: str
    arguments: Object | str
    """A text when it stands for the tool's only argument, or could not be read."""
    sure: bool = True
    """Whether nothing but a call looks like this; else it acts only where nothing else is."""


def calls_in(value: Any, names: Names) -> list[Wanted] | None:
    """The calls that *value* is made of, at least one; None when it is anything else."""
    if isinstance(value, dict):
        return _calls_in_object(cast("dict[str, Any]", value), names)
    if not isinstance(value, list) or not value:
        return None
    found: list[Wanted] = []
    for item in cast("list[Any]", value):
        if isinstance(item, dict) and item.get("type") in ("text", "thinking"):
            continue
        calls = calls_in(item, names) if isinstance(item, dict) else None
        if calls is None:
            return None
        found += calls
    return found or None


def _calls_in_object(value: Object, names: Names) -> list[Wanted] | None:
    for key in LISTS:
        inner = value.get(key)
        if isinstance(inner, dict | list) and value.keys() - {key} <= _BESIDE:
            return calls_in(inner, names)
    for key in ("function", "tool", "action", "command"):
        if isinstance(value.get(key), dict):
            return _nested(value, key, names)
    if value.get("method") == "tools/call" and isinstance(value.get("params"), dict):
        return calls_in(value["params"], names)
    name_key = _name_key(value, names)
    if not name_key:
        return _keyed(value, names)
    rest = {key: item for key, item in value.items() if key != name_key}
    return _named(str(value[name_key]), rest, names)


def _nested(value: Object, key: str, names: Names) -> list[Wanted] | None:
    """OpenAI's form: the call within ``function``, sometimes with its arguments beside it."""
    inner = dict(cast("Object", value[key]))
    outer = {k: v for k, v in value.items() if k != key}
    for name in ARGUMENTS:
        if name in outer and name not in inner:
            inner[name] = outer.pop(name)
    return calls_in(inner, names) if outer.keys() <= _BESIDE else None


def _name_key(value: Object, names: Names) -> str:
    """The key of the tool's name: one that holds a known tool's, else the clearest."""
    texts = [key for key in NAMES if isinstance(value.get(key), str)]
    known = (key for key in texts if names.find(value[key]))
    return next(known, texts[0] if texts else "")


def _named(name: str, rest: Object, names: Names) -> list[Wanted] | None:
    tool = names.find(name)
    given = [key for key in ARGUMENTS if key in rest]
    beside = _BESIDE if "parameters" in given else _BESIDE | {"description"}
    if given and rest.keys() - {given[0]} <= beside:
        arguments = _arguments(rest[given[0]])
        if arguments is None or _is_schema(arguments) or not (tool or is_name(name)):
            return None
        return [Wanted(name, arguments)]
    if tool is None:
        return None
    flat = {key: item for key, item in rest.items() if key in properties(tool)}
    if rest.keys() - flat.keys() <= _BESIDE:
        return [Wanted(name, flat, sure=False)]
    return None


def _keyed(value: Object, names: Names) -> list[Wanted] | None:
    """``{"disk_usage": {"path": "/"}}``: every key a tool, every value its arguments."""
    found: list[Wanted] = []
    for name, arguments in value.items():
        tool = names.find(name)
        if tool is None or not isinstance(arguments, dict):
            return None
        if not cast("Object", arguments).keys() <= properties(tool).keys():
            return None
        found.append(Wanted(name, cast("Object", arguments), sure=False))
    return found or None


def _arguments(value: Any) -> Object | str | None:
    if value is None or value == []:
        return {}
    if isinstance(value, str):
        return value
    return cast("Object", value) if isinstance(value, dict) else None


def _is_schema(arguments: Object | str) -> bool:
    """Whether it describes arguments: the definition of a tool, said again."""
    if isinstance(arguments, str):
        return False
    return isinstance(arguments.get("properties"), dict) and arguments.get("type") == "object"


def known(wanted: Sequence[Wanted], names: Names) -> bool:
    """Whether one of them names a tool there is."""
    return any(names.find(each.name) for each in wanted)
