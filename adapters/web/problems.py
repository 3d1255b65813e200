"""Errors as people and programs read them: one clear line, RFC 9457 problem JSON."""

import secrets
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import ValidationError
from pydantic_core import to_json

from adapters.web.limits import BODY, LARGE, TooMany
from adapters.web.tokens import Unauthenticated
from bot.ports import Conflict, Forbidden, ModelError, NotFound, Refused, StoreError
from bot.tool import ToolError

log = structlog.get_logger()


class BadRequest(Refused):
    """No, because what was sent cannot be read."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


EXPECTED = (Refused, ValidationError, ModelError, StoreError, ToolError)
"""What the kernel and this adapter raise to say no; everything else is a bug."""
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooMany, 429),
    (Refused, 422),
    (ValidationError, 422),
)


def explain(error: Exception) -> tuple[int, str]:
    """Status and detail for one of EXPECTED."""
    match error:
        case BadRequest():
            return error.status, str(error)
        case ValidationError():
            return 422, "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}"
                for e in error.errors(include_url=False, include_context=False, include_input=False)
            )
        case StoreError():
            log.error("the database refused", error=str(error))
            return 503, "the database cannot do that now; the log of the bot says why"
        case _:
            return next((s for cls, s in _STATUS if isinstance(error, cls)), 503), str(error)


def problem(status: int, detail: str) -> web.Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.Response(status=status, body=to_json(body), content_type="application/problem+json")


def middleware() -> Middleware:
    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except EXPECTED as error:
            return _refusal(error)
        except web.HTTPClientError as error:
            return _client_error(request, error)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            if request.writer.output_size:
                raise  # the answer has begun; aiohttp logs the error and closes
            number = secrets.token_hex(4)
            log.exception("request failed", path=request.path, error_id=number)
            return problem(500, f"something went wrong here; the log has it as {number}")

    return problems


def _client_error(request: web.Request, error: web.HTTPClientError) -> web.Response:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        most = LARGE.get(request.path, BODY)
        return problem(413, f"the body is larger than {most // 1024} KiB")
    response = problem(error.status, f"{request.method} {request.path}: {error.reason}")
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _refusal(error: Exception) -> web.Response:
    response = problem(*explain(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
