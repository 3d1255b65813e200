"""Models on an Ollama server, through its native chat API, always streaming."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from agent.models.catalogue import Catalogue
from agent.models.client import Client, Part
from agent.models.errors import (
    NotInstalled,
    Rejected,
    TimedOut,
    explained,
)
from agent.models.heard import Heard
from agent.models.progress import Progress
from agent.models.requests import Request, Requests
from bot.agents import Ask
from bot.events import ModelReplied
from bot.ports import Delta, ModelError
from bot.views import ModelInfo, ModelStatus


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    first: float = 60.0
    """Until the first piece of a reply; loading the model counts."""
    idle: float = 30.0
    """Between two pieces."""
    total: float = 300.0
    listing: float = 10.0
    """Until a server says what it has."""
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
        self._patience = patience
        self._client = Client(url, api_key)
        self._catalogue = Catalogue(self._client, auto)
        self._requests = Requests(max_context)
        self._status_kept = status_kept
        self._status: tuple[float, ModelStatus] = (float("-inf"), ModelStatus(reachable=False))

    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        loop = asyncio.get_running_loop()
        first = loop.time() + self._patience.first
        with explained(self.url):
            async with asyncio.timeout_at(first):
                name = await self._catalogue.resolve(ask.model)
                facts = await self._catalogue.facts(name)
        request, notice = self._requests.make(ask, name, facts), ""
        while True:
            heard = Heard(constrained=request.constrained)
            async with aclosing(self._parts(request, first)) as parts:
                async for part in parts:
                    for delta in heard.add(part):
                        yield delta
            if notice or not request.cut(heard.evaluated):
                break
            notice = f"{name} read only {heard.evaluated} of about {request.tokens} tokens: "
            shorter = self._requests.shortened(ask, request, facts, heard.evaluated)
            if shorter is None:
                notice += "the beginning of the conversation may be missing from its answer."
                break
            notice += "it was asked again with the conversation shortened."
            request, first = shorter, loop.time() + self._patience.first
        yield replace(heard.replied(ask, name, request.context), notice=notice)

    async def names(self) -> Sequence[str]:
        """The installed models, as they were a few seconds ago. Raises ModelError."""
        with explained(self.url):
            async with asyncio.timeout(self._patience.listing):
                return await self._catalogue.names()

    async def can(self, model: str, capability: str) -> bool:
        """Whether an installed model has a capability such as ``vision``. Raises ModelError."""
        with explained(self.url):
            async with asyncio.timeout(self._patience.listing):
                return capability in (await self._catalogue.facts(model)).capabilities

    async def models(self) -> Sequence[ModelInfo]:
        """The installed models with all that is known of them. Raises ModelError."""
        with explained(self.url):
            async with asyncio.timeout(self._patience.listing):
                return await self._catalogue.described()

    async def pull(self, name: str) -> AsyncGenerator[Progress]:
        """Download a model; the last piece is ``success``. Raises ModelError."""
        with explained(self.url):
            async for step in await self._client.pull(name, stream=True):
                yield Progress(step.status or "", step.completed or 0, step.total or 0)
        self._catalogue.forget()

    async def load(self, name: str) -> None:
        """Have the server read a model into memory, as a question would. Raises ModelError."""
        with explained(self.url):
            async with asyncio.timeout(self._patience.total):
                facts = await self._catalogue.facts(name)
                async with aclosing(
                    self._client.stream_chat(self._requests.loading(name, facts))
                ) as parts:
                    async for _ in parts:
                        pass

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

    async def _parts(self, request: Request, first: float) -> AsyncGenerator[Part]:
        """The reply's pieces; raises ModelError. *first*: when the first one is due."""
        loop = asyncio.get_running_loop()
        due, end = first, loop.time() + self._patience.total
        try:
            with explained(self.url):
                async with aclosing(self._client.stream_chat(request.body)) as parts:
                    while True:
                        async with asyncio.timeout_at(min(due, end)):
                            part = await anext(parts, None)
                        if part is None:
                            return
                        yield part
                        due = loop.time() + self._patience.idle
        except TimedOut as error:
            raise self._late(request.model, first=due == first, over=loop.time() >= end) from error
        except Rejected as error:
            raise await self._rejected(request.model, error) from error

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
