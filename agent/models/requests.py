"""What is sent to a model: the conversation in the shape it knows, as much as it can read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.models.catalogue import Facts
from agent.models.client import Encoder, body, dump
from agent.models.constrained import briefing, encode_plain, shape
from agent.transcript import CHARS_PER_TOKEN, fit
from bot.events import Context
from bot.ports import Ask, Message
from bot.tool import Tool

ANSWER = 2_048
"""Tokens that are left for the answer, or a quarter of a small context."""

KEEP_ALIVE = "30m"
"""How long Ollama keeps a model in memory: a conversation has pauses."""
UNSEEN = "(There was a picture here, which you cannot see.)"


@dataclass(frozen=True, slots=True)
class Request:
    model: str
    body: bytes
    context: Context
    constrained: bool
    """The reply is one JSON object of ``constrained.shape``."""


class Requests:
    """Remembers what of the conversation is encoded already."""

    def __init__(self, max_context: int) -> None:
        self._max_context = max_context
        self._native = Encoder()
        self._plain = Encoder(encode_plain)
        self._told: tuple[tuple[Tool, ...], Message, bytes] = ((), Message("system", ""), b"")

    def make(self, ask: Ask, model: str, facts: Facts) -> Request:
        num_ctx = min(facts.context_length, self._max_context)
        constrained = bool(ask.tools) and "tools" not in facts.capabilities
        encoder = self._plain if constrained else self._native
        offered = encoder.tools(() if constrained else ask.tools)
        messages, form = self._constrained(ask) if constrained else (ask.messages, b"")
        room = num_ctx - min(ANSWER, num_ctx // 4) - int(len(offered) / CHARS_PER_TOKEN)
        if "vision" not in facts.capabilities:
            messages = _described(messages)
        fitted = fit(messages, room, encoder.cost)
        optional = {"think": True} if "thinking" in facts.capabilities else {}
        request = body(
            {"messages": encoder.messages(fitted.messages), "tools": offered}
            | ({"format": form} if form else {}),
            model=model,
            stream=True,
            options={"num_ctx": num_ctx},
            keep_alive=KEEP_ALIVE,
            **optional,
        )
        context = Context(prompt=ask.prompt, num_ctx=num_ctx, first=fitted.first)
        return Request(model, request, context, constrained)

    def _constrained(self, ask: Ask) -> tuple[Sequence[Message], bytes]:
        """The conversation with the tools in words, and the shape of the reply."""
        tools = tuple(ask.tools)
        if self._told[0] != tools:
            self._told = tools, briefing(tools), dump(shape(tools))
        _, told, form = self._told
        first, *others = ask.messages
        return [first, told, *others], form


def _described(messages: Sequence[Message]) -> Sequence[Message]:
    """Pictures in words: Ollama refuses them where the model cannot see."""
    if not any(message.images for message in messages):
        return messages
    return [
        replace(message, text=f"{message.text}\n{UNSEEN}", images=()) if message.images else message
        for message in messages
    ]
