"""Request bodies: read within limits, then checked against a model that names what is wrong."""

import asyncio
import re
from typing import Annotated, Any, Literal, TypeVar, cast
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_protocol import RequestPayloadError
from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationInfo
from pydantic_core import from_json

from adapters.web.images import Image
from adapters.web.limits import BODY, LARGE, TEXT, Limits, TooMany
from adapters.web.problems import BadRequest
from bot.chat import ThreadRef
from bot.ids import new_id
from bot.ports import Forbidden

M = TypeVar("M", bound=BaseModel)
_DEEPEST = 20
_THREAD = re.compile(r"[\w.-]{1,64}", re.ASCII)


def _sayable(text: str, info: ValidationInfo) -> str:
    if not text.strip() and not info.data.get("images"):
        raise ValueError("is empty; write what the bot should do")
    if "\0" in text:
        raise ValueError("holds binary data; send text")
    if len(text.encode()) > TEXT:
        raise ValueError(f"is longer than {TEXT // 1024} KiB; put it into a file and name the file")
    return text


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Say(_Body):
    """What a person says, over REST or the socket. *thread* empty: a new one."""

    images: tuple[Image, ...] = ()  # before the message, which may be empty beside them
    message: Annotated[str, AfterValidator(_sayable)]
    model: str = "auto"
    thread: str = ""
    fresh: bool = False


class Chat(Say):
    wait: bool = True


class Decide(_Body):
    decision: Literal["approve", "deny", "edit", "trust", "again", "leave", "look"]
    arguments: dict[str, JsonValue] | None = None
    reason: str = ""


class Refresh(_Body):
    refresh_token: str = ""


def middleware(limits: Limits) -> Middleware:
    """Nobody holds a place open by sending a body slowly, nor fills the memory with large ones."""
    places = {path: asyncio.Semaphore(limits.uploads) for path in LARGE}

    @web.middleware
    async def bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_large(request):
            await _read(request, limits.body)
            return await handler(request)
        if places[request.path].locked():
            raise TooMany(limits.body, "large requests on their way")
        large = request.clone(client_max_size=LARGE[request.path])
        async with places[request.path]:
            await _read(large, limits.upload)
            return await handler(large)

    return bodies


def _is_large(request: web.Request) -> bool:
    """Whether it is, or may turn out to be, larger than others may be."""
    size = request.content_length
    return request.path in LARGE and request.body_exists and (size is None or size > BODY)


async def _read(request: web.Request, seconds: float) -> None:
    if not request.body_exists:
        return
    try:
        async with asyncio.timeout(seconds):
            await request.read()
    except TimeoutError as error:
        raise BadRequest(408, f"the body did not come within {seconds:g} s") from error
    except RequestPayloadError as error:
        raise BadRequest(400, "the body could not be read to its end") from error


def json(raw: bytes | str) -> Any:
    """Raises BadRequest unless it is JSON of a sane depth."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest(400, f"this is not JSON in UTF-8: {error}") from error
    if _depth(value) > _DEEPEST:
        raise BadRequest(400, f"the JSON is nested deeper than {_DEEPEST} levels")
    return value


async def read_json(request: web.Request, model: type[M]) -> M:
    """Raises BadRequest, ValidationError."""
    given = await read_value(request)
    if not isinstance(given, dict):
        raise BadRequest(422, "send a JSON object")
    return model.model_validate(given)


async def read_value(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise BadRequest(415, "send JSON, with the header Content-Type: application/json")
    return json(await request.read())


async def read_form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise BadRequest(415, "send a form: Content-Type: application/x-www-form-urlencoded")
    try:
        return dict(parse_qsl((await request.read()).decode(), max_num_fields=20))
    except ValueError as error:
        raise BadRequest(400, "the form could not be read") from error


def own_thread(text: str) -> ThreadRef:
    """The thread to speak in, a new one for "". Raises BadRequest, Forbidden."""
    thread = thread_ref(text or new_id())
    if thread.platform != "web":
        raise Forbidden(f"this conversation is held on {thread.platform}; answer there")
    return thread


def thread_ref(text: str) -> ThreadRef:
    """The thread a client means. Raises BadRequest."""
    if _THREAD.fullmatch(text):
        return ThreadRef("web", "", "", text)
    try:
        return ThreadRef.parse(text[:512])
    except ValueError as error:
        raise BadRequest(422, "thread: is no thread id") from error


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, cast("dict[str, Any]", value).values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, cast("list[Any]", value)), default=0)
    return 0
