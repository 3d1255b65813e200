"""Which model answers: the best one there is, the next one when it fails, the offline table when no
server is there, but never a mixture."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import monotonic

from agent.models import offline
from agent.models.catalogue import find
from agent.models.choice import choose, worst
from agent.models.errors import BrokenReply, Busy, TimedOut, Unreachable
from agent.models.ollama import Ollama
from agent.models.roles import Wanted, candidates
from agent.models.servers import PLACES, SKIPPED, Servers
from agent.transcript import asked
from bot.agents import Ask
from bot.at_once import at_once
from bot.events import ModelReplied
from bot.ports import Delta, ModelError
from bot.views import ModelInfo, ModelStatus

PAUSES = (1.0, 3.0)
"""Seconds before a run that has begun asks again: an Ollama that restarts is back by then."""


class Router:
    """Implements ``bot.ports.Model``."""

    def __init__(
        self,
        ollamas: Sequence[Ollama],
        wanted: Sequence[Wanted],
        *,
        places: int = PLACES,
        skipped: float = SKIPPED,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._servers = Servers(ollamas, places=places, skipped=skipped)
        self._wanted = wanted
        self._pauses = pauses

    async def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        """Raises ModelError; when the model went away in a run it had begun, it says so."""
        try:
            async with aclosing(self._patiently(ask)) as items:
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

    async def _patiently(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        """Once more when a server broke off; when it is away only for a run that has begun."""
        mended = (BrokenReply, Unreachable) if begun(ask) else BrokenReply
        for pause in self._pauses if ask.purpose == "step" else ():
            try:
                async with aclosing(self._by_model(ask)) as items:
                    async for item in items:
                        yield item
            except mended:
                await asyncio.sleep(pause)
            else:
                return
        async with aclosing(self._by_model(ask)) as items:
            async for item in items:
                yield item

    async def _by_model(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        """The first candidate that answers; what the others said of it is in the notice."""
        failures: list[ModelError] = []
        for candidate in await choose(ask, self._wanted, self._servers):
            server = candidate.server
            question = replace(ask, model=candidate.model)
            try:
                async with (
                    server.lane.place(later=not ask.thread),
                    aclosing(_timed(server.ollama.reply(question))) as items,
                ):
                    async for item in items:
                        yield _noticed(item, failures) if failures else item
            except ModelError as error:
                failures.append(error)
                if isinstance(error, _OF_THE_SERVER):
                    server.fail()
            else:
                self._servers.settle(ask.thread, server)
                return
        raise _together(failures)

    async def status(self) -> ModelStatus:
        found = await at_once([server.ollama.status() for server in self._servers.all])
        installed = {model.name: model for one in found for model in one.installed}
        auto = find(candidates(self._wanted, "chat"), list(installed))
        return ModelStatus(
            reachable=any(one.reachable for one in found),
            installed=tuple(installed.values()),
            auto=auto,
            detail=" ".join(one.detail for one in found if one.detail),
        )

    async def models(self) -> Sequence[ModelInfo]:
        """All models of all servers, with what each can do. Raises ModelError."""
        found = await at_once([server.ollama.models() for server in self._servers.all])
        return list({model.name: model for models in found for model in models}.values())

    async def warm(self) -> None:
        """Load what ``auto`` means for a plain question. Raises ModelError."""
        [first, *_] = await choose(Ask((), ()), self._wanted, self._servers)
        await first.server.ollama.load(first.model)

    async def check(self, name: str) -> None:
        """Without a server every name will do: the run says that it is offline."""
        try:
            await choose(Ask((), (), name), self._wanted, self._servers)
        except Unreachable:
            return

    async def close(self) -> None:
        for server in self._servers.all:
            await server.ollama.close()


_OF_THE_SERVER = (Unreachable, Busy, TimedOut, BrokenReply)


def begun(ask: Ask) -> bool:
    """Whether a real model has answered since a person last spoke."""
    since = ask.messages[asked(ask.messages) + 1 :]
    return any(m.role == "assistant" and not offline.is_own(m) for m in since)


async def _timed(
    items: AsyncGenerator[Delta | ModelReplied],
) -> AsyncGenerator[Delta | ModelReplied]:
    """The reply says how long the model worked: what it waited for its turn is not work."""
    began = monotonic()
    async with aclosing(items):
        async for item in items:
            if isinstance(item, ModelReplied):
                yield replace(item, seconds=round(monotonic() - began, 3))
            else:
                yield item


def _noticed(item: Delta | ModelReplied, failures: Sequence[ModelError]) -> Delta | ModelReplied:
    if isinstance(item, Delta):
        return item
    why = " ".join(map(str, failures))
    return replace(item, notice=f"{why} {item.model} answers instead. {item.notice}".strip())


def _together(failures: Sequence[ModelError]) -> ModelError:
    """One error of several: the same trouble is told once."""
    texts = dict.fromkeys(map(str, failures))
    away = all(isinstance(error, Unreachable) for error in failures)
    return worst(failures) if away or len(texts) == 1 else ModelError(" ".join(texts))
