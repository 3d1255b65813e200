"""The lines of a streamed reply, whatever bytes a model makes up."""

import json
from collections.abc import AsyncGenerator, AsyncIterator

_HALF = "\\ud"
"""How JSON begins to name half of a character beyond the first 65,536."""


async def lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    """Without their ends. Bytes that are not UTF-8 are replaced.

    Only a newline ends a line: httpx would also break it at a U+0085 within the model's words."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if text := line.decode(errors="replace").strip():
                yield _mended(text)
    if text := rest.decode(errors="replace").strip():
        yield _mended(text)


def _mended(line: str) -> str:
    """Half a character, which no database stores and no socket sends, is replaced as well."""
    if _HALF not in line.lower():
        return line
    try:
        whole = json.dumps(json.loads(line), ensure_ascii=False)
    except (ValueError, RecursionError):
        return line
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
