"""A model that replies from a script and remembers what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from bot.agents import Ask
from bot.events import ModelReplied
from bot.ports import Delta, ModelError
from bot.tool import ToolCall
from bot.views import ModelInfo, ModelStatus

Reply = ModelReplied | ModelError | asyncio.Event
Script = Callable[[Ask], ModelReplied]


class ScriptedModel:
    """Gives *replies* in turn, or whatever a function of the question returns.

    An ``asyncio.Event`` in the script is waited for before the next reply."""

    def __init__(self, *replies: Reply, script: Script | None = None) -> None:
        self._replies = list(replies)
        self._script = script
        self.asked: list[Ask] = []
        self.thinking = asyncio.Event()
        """Set once it has been asked."""

    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        self.asked.append(ask)
        self.thinking.set()
        if self._script:
            yield self._script(ask)
            return
        reply = self._replies.pop(0)
        if isinstance(reply, asyncio.Event):
            await reply.wait()
            reply = self._replies.pop(0)
        if isinstance(reply, ModelError):
            raise reply
        assert isinstance(reply, ModelReplied)
        if reply.text:
            yield Delta(reply.text)
        yield reply

    async def status(self) -> ModelStatus:
        return ModelStatus(reachable=True, installed=(ModelInfo("scripted"),))

    async def check(self, name: str) -> None:
        if name != "scripted":
            raise ModelError(f"the model {name!r} is not installed; there is: scripted")

    async def close(self) -> None: ...


def says(text: str) -> ModelReplied:
    return ModelReplied(text, model="scripted")


def calls(*made: ToolCall, text: str = "") -> ModelReplied:
    return ModelReplied(text, tool_calls=made, model="scripted")


def results(ask: Ask) -> Sequence[str]:
    """The tool results the model was shown, oldest first."""
    return [message.text for message in ask.messages if message.role == "tool"]
