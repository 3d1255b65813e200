"""Forms: a reason for a denial, an edit of what was asked for, the question whether somebody is
sure, a question about a message.

Their ids say all, so that one that was open over a restart still works."""

import json
from collections.abc import Mapping
from typing import Any

import discord
from discord import ui

from adapters.discord import parts
from adapters.discord.cards import SURE
from adapters.discord.parts import escaped, fenced
from adapters.live.forms import editable
from adapters.live.texts import exact, shortened
from bot.events import ApprovalRequested

_LONGEST = 4_000
_ROWS = 5
_ALL = "arguments"
"""The field that takes the place of arguments that are too many for a form."""
_WAITS = 3_600.0
_SHORT = 38
"""Characters of a host's name that fit into a field's label."""


def denial(approval: str) -> ui.Modal:
    made = _form("Deny", f"ops:deny:{approval}")
    return made.add_item(_field("reason", "Why? The model reads it.", "", optional=True))


def edit(request: ApprovalRequested) -> ui.Modal:
    values = editable(request)
    title = f"Edit {request.call.name} on {request.host}"
    made = _form(title, f"ops:edit:{request.approval}")
    if not 1 <= len(values) <= _ROWS or max(map(len, values.values())) > _LONGEST:
        args = {name: value for name, value in request.call.args.items() if name != "host"}
        values = {_ALL: json.dumps(args, indent=2)}
    for name, value in values.items():
        made.add_item(_field(name, name, value, optional=not value))
    return made


def sure(request: ApprovalRequested, decision: str) -> ui.Modal:
    """Once more what would run where; only who types where means it."""
    made = _form(f"Danger: {request.call.name}", f"ops:{SURE}{decision}:{request.approval}")
    where = f" on **{escaped(request.host)}**" if request.host else ""
    account = f" as {escaped(request.account)}" if request.account else ""
    said = f"This would run{where}{account}:\n{fenced(exact(request), 3_000)}"
    made.add_item(ui.TextDisplay(shortened(said, parts.TEXT)))
    return made.add_item(_field("sure", f"Type {word(request)}", "", short=True))


def word(request: ApprovalRequested) -> str:
    """What has to be typed before something dangerous runs: the name of the machine it hits."""
    return request.host if 0 < len(request.host) <= _SHORT else request.approval


def question(message: int, text: str) -> ui.Modal:
    """The message goes into the form: without the intent for it nobody could read it later."""
    made = _form("Ask about this message", f"ops:ask:{message}")
    made.add_item(_field("question", "What do you want to know?", "What does this mean?"))
    return made.add_item(_field("about", "About", text, optional=True))


def typed(request: ApprovalRequested, values: Mapping[str, str]) -> Mapping[str, str]:
    """Argument → what was typed, also where the form had them in one field."""
    if set(values) != {_ALL} or _ALL in request.call.args:
        return values
    try:
        found = json.loads(values[_ALL])
    except ValueError:
        return values
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in found.items()
    }


def values_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Field → what was typed."""
    fields = (row["component"] for row in data.get("components", ()) if "component" in row)
    return {field["custom_id"]: str(field.get("value") or "") for field in fields}


def _form(title: str, custom_id: str) -> ui.Modal:
    return ui.Modal(title=shortened(title, 45), custom_id=custom_id, timeout=_WAITS)


def _field(
    name: str, label: str, value: str, *, optional: bool = False, short: bool = False
) -> ui.Label[Any]:
    entry: ui.TextInput[Any] = ui.TextInput(
        style=discord.TextStyle.short if short else discord.TextStyle.paragraph,
        custom_id=name[:100],
        default=value[:_LONGEST],
        required=not optional,
        max_length=_LONGEST,
    )
    return ui.Label(text=shortened(label, 45), component=entry)
