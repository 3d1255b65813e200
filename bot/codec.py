"""Events as stored text and back. A kind nobody knows any more survives both ways."""

from typing import Any, get_args

import structlog
from pydantic import JsonValue, TypeAdapter, ValidationError

from bot.events import Event, Unknown

log = structlog.get_logger()
_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    cls.kind: TypeAdapter(cls) for cls in get_args(Event) if cls is not Unknown
}
_UNKNOWN: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def encode(event: Event) -> str:
    """The event's fields as JSON, defaults left out; its kind is stored beside it."""
    if isinstance(event, Unknown):
        return _UNKNOWN.dump_json(event.data).decode()
    return _ADAPTERS[event.kind].dump_json(event, exclude_defaults=True).decode()


def decode(kind: str, data: str) -> Event:
    """An event of another version, known by name or not, becomes Unknown."""
    adapter = _ADAPTERS.get(kind)
    if adapter is not None:
        try:
            return adapter.validate_json(data)
        except ValidationError:
            log.warning("event of another version", kind=kind)
    return Unknown(kind, _UNKNOWN.validate_json(data))


def fields(event: Event) -> dict[str, Any]:
    """All fields as plain JSON values, for programs that read the feed."""
    if isinstance(event, Unknown):
        return dict(event.data)
    return _ADAPTERS[event.kind].dump_python(event, mode="json")
