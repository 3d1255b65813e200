"""Which model answers: Ollama, or without it the offline table, but never a mixture."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent.models import offline
from agent.models.errors import Unreachable
from agent.models.ollama import Ollama
from agent.transcript import asked
from bot.events import ModelReplied
from bot.ports import Ask, Delta, ModelError
from bot.views import ModelStatus


class Router:
    """Implements ``bot.ports.Model``."""

    def __init__(self, ollama: Ollama) -> None:
        self._ollama = ollama

    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        """Raises ModelError; when the model went away in a run it had begun, it says so."""
        try:
            async with aclosing(self._ollama.reply(ask)) as items:
                async for item in items:
                    yield item
        except Unreachable as gone:
            if ask.purpose != "step" or begun(ask):
                raise ModelError(
                    f"The model went away in the middle of this run. {gone} "
                    "What was done stays done; ask again when it is back."
                ) from gone
            why = str(gone)
        else:
            return
        async with aclosing(offline.stream(ask, why)) as items:
            async for item in items:
                yield item

    async def status(self) -> ModelStatus:
        return await self._ollama.status()

    async def check(self, name: str) -> None:
        """Without a server every name will do: the run says that it is offline."""
        try:
            await self._ollama.check(name)
        except Unreachable:
            return

    async def close(self) -> None:
        await self._ollama.close()


def begun(ask: Ask) -> bool:
    """Whether a real model has answered since a person last spoke."""
    since = ask.messages[asked(ask.messages) + 1 :]
    return any(m.role == "assistant" and not offline.is_own(m) for m in since)
