"""Asking a model in tests: one question in, all pieces and the reply out."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from socket import create_server

from agent.models.ollama import Ollama, Patience
from bot.agents import Ask, Message
from bot.events import ModelReplied
from bot.ports import Delta, Model
from bot.tool import Tool
from tests.fakes.ollama import FakeOllama
from tests.recording import TOOLS

SYSTEM = Message("system", "You are an assistant.")
AUTO = ("qwen2.5-coder:32b", "qwen3", "phi3")


def ask(
    *said: str | Message, model: str = "qwen3", tools: Sequence[Tool] = tuple(TOOLS.values())
) -> Ask:
    """A question: text is said by a person."""
    messages = [Message("user", one) if isinstance(one, str) else one for one in said]
    return Ask([SYSTEM, *messages], tools, model, prompt="p1")


async def answer(model: Model, question: Ask) -> tuple[list[Delta], ModelReplied]:
    deltas: list[Delta] = []
    replies: list[ModelReplied] = []
    async for item in model.reply(question):
        if isinstance(item, ModelReplied):
            replies.append(item)
        else:
            deltas.append(item)
    (reply,) = replies
    return deltas, reply


@asynccontextmanager
async def served(
    ollama: FakeOllama | str,
    *,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    max_context: int = 16_384,
    api_key: str = "",
) -> AsyncGenerator[Ollama]:
    """A real client of *ollama*, a fake or an address; closed at the end."""
    url = ollama if isinstance(ollama, str) else ollama.url
    model = Ollama(
        url, AUTO, api_key=api_key, max_context=max_context, patience=patience, status_kept=0
    )
    try:
        yield model
    finally:
        await model.close()


def nobody() -> str:
    """An address where nothing listens."""
    with closing(create_server(("127.0.0.1", 0))) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"
