"""Arguments of a call as a form shows them, and back."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from bot.events import ApprovalRequested


def editable(request: ApprovalRequested) -> dict[str, str]:
    """Arguments as a form shows them: text as it is, everything else as JSON."""
    args = {name: value for name, value in request.call.args.items() if name != "host"}
    return {name: v if isinstance(v, str) else json.dumps(v) for name, v in args.items()}


def arguments(request: ApprovalRequested, values: Mapping[str, str]) -> dict[str, JsonValue]:
    """Back from the form. What is no JSON where there was some stays text: the tool says so."""
    made: dict[str, JsonValue] = dict(request.call.args)
    for name, value in values.items():
        made[name] = value if isinstance(made.get(name), str) else _json(value)
    return made


def _json(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return text
