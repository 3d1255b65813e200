"""Models on an Ollama server, through its native chat API, always streaming."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agent.models.catalogue import Catalogue, Facts
from agent.models.client import Client, Encoder, Part, body
from agent.models.errors import (
    BrokenReply,
    NotInstalled,
    Rejected,
    TimedOut,
    explained,
)
from agent.models.hearing import understood
from agent.models.replies import NativeCall
from agent.models.showing import Showing
from agent.plan import parse_plan
from agent.transcript import CHARS_PER_TOKEN, fit
from bot.events import Context, ModelReplied, Usage
from bot.ports import Ask, Delta, Message, ModelError
from bot.views import ModelStatus


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    first: float = 60.0
    """Until the first piece of a reply; loading the model counts."""
    idle: float = 30.0
    """Between two pieces."""
    total: float = 300.0
    status: float = 2.0
    """Until a server that does not say how it is counts as unreachable."""


class Ollama:
    """Implements ``bot.ports.Model``; close it when the process ends."""

    def __init__(
        self,
        url: str,
        auto: Sequence[str],
        *,
        api_key: str = "",
        max_context: int = 16_384,
        patience: Patience = Patience(),
        status_kept: float = 5.0,
    ) -> None:
        self.url = url
        self._max_context = max_context
        self._patience = patience
        self._client = Client(url, api_key)
        self._catalogue = Catalogue(self._client, auto)
        self._encoder = Encoder()
        self._status_kept = status_kept
        self._status: tuple[float, ModelStatus] = (float("-inf"), ModelStatus(reachable=False))

    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        first = asyncio.get_running_loop().time() + self._patience.first
        with explained(self.url):
            async with asyncio.timeout_at(first):
                name = await self._catalogue.resolve(ask.model)
                facts = await self._catalogue.facts(name)
        request, context = self._request(ask, name, facts)
        heard = _Heard()
        async with aclosing(self._parts(name, request, first)) as parts:
            async for part in parts:
                for delta in heard.add(part):
                    yield delta
        yield heard.replied(ask, name, context)

    async def status(self) -> ModelStatus:
        now = asyncio.get_running_loop().time()
        if now - self._status[0] > self._status_kept:
            self._status = now, await self._ask_status()
        return self._status[1]

    async def check(self, name: str) -> None:
        with explained(self.url):
            async with asyncio.timeout(self._patience.status):
                await self._catalogue.resolve(name)

    async def close(self) -> None:
        await self._client.close()

    async def _ask_status(self) -> ModelStatus:
        try:
            with explained(self.url):
                async with asyncio.timeout(self._patience.status):
                    found = await self._catalogue.installed()
                    auto = self._catalogue.automatic(found)
                    return ModelStatus(reachable=True, installed=found, auto=auto)
        except ModelError as error:
            return ModelStatus(reachable=False, detail=str(error))

    def _request(self, ask: Ask, name: str, facts: Facts) -> tuple[bytes, Context]:
        num_ctx = min(facts.context_length, self._max_context)
        # The seam for constrained JSON: a model without native tools is asked without any.
        offered = ask.tools if "tools" in facts.capabilities else ()
        tools = self._encoder.tools(offered)
        room = num_ctx - min(2_048, num_ctx // 4) - int(len(tools) / CHARS_PER_TOKEN)
        fitted = fit(ask.messages, room, self._encoder.cost)
        optional = {"think": True} if "thinking" in facts.capabilities else {}
        request = body(
            self._encoder.messages(fitted.messages),
            tools,
            model=name,
            stream=True,
            options={"num_ctx": num_ctx},
            **optional,
        )
        return request, Context(prompt=ask.prompt, num_ctx=num_ctx, first=fitted.first)

    async def _parts(self, name: str, request: bytes, first: float) -> AsyncGenerator[Part]:
        """The reply's pieces; raises ModelError. *first*: when the first one is due."""
        loop = asyncio.get_running_loop()
        due, end = first, loop.time() + self._patience.total
        try:
            with explained(self.url):
                async with aclosing(await self._client.stream_chat(request)) as parts:
                    while True:
                        async with asyncio.timeout_at(min(due, end)):
                            part = await anext(parts, None)
                        if part is None:
                            return
                        yield part
                        due = loop.time() + self._patience.idle
        except TimedOut as error:
            raise self._late(name, first=due == first, over=loop.time() >= end) from error
        except Rejected as error:
            raise await self._rejected(name, error) from error

    def _late(self, name: str, *, first: bool, over: bool) -> TimedOut:
        if over:
            return TimedOut(f"{name} had not finished its reply after {self._patience.total:g} s.")
        if first:
            return TimedOut(
                f"{name} did not begin to answer within {self._patience.first:g} s. "
                "It may still be loading: try again, or choose a smaller model."
            )
        return TimedOut(f"{name} stopped in the middle of its reply for {self._patience.idle:g} s.")

    async def _rejected(self, name: str, error: Rejected) -> ModelError:
        """The model may have been removed since it was last seen."""
        self._catalogue.forget()
        try:
            await self.check(name)
        except NotInstalled as missing:
            return missing
        except ModelError:
            return error
        return error


class _Heard:
    """What has come of a reply so far."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[NativeCall] = []
        self._end: Part | None = None
        self._showing = Showing()

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

    def replied(self, ask: Ask, model: str, context: Context) -> ModelReplied:
        if self._end is None:
            raise BrokenReply("it ended in the middle")
        reply = understood("".join(self._text), self._calls, ask)
        thinking = ("".join(self._thinking), reply.thinking)
        return ModelReplied(
            text=reply.text,
            thinking="\n\n".join(filter(None, thinking)),
            plan=parse_plan(reply.text) if reply.calls and _is_first(ask.messages) else (),
            tool_calls=reply.calls,
            model=model,
            usage=Usage(self._end.prompt_eval_count or 0, self._end.eval_count or 0),
            context=context,
        )


def _is_first(messages: Sequence[Message]) -> bool:
    """Whether the person's message has not been answered yet."""
    return messages[-1].role == "user"
