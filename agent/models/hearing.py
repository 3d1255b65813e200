"""What a model's reply means in the conversation it answers."""

from collections.abc import Sequence
from dataclasses import replace

from agent.models.answers import clean
from agent.models.replies import NativeCall, Reply, native_reply, parse_reply
from agent.transcript import asked
from bot.agents import Ask, Message


def understood(text: str, native: Sequence[NativeCall], ask: Ask) -> Reply:
    """The reply's calls, native ones or those in its text; without any, the clean answer.

    A call that cannot be used is among them, first: the kernel refuses it, and the changes after
    it, and the model reads why."""
    prefix = str(number(ask.messages))
    written = parse_reply(text, {tool.name: tool for tool in ask.tools}, prefix)
    if native:
        calls = native_reply(text, native, prefix).calls
        return replace(written, calls=calls, unusable=())
    if ask.tools and (calls := (*written.unusable, *written.calls)):
        return replace(written, calls=calls, unusable=())
    return replace(written, text=clean(written.text, _earlier(ask.messages)))


def _earlier(messages: Sequence[Message]) -> list[str]:
    """What the model said since the person asked."""
    since = messages[asked(messages) + 1 :]
    return [message.text for message in since if message.role == "assistant" and message.text]


def number(messages: Sequence[Message]) -> int:
    """Unique to the reply within its run: the conversation grows with each reply.

    A summary makes it shorter; the last calls before it then keep the numbers growing."""
    last = next((m.calls[0].id for m in reversed(messages) if m.calls), "0")
    number = last.partition(".")[0]
    return max(len(messages), int(number) + 1 if number.isdecimal() else 0)
