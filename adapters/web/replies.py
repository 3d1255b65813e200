"""What every route needs: who asks, and how JSON is sent."""

from typing import Any

from aiohttp import web
from pydantic_core import to_json

from adapters.web.tokens import Principal

PRINCIPAL = web.RequestKey("principal", Principal)
"""Set by the guard on every request that needs a login."""


def reply(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=to_json(body), status=status, content_type="application/json")
