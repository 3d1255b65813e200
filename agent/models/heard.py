"""What has come of a reply so far, and what it is when it is whole."""

from collections.abc import Sequence

from agent.models.client import Part
from agent.models.errors import BrokenReply
from agent.models.hearing import number, understood
from agent.models.replies import NativeCall, Reply
from agent.models.showing import Showing
from agent.models.unfolding import Unfolding, unfolded
from agent.plan import parse_plan
from bot.agents import Ask, Message
from bot.events import Context, ModelReplied, Usage
from bot.ports import Delta


class Heard:
    """Feed it the parts of a reply; it gives what may be shown of them at once."""

    def __init__(self, *, constrained: bool = False) -> None:
        self._constrained = constrained
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[NativeCall] = []
        self._end: Part | None = None
        self._showing = Unfolding() if constrained else Showing()

    def add(self, part: Part) -> Sequence[Delta]:
        said = part.message
        deltas: list[Delta] = []
        if said.thinking:
            self._thinking.append(said.thinking)
            deltas.append(Delta(said.thinking, "thinking"))
        if said.content:
            self._text.append(said.content)
            deltas += self._showing.add(said.content)
        for call in said.tool_calls or ():
            self._calls.append(NativeCall(call.function.name, call.function.arguments))
        if part.done:
            self._end = part
            deltas += self._showing.end()
        return deltas

    @property
    def evaluated(self) -> int:
        """Tokens of the prompt that the server really read; 0 when it does not say."""
        return (self._end.prompt_eval_count or 0) if self._end else 0

    def replied(self, ask: Ask, model: str, context: Context) -> ModelReplied:
        """Raises BrokenReply when it is not whole."""
        if self._end is None:
            raise BrokenReply("it ended in the middle")
        reply, plan = self._understood(ask)
        thinking = ("".join(self._thinking), reply.thinking)
        return ModelReplied(
            text=reply.text,
            thinking="\n\n".join(filter(None, thinking)),
            plan=plan if reply.calls and _is_first(ask.messages) else (),
            tool_calls=reply.calls,
            model=model,
            usage=Usage(self.evaluated, self._end.eval_count or 0),
            context=context,
        )

    def _understood(self, ask: Ask) -> tuple[Reply, tuple[str, ...]]:
        """The reply, and the plan in it."""
        text = "".join(self._text)
        if self._constrained and (found := unfolded(text, str(number(ask.messages)))):
            return found
        reply = understood(text, self._calls, ask)
        return reply, parse_plan(reply.text)


def _is_first(messages: Sequence[Message]) -> bool:
    """Whether the person's message has not been answered yet."""
    return messages[-1].role == "user"
