"""The official Ollama client on the aiohttp transport, as it comes; it keeps nothing."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx_aiohttp
import ollama

from tests.bench.contender import CONTEXT, MODEL, PROBE, RESULT, SYSTEM


class Client:
    """What a run costs that only talks to the model."""

    def __init__(self, client: ollama.AsyncClient) -> None:
        self.database: Path | None = None
        self._client = client

    async def stream(self, prompt: str) -> AsyncIterator[str]:
        messages: list[Any] = [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": prompt},
        ]
        while True:
            text = ""
            calls: list[ollama.Message.ToolCall] = []
            parts = await self._client.chat(
                MODEL, messages, tools=[PROBE], stream=True, options={"num_ctx": CONTEXT}
            )
            async for part in parts:
                if part.message.content:
                    yield part.message.content
                    text += part.message.content
                calls += part.message.tool_calls or ()
            if not calls:
                return
            messages.append(ollama.Message(role="assistant", content=text, tool_calls=calls))
            messages += [
                {"role": "tool", "tool_name": call.function.name, "content": RESULT}
                for call in calls
            ]


@asynccontextmanager
async def opened(url: str, directory: Path) -> AsyncGenerator[Client]:
    """The client of the Ollama at *url*; *directory* stays empty."""
    client = ollama.AsyncClient(url, timeout=None, transport=httpx_aiohttp.AiohttpTransport())
    yield Client(client)
    await client.close()
