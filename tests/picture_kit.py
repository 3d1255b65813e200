"""Small pictures of every kind, and models that are shown them."""

from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from struct import pack
from zlib import compress, crc32

from agent.models import create
from bot.chat import Attachment
from bot.ports import Model
from tests.fakes.ollama import ChatRequest, FakeOllama, Reply
from tests.kernel_kit import settings

VISION = "llama3.2-vision:11b"


def png(shade: int = 0, padding: int = 0) -> bytes:
    """One grey pixel; with *padding* more bytes at its end."""
    header = _chunk(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = _chunk(b"IDAT", compress(bytes([0, shade])))
    end = _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + pixel + end + bytes(padding)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00rest"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 rest"
GIF = b"GIF89a\x01\x00\x01\x00rest"


def attached(*pictures: bytes) -> tuple[Attachment, ...]:
    """Named 1.png, 2.png …"""
    return tuple(Attachment(f"{n}.png", data) for n, data in enumerate(pictures, 1))


@asynccontextmanager
async def models(ollama: FakeOllama, directory: Path) -> AsyncGenerator[Model]:
    """What the whole bot asks, on that server; each says who it is."""
    given = {"ollama_url": ollama.url, "models": ["qwen3", f"vision:{VISION}"]}
    model, _ = create(settings(directory, **given), pauses=())
    for name in ("qwen3", VISION):
        ollama.script(name, lambda request: Reply(f"said {request.model}"))
    try:
        yield model
    finally:
        await model.close()


def sent_images(request: ChatRequest) -> list[bytes]:
    """All pictures of a request, oldest first."""
    given = [image for message in request.messages for image in message.get("images", ())]
    return [b64decode(image) for image in given]
