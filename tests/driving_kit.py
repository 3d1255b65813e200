"""The whole bot with its real tools: what a person asks for is called, approved and told."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tools
import tools.hosts
from bot.agents import Ask
from bot.chat import ThreadRef
from bot.events import ApprovalRequested, Event, ModelReplied, ToolFinished, ToolStarted
from bot.ids import new_id
from bot.resources import Hosts
from bot.tool import ToolCall
from tests.fakes.model import ScriptedModel, calls, says
from tests.kernel_kit import ANN, Bench, process, settings

_ENDS = ("run_finished", "run_failed", "run_stopped")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one call."""

    events: Sequence[Event]

    @property
    def finished(self) -> list[ToolFinished]:
        """On each of its hosts, in the order they ended."""
        return [event for event in self.events if isinstance(event, ToolFinished)]

    @property
    def started(self) -> list[ToolStarted]:
        return [event for event in self.events if isinstance(event, ToolStarted)]

    @property
    def asked(self) -> list[ApprovalRequested]:
        return [event for event in self.events if isinstance(event, ApprovalRequested)]

    @property
    def only(self) -> ToolFinished:
        [finished] = self.finished
        return finished

    @property
    def output(self) -> str:
        """Of a call on one host, which went well."""
        assert self.only.outcome == "ok", self.only.output
        return self.only.output

    def on(self, host: str) -> ToolFinished:
        """One host's part of a call on several; what was denied did not even start."""
        return next(event for event in self.finished if event.call_id.endswith(f".{host}"))


@dataclass(frozen=True, slots=True)
class Driver:
    bench: Bench

    async def call(self, name: str, /, **args: Any) -> Told:
        """Have the agent call a tool in a conversation of its own; ann approves what asks."""
        thread, done = await self.begin(name, **args)
        while not done.events or done.events[-1].kind not in _ENDS:
            [*_, request] = done.asked
            await self.bench.kernel.bot.decide(request.approval, "approve", by=ANN)
            done = await self.follow(thread, asked=len(done.asked) + 1)
        return done

    async def begin(self, name: str, /, **args: Any) -> tuple[ThreadRef, Told]:
        """The same up to the first question, or to its end if nothing asks."""
        thread = ThreadRef("web", "", "", new_id())
        await self.bench.say(json.dumps({"name": name, "args": args}), ANN, thread)
        return thread, await self.follow(thread, asked=1)

    async def follow(self, thread: ThreadRef, *, asked: int) -> Told:
        """Up to the question of this number, or to the end."""
        kinds = ("approval_requested", *_ENDS)
        return Told(await self.bench.until(*kinds, thread=thread, count=asked))


def _obey(ask: Ask) -> ModelReplied:
    """A model that calls what the person writes as JSON, and then says what came of it."""
    last = ask.messages[-1]
    if last.role == "user":
        wanted = json.loads(last.text)
        return calls(ToolCall(new_id(), wanted["name"], wanted["args"]))
    return says(last.text)


@asynccontextmanager
async def driving(
    directory: Path, *, hosts: Hosts | None = None, **given: Any
) -> AsyncGenerator[Driver]:
    """A running bot with all tools and its inventory, or *hosts*; *given*: settings."""
    own = tools.hosts.create(settings(directory, **given))
    model = ScriptedModel(script=_obey)
    try:
        async with process(directory, model, tools.load(), hosts=hosts or own, **given) as bench:
            yield Driver(bench)
    finally:
        await own.close()
