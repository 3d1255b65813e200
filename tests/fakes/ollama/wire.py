"""Ollama's JSON: what it refuses, how it lists models, and how a reply goes down the socket."""

import asyncio
import hashlib
import json
import re
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiohttp import web

from tests.fakes.ollama.conversation import CHARS_PER_TOKEN, ChatRequest, FakeModel, Reply

_TOKEN = re.compile(r"\s*\S+|\s+")


def json_response(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type="application/json"
    )


def error(status: int, text: str) -> web.Response:
    return json_response({"error": text}, status)


def ndjson(lines: Sequence[Mapping[str, Any]]) -> web.Response:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return web.Response(body=body, content_type="application/x-ndjson")


def refuse(payload: Mapping[str, Any], model: FakeModel | None) -> web.Response | None:
    """Ollama's own refusals, in the order of its checks (server/routes.go, ChatHandler)."""
    name = payload.get("model")
    if not name:
        return error(400, "model is required")
    if model is None:
        return error(404, f"model '{name}' not found")
    for message in payload.get("messages") or ():
        for call in message.get("tool_calls") or ():
            if not isinstance(call["function"].get("arguments"), dict):
                return error(
                    400,
                    "json: cannot unmarshal string into Go struct field "
                    "ToolCallFunction.messages.tool_calls.function.arguments",
                )
    return _incapable(payload, model)


def _incapable(payload: Mapping[str, Any], model: FakeModel) -> web.Response | None:
    full = f"registry.ollama.ai/library/{model.name}"
    if payload.get("tools") and "tools" not in model.capabilities:
        return error(400, f"{full} does not support tools")
    if payload.get("think") and "thinking" not in model.capabilities:
        return error(400, f'"{model.name}" does not support thinking')
    images = any(message.get("images") for message in payload.get("messages") or ())
    if images and "vision" not in model.capabilities:
        return error(
            400,
            f"{full} does not support images: this model is missing data required for image input",
        )
    return None


def card(model: FakeModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": "2026-01-01T00:00:00Z",
        "size": model.size,
        "digest": hashlib.sha256(model.name.encode()).hexdigest(),
        "details": {"format": "gguf", "family": "fake", "parameter_size": "8.2B"},
    }


def show(model: FakeModel) -> web.Response:
    return json_response(
        {
            "modelfile": f"FROM {model.name}",
            "template": "{{ .Prompt }}",
            "details": card(model)["details"],
            "modified_at": "2026-01-01T00:00:00Z",
            "model_info": {
                "general.architecture": "fake",
                "fake.context_length": model.context_length,
            },
            "capabilities": list(model.capabilities),
        }
    )


async def answer(
    request: web.BaseRequest, asked: ChatRequest, reply: Reply, cost: int
) -> web.StreamResponse:
    """Send *reply* to a prompt of *cost* tokens; the fast way when nothing is to go wrong."""
    if reply.first_delay:
        await asyncio.sleep(reply.first_delay)
    if reply.hang_after == 0:
        await asyncio.sleep(3600)
    if reply.status != 200:
        return error(reply.status, reply.error)
    if not asked.stream:
        return json_response(_line(asked.model, _message(reply), done=_done(reply, cost)))
    lines = reply.raw or _lines(asked.model, reply, cost)
    if reply.disturbed:
        return await _drip(request, reply, lines)
    return web.Response(body=b"".join(lines), content_type="application/x-ndjson")


async def _drip(
    request: web.BaseRequest, reply: Reply, lines: tuple[bytes, ...]
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for number, line in enumerate(lines):
        if number == reply.cut_after:
            assert request.transport is not None
            if reply.reset:
                no_farewell = struct.pack("ii", 1, 0)
                request.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, no_farewell
                )
            request.transport.abort()
        if number in (reply.cut_after, reply.hang_after):
            await asyncio.sleep(3600)  # Until the connection's end cancels us.
        await response.write(line)
        await asyncio.sleep(reply.token_delay)
    return response


def _lines(model: str, reply: Reply, cost: int) -> tuple[bytes, ...]:
    text = reply.text
    if text.startswith("@"):  # The stamp of a bench: when it was sent.
        text = text.replace("%d", str(time.monotonic_ns()), 1)
    lines = _said(model, "thinking", reply.thinking) + _said(model, "content", text)
    if reply.tool_calls:
        message = {"role": "assistant", "content": "", "tool_calls": _calls(reply)}
        lines += (_encode(_line(model, message)),)
    end = {"role": "assistant", "content": ""}
    return (*lines, _encode(_line(model, end, done=_done(reply, cost))))


@lru_cache(maxsize=512)
def _said(model: str, channel: str, text: str) -> tuple[bytes, ...]:
    """Remembered: a bench says the same thing thousands of times, on cores it shares."""
    pieces: list[str] = _TOKEN.findall(text)
    message = {"role": "assistant", "content": ""}
    return tuple(_encode(_line(model, {**message, channel: piece})) for piece in pieces)


def _line(
    model: str, message: dict[str, Any], done: dict[str, Any] | None = None
) -> dict[str, Any]:
    line = {"model": model, "created_at": "2026-01-01T00:00:00.000000Z", "message": message}
    return {**line, **done} if done else {**line, "done": False}


def _message(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.thinking:
        message["thinking"] = reply.thinking
    if reply.tool_calls:
        message["tool_calls"] = _calls(reply)
    return message


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"function": {"index": i, "name": name, "arguments": arguments}}
        for i, (name, arguments) in enumerate(reply.tool_calls)
    ]


def _done(reply: Reply, cost: int) -> dict[str, Any]:
    said = (len(reply.thinking) + len(reply.text)) // CHARS_PER_TOKEN + 12 * len(reply.tool_calls)
    return {
        "done": True,
        "done_reason": reply.done_reason,
        "total_duration": 1000,
        "load_duration": 1000,
        "prompt_eval_count": cost,
        "prompt_eval_duration": 1000,
        "eval_count": max(1, said),
        "eval_duration": 1000,
    }


def _encode(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"
