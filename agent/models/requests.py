"""What is sent to a model: the conversation in the shape it knows, as much as it can read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.models.catalogue import Facts
from agent.models.client import PICTURE, Encoder, body, dump
from agent.models.constrained import briefing, encode_plain, shape
from agent.models.offering import Offer, offer
from agent.transcript import CHARS_PER_TOKEN, fit
from bot.agents import Ask, Message
from bot.events import Context

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
    tokens: int
    """About how many it has; the estimate is high."""
    least: int
    """How many the server must read of it, however it writes the tools and counts pictures."""
    room: int
    """How many the conversation was fitted into."""

    def cut(self, evaluated: int) -> bool:
        """Whether the server dropped a part of it without a word, as Ollama does when it does not
        fit: it filled the context, or had fewer tokens than there can be.

        *evaluated*: what it says it read; 0 when it does not say."""
        return 0 < evaluated < self.least or evaluated >= self.context.num_ctx


class Requests:
    """Remembers what of the conversation is encoded already."""

    def __init__(self, max_context: int) -> None:
        self._max_context = max_context
        self._native = Encoder()
        self._plain = Encoder(encode_plain)
        self._limits: dict[str, int] = {}
        """Model → the tokens its server really reads, where that was fewer than agreed."""
        self._told: tuple[Offer, Message, bytes] = (Offer(()), Message("system", ""), b"")

    def make(self, ask: Ask, model: str, facts: Facts, room: int | None = None) -> Request:
        """*room*: tokens for the conversation; by default what the context leaves."""
        num_ctx = min(facts.context_length, self._max_context)
        constrained = bool(ask.tools) and "tools" not in facts.capabilities
        encoder = self._plain if constrained else self._native
        given = offer(ask.tools, ask.messages, num_ctx)
        offered = encoder.tools(() if constrained else given.tools)
        messages = _noted(ask.messages, given.note)
        messages, form = self._constrained(messages, given) if constrained else (messages, b"")
        about_tools = int(len(offered) / CHARS_PER_TOKEN)
        if room is None:
            room = _room(min(num_ctx, self._limits.get(model, num_ctx))) - about_tools
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
        said = sum(map(encoder.cost, fitted.messages))
        seen = sum(PICTURE * len(message.images) for message in fitted.messages)
        # Prose has up to 7 characters a token; templates write tools in fewer words than JSON.
        least = int((said - seen) / 2 + about_tools * 0.3)
        tokens = said + about_tools
        return Request(model, request, context, constrained, tokens, least, room)

    def loading(self, model: str, facts: Facts) -> bytes:
        """A question of nothing: with another ``num_ctx`` the first real one would load it anew."""
        options = {"num_ctx": min(facts.context_length, self._max_context)}
        return body({"messages": b"[]"}, model=model, options=options, keep_alive=KEEP_ALIVE)

    def shortened(self, ask: Ask, cut: Request, facts: Facts, evaluated: int) -> Request | None:
        """The question again, so that it fits what the server reads; None when it cannot be.

        What the server reads is remembered."""
        if evaluated < cut.context.num_ctx:
            self._limits[cut.model] = evaluated
        left = _room(evaluated) - (cut.tokens - min(cut.tokens, cut.room))
        made = self.make(ask, cut.model, facts, min(left, cut.room // 2))
        return made if made.tokens < cut.tokens else None

    def _constrained(
        self, messages: Sequence[Message], given: Offer
    ) -> tuple[Sequence[Message], bytes]:
        """The conversation with the tools in words, and the shape of the reply."""
        if self._told[0] != given:
            form = dump(shape(given.tools, given.left_out))
            self._told = given, briefing(given.tools), form
        _, told, form = self._told
        return _noted(messages, told), form


def _noted(messages: Sequence[Message], note: Message | None) -> Sequence[Message]:
    """With *note* after the system prompt."""
    first, *others = messages
    return [first, note, *others] if note else messages


def _room(num_ctx: int) -> int:
    return num_ctx - min(ANSWER, num_ctx // 4)


def _described(messages: Sequence[Message]) -> Sequence[Message]:
    """Pictures in words: Ollama refuses them where the model cannot see."""
    if not any(message.images for message in messages):
        return messages
    return [
        replace(message, text=f"{message.text}\n{UNSEEN}", images=()) if message.images else message
        for message in messages
    ]
