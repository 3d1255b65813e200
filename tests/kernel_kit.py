"""A whole kernel on a real database, with a scripted model and small tools of a test's own."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import agent
from bot.app import Kernel, Pace
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.config import Settings
from bot.events import ApprovalRequested, Event
from bot.ids import new_id
from bot.memory import Memory
from bot.ports import Model, Receipt, Service, Store
from bot.recorded import Recorded
from bot.redact import Redactor
from bot.resources import Host, Hosts, Resources
from bot.store.sqlite import SqliteStore
from bot.tool import Tool, ToolError
from tests.fakes.model import ScriptedModel

THREAD = ThreadRef("web", "", "", "t1")
ADMIN = User("web", "admin", "admin")
ANN = User("web", "ann", "Ann")
BOB = User("web", "bob", "Bob")
VIC = User("web", "vic", "Vic")
ROLES = {
    "admin": Role.ADMIN,
    "ann": Role.APPROVER,
    "bob": Role.OPERATOR,
    "vic": Role.VIEWER,
}
FAST = Pace(lease=1.5, feed_poll=0.5)


@dataclass
class Bench:
    """A running bot and what a test needs of it."""

    kernel: Kernel
    store: SqliteStore
    model: Model
    seen: list[Recorded] = field(default_factory=list[Recorded])

    async def say(self, text: str, by: User = BOB, thread: ThreadRef = THREAD) -> Receipt:
        return await self.kernel.bot.receive(IncomingMessage(new_id(), thread, by, text))

    async def until(self, *kinds: str, thread: ThreadRef = THREAD, count: int = 1) -> list[Event]:
        """Follow the thread until *count* events of *kinds* went by; everything up to there."""
        events: list[Event] = []
        async with asyncio.timeout(60), aclosing(self.kernel.bot.events(thread=thread)) as feed:
            async for item in feed:
                if isinstance(item, Recorded):
                    events.append(item.event)
                    if sum(event.kind in kinds for event in events) == count:
                        return events
        raise AssertionError

    async def approval(self, thread: ThreadRef = THREAD, count: int = 1) -> ApprovalRequested:
        """The newest request once there are *count* of them."""
        events = await self.until("approval_requested", thread=thread, count=count)
        return next(e for e in reversed(events) if isinstance(e, ApprovalRequested))


def settings(directory: Path, **given: object) -> Settings:
    return Settings.model_validate({"data_dir": directory, **given})


@asynccontextmanager
async def process(
    directory: Path,
    model: Model | None = None,
    tools: Mapping[str, Tool] | Sequence[Tool] = (),
    *,
    pace: Pace = FAST,
    hosts: Hosts | None = None,
    memory: Memory | None = None,
    secrets: Mapping[str, str] | None = None,
    services: Callable[[Settings, Store], Sequence[Service]] = lambda _settings, _store: (),
    **given: object,
) -> AsyncGenerator[Bench]:
    """One life of the bot process: everything but the database starts fresh."""
    toolset = tools if isinstance(tools, Mapping) else {tool.name: tool for tool in tools}
    model = model or ScriptedModel()
    chosen = settings(directory, **given)
    async with SqliteStore.open(directory / "bot.db") as store:
        await add_people(store)
        redactor = Redactor(secrets or {})
        resources = Resources(hosts or OneHost(), memory)
        agents = (agent.create(toolset),)
        kernel = Kernel(chosen, store, model, agents, resources, redactor, pace)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(kernel.serve(services(chosen, store)))
            try:
                yield Bench(kernel, store, model)
            finally:
                serving.cancel()


async def add_people(store: SqliteStore) -> None:
    """ROLES, as users who have them."""
    for name, role in ROLES.items():
        await store.write(
            "INSERT INTO users (name, password, role, created) VALUES ($1, '', $2, 0)"
            " ON CONFLICT DO NOTHING",
            name,
            role,
        )


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.kind for event in events]


class Still:
    """A machine that runs nothing: for tests whose tools do all by themselves."""

    name = "local"
    account = "root@local"
    key = ""
    mode = None


class OneHost:
    """An inventory of that one machine."""

    default = "local"

    def names(self) -> Sequence[str]:
        return ["local"]

    def get(self, name: str | None) -> Host:
        if name not in (None, "local"):
            raise ToolError(f"there is no host {name!r}; there is: local")
        return cast("Host", Still())

    def expand(self, target: str) -> Sequence[str]:
        return [target]

    def groups(self) -> Mapping[str, Sequence[str]]:
        return {}
