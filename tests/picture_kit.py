"""Small pictures of every kind."""

from struct import pack
from zlib import compress, crc32

from bot.chat import Attachment


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
