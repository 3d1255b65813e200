"""The composition root: the only module that imports every part and plugs them together."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module

import structlog

import agent
import agent.memory
import agent.models
import healer
import tools
import tools.hosts
import tools.naming
from bot import audit, builtin
from bot.access import Access
from bot.agents import Agent
from bot.approvals import Approvals
from bot.briefing import Briefer
from bot.calling import Calls
from bot.commands import Dispatcher
from bot.config import Settings
from bot.core import ChatBot, Parts
from bot.driving import Driver
from bot.editing import Editor
from bot.execution import Executor
from bot.feed import Feed
from bot.journal import ProcessLog
from bot.judging import Judges
from bot.memory import Memory
from bot.pictures import Gallery
from bot.ports import Bot, Model, Part, Service, Store
from bot.reading import Catalogue, Reader
from bot.receiving import Receiver
from bot.redact import Redactor
from bot.resources import Resources
from bot.runtime import Runtime
from bot.spending import Budget, Budgets, DayBudget
from bot.suggestion import Source
from bot.supervision import Supervisor
from bot.tool import Tool
from bot.usage import Usage
from bot.views import Health

log = structlog.get_logger()


def adapters_of(settings: Settings) -> Sequence[str]:
    """Those that are on; each is imported only then: their SDKs take a second to load."""
    chats = {"slack": settings.slack_bot_token, "discord": settings.discord_token}
    return ("web", *(name for name, token in chats.items() if token))


@dataclass(frozen=True, slots=True)
class Pace:
    """Durations of the kernel in seconds; tests shorten them."""

    lease: float = 15.0
    feed_poll: float = 5.0
    budget: Budget = field(default_factory=Budget)


NORMAL = Pace()


def approvals_of(settings: Settings, store: Store, runtime: Runtime) -> Approvals:
    ttl, two_person = settings.approval_ttl, settings.two_person
    return Approvals(store, runtime.changed, ttl=ttl, two_person=two_person)


def day_budget(settings: Settings, store: Store) -> DayBudget:
    return DayBudget(Usage(store), settings.tokens_per_day, settings.tokens_per_day_all)


class Kernel:
    """Everything of the bot but its parts: build it on a store, run it, talk to ``bot``."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        model: Model,
        agents: Sequence[Agent],
        resources: Resources,
        redactor: Redactor,
        pace: Pace = Pace(),
    ) -> None:
        """*agents*: the first one is who people talk to."""
        self.supervisor, self._added = Supervisor(), list[Part]()
        self.model, self._mode, self._redact = model, settings.mode, redactor
        self.feed = Feed(store, redactor.presentable, poll=pace.feed_poll)
        access = Access(store, settings.roles_file)
        self.runtime = Runtime(store, self.feed, access, agents, lease=pace.lease)
        self._approvals = approvals_of(settings, store, self.runtime)
        judges = Judges(
            agents[0].tools, resources.hosts, access, self._approvals, redactor, mode=settings.mode
        )
        self._gallery = Gallery(store)
        budgets = Budgets(pace.budget, day_budget(settings, store))
        self._driver = self._driving(judges, resources, redactor, budgets)
        self.dispatcher = Dispatcher(access)
        parts = Parts(
            store=store,
            feed=self.feed,
            access=access,
            approvals=self._approvals,
            editor=Editor(store, access, judges, resources, mode=settings.mode),
            receiver=Receiver(store, access, model, redactor),
            runtime=self.runtime,
            dispatcher=self.dispatcher,
            redactor=redactor,
            process=ProcessLog(store, self.feed.ring),
        )
        self.bot = ChatBot(parts, self._reader(parts, agents[0].tools, resources.memory))
        accounting = builtin.accounting(budgets.day, access.role)
        self.dispatcher.add((*builtin.commands(self.bot), accounting))

    def _driving(
        self, judges: Judges, resources: Resources, redactor: Redactor, budgets: Budgets
    ) -> Driver:
        executor = Executor(resources, self.feed, redactor)
        briefer = Briefer(resources.memory, self._gallery)
        budgets = replace(budgets, run=replace(budgets.run, patience=self._approvals.ttl))
        calls = Calls(judges, executor, self._approvals, budgets.run)
        wake = self.runtime.wake
        return Driver(self.model, calls, self.feed, briefer, redactor, budgets=budgets, wake=wake)

    def _reader(
        self, parts: Parts, toolset: Callable[[], Mapping[str, Tool]], memory: Memory | None
    ) -> Reader:
        return Reader(
            parts.store,
            parts.access,
            parts.approvals,
            parts.process,
            parts.redactor.presentable,
            self._gallery,
            Catalogue(toolset, lambda: self.dispatcher.all, self.health, self._sources, memory),
        )

    def add(self, part: Part) -> None:
        """Take in what a part brings besides its services."""
        self.dispatcher.add(part.commands)
        self._added.append(part)

    def _sources(self) -> Mapping[str, Source]:
        return {name: source for part in self._added for name, source in part.sources.items()}

    async def health(self) -> Health:
        parts = {"runs": self.runtime.trouble, **self.supervisor.troubles}
        for part in self._added:
            parts |= {name: self._redact(problem) for name, problem in part.troubles().items()}
        return Health(parts, await self.model.status(), self._mode)

    async def serve(self, services: Sequence[Service]) -> None:
        """Run until cancelled. Only the store and the runtime may end it, and BadSettings."""
        await self.runtime.take_over()
        await self.feed.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.runtime.serve(self._driver, self._approvals))
            for service in (_Following(self.feed), *services):
                tasks.create_task(self.supervisor.supervise(service, self.bot), name=service.name)


class _Following:
    """The feed's reader, restarted like any service: its followers wait where they are."""

    name = "feed"

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def serve(self, bot: Bot) -> None:  # noqa: ARG002 - the feed needs no bot
        await self._feed.serve()


def parts_of(
    settings: Settings, store: Store, redactor: Redactor, made: Sequence[Part]
) -> list[Part]:
    """Those that were *made* already, the adapters and the healer, which runs the periodics of
    all."""
    parts: list[Part] = [
        import_module(f"adapters.{name}").create(settings, store) for name in adapters_of(settings)
    ]
    parts += made
    parts.append(
        Part(periodics=(audit.periodic(store),), cli=audit.cli(store, redactor.redact_json))
    )
    return [*parts, healer.scheduler(store, [p for part in parts for p in part.periodics])]


@asynccontextmanager
async def assembled(
    settings: Settings, store: Store, redactor: Redactor, pace: Pace = Pace()
) -> AsyncGenerator[tuple[Kernel, list[Part]]]:
    """The whole bot on an open store, ready to serve."""
    plugins, tooling = tools.create(settings)
    hosts = tools.hosts.create(settings)
    model, modelling = agent.models.create(settings)
    memory, remembering = agent.memory.create(settings, store, model, redactor)
    toolset = healer.Toolset(lambda: plugins.tools, plugins.prepared)
    healing = healer.create(settings, store, hosts, memory, toolset)
    naming = Part(sources=tools.naming.sources(hosts))
    made = (tooling, tools.hosts.part(hosts), remembering, modelling, naming, healing.part)
    parts = parts_of(settings, store, redactor, made)
    for part in parts:
        redactor.learn(part.secrets)
    try:
        resources = Resources(hosts, memory)
        agents = (
            agent.create(lambda: plugins.tools),
            agent.diagnosis(healing.diagnostics),
            healing.repair,
        )
        kernel = Kernel(settings, store, model, agents, resources, redactor, pace)
        for part in parts:
            kernel.add(part)
        yield kernel, parts
    finally:
        await hosts.close()
        await memory.close()
        await model.close()
