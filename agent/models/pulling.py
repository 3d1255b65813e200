"""Downloading models onto an Ollama server, and how far that is (https://docs.ollama.com/api/pull)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from agent.models.ollama import Ollama
from bot.ports import Bot, ModelError

AT_ONCE = 8
"""Pulls that may be asked for before one has ended."""
log = structlog.get_logger()


class Pulls:
    """The service that pulls what people ask for, one after the other."""

    name = "pulls"

    def __init__(self, ollama: Ollama) -> None:
        self._ollama = ollama
        self._asked: asyncio.Queue[str] = asyncio.Queue(AT_ONCE)
        self._progress: dict[str, str] = {}
        self._moved = asyncio.Condition()

    async def serve(self, bot: Bot) -> None:
        """A pull that fails is told to who asks for it; the next one goes on."""
        while True:
            name = await self._asked.get()
            try:
                async with aclosing(self._ollama.pull(name)) as steps:
                    async for step in steps:
                        await self._tell(name, f"{name}: {step}")
                await self._tell(name, "")
                await bot.note("model pulled", by="system", text=name)
            except ModelError as error:
                log.warning("pull failed", model=name, reason=str(error))
                await self._tell(name, f"{name} was not pulled: {error}")

    async def pull(self, name: str, *, patience: float) -> str:
        """Begin it, or look how far it is; waits at most *patience* seconds for it to end.

        Raises ModelError when too many are waiting, or when it failed."""
        known = self._progress.get(name)
        if known is None or "was not pulled" in known:
            try:
                self._asked.put_nowait(name)
            except asyncio.QueueFull:
                raise ModelError(f"{AT_ONCE} pulls wait already: try again later") from None
            self._progress[name] = f"{name}: waits for its turn"
        try:
            async with asyncio.timeout(patience), self._moved:
                await self._moved.wait_for(lambda: self._over(name))
        except TimeoutError:
            return f"{self._progress[name]}. Say it again to see how far it is."
        failed = self._progress.pop(name, "")
        if failed:
            raise ModelError(failed)
        return f"{name} is installed"

    def _over(self, name: str) -> bool:
        said = self._progress.get(name, "")
        return not said or "was not pulled" in said

    async def _tell(self, name: str, text: str) -> None:
        async with self._moved:
            self._progress[name] = text
            self._moved.notify_all()


async def shown(ollama: Ollama, name: str) -> AsyncGenerator[str]:
    """A line for each thing that is new. Raises ModelError."""
    last = ""
    async with aclosing(ollama.pull(name)) as steps:
        async for step in steps:
            if str(step) != last:
                last = str(step)
                yield last
