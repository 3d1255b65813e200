"""The official Ollama client on the aiohttp transport, and the JSON it sends.

The client validates and dumps the whole history for every call, which in a long run costs more
than everything else. Here each message becomes JSON once, and the client's connection is given the
finished body; the stream is read here too, because it may hold what is no UTF-8.
"""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import httpx
import httpx_aiohttp
import ollama
from pydantic import BaseModel

from agent.models.lines import lines
from agent.transcript import CHARS_PER_TOKEN
from bot.agents import Message
from bot.tool import Tool

CONNECT_WITHIN = 5.0
"""Seconds until a server that does not answer at all counts as unreachable."""
CONNECTIONS = 1024
PICTURE = 1_600
"""Tokens that a picture costs at most in the models that are in use."""
PIECE = 256 * 1024
"""Bytes of a body that are written at once."""
KEPT = 8 << 20
"""Bytes of encoded messages that are kept."""


class Function(BaseModel):
    name: str
    arguments: dict[str, Any] | str = {}


class Called(BaseModel):
    function: Function


class Said(BaseModel):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Called] | None = None


class Part(BaseModel):
    """One line of a streamed reply; https://docs.ollama.com/api/chat. Of it, what is used."""

    message: Said = Said()
    done: bool = False
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: str = ""


class Client(ollama.AsyncClient):
    def __init__(self, url: str, api_key: str = "") -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=30)
        super().__init__(
            url,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else None,
            timeout=httpx.Timeout(None, connect=CONNECT_WITHIN),
            transport=httpx_aiohttp.AiohttpTransport(limits=limits),
        )
        # Whole and parsed once: httpx would parse it twice for each call.
        base = cast("httpx.URL", self._client.base_url)
        self._chat = httpx.URL(str(base).rstrip("/") + "/api/chat")

    async def stream_chat(self, body: bytes) -> AsyncGenerator[Part]:
        """POST /api/chat with a finished body. Closing the generator hangs up."""
        client = cast("httpx.AsyncClient", self._client)
        async with client.stream("POST", self._chat, **_content(body)) as response:
            if response.is_error:
                await response.aread()
                raise ollama.ResponseError(response.text, response.status_code)
            async for line in lines(response.aiter_bytes()):
                part = Part.model_validate_json(line)
                if part.error:
                    raise ollama.ResponseError(part.error)
                yield part


def _content(body: bytes) -> dict[str, Any]:
    """Pictures go out piece by piece: in one go they would hold everything else up."""
    if len(body) <= PIECE:
        return {"content": body}
    return {"content": _pieces(body), "headers": {"Content-Length": str(len(body))}}


async def _pieces(body: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def encode(message: Message) -> bytes:
    """In Ollama's shape, without its pictures. What the model once thought is not sent back."""
    said: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        said["tool_calls"] = [
            {"function": {"name": call.name, "arguments": call.args}} for call in message.calls
        ]
    if message.tool:
        said["tool_name"] = message.tool
    return dump(said)


def _with_images(encoded: bytes, images: Sequence[bytes]) -> bytes:
    """Not through ``dump``, which would look for something to escape in megabytes of base64."""
    if not images:
        return encoded
    given = b",".join(b'"%b"' % b64encode(image) for image in images)
    return b'%b,"images":[%b]}' % (encoded[:-1], given)


class Encoder:
    """Messages and tools as JSON, remembered by identity: both are frozen. Pictures are encoded
    when they are sent: they are too large to be kept twice."""

    def __init__(self, encode: Callable[[Message], bytes] = encode, keep: int = KEPT) -> None:
        self._encode = encode
        self._keep = keep
        self._size = 0
        self._messages: dict[int, tuple[Message, bytes]] = {}
        self._tools: tuple[tuple[Tool, ...], bytes] = ((), b"[]")

    def cost(self, message: Message) -> int:
        """About how many tokens it costs; it is remembered from now on."""
        known = self._messages.get(id(message))
        if known is None:
            known = self._messages[id(message)] = (message, self._encode(message))
            self._size += len(known[1])
            while self._size > self._keep and len(self._messages) > 1:
                oldest = next(iter(self._messages))
                self._size -= len(self._messages.pop(oldest)[1])
        return int(len(known[1]) / CHARS_PER_TOKEN) + PICTURE * len(message.images)

    def messages(self, messages: Iterable[Message]) -> bytes:
        known = self._messages
        parts = (
            _with_images(
                found[1] if (found := known.get(id(message))) else self._encode(message),
                message.images,
            )
            for message in messages
        )
        return b"[%b]" % b",".join(parts)

    def tools(self, tools: Sequence[Tool]) -> bytes:
        given = tuple(tools)
        if self._tools[0] != given:
            self._tools = given, dump([describe(tool) for tool in given])
        return self._tools[1]


def body(encoded: Mapping[str, bytes], **rest: Any) -> bytes:
    """The request: fields that are *encoded* already, and the *rest*."""
    fields = b"".join(b',"%b":%b' % (name.encode(), value) for name, value in encoded.items())
    return b"%b%b}" % (dump(rest)[:-1], fields)


def describe(tool: Tool) -> dict[str, Any]:
    """In Ollama's shape."""
    about = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": about}


def dump(value: Any) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
