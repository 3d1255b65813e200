"""A kernel of lists: plays the events a test scripts, and remembers what it was told."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from pydantic import JsonValue

from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller, Command
from bot.events import (
    ApprovalDecided,
    ApprovalRequested,
    Decision,
    Event,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
)
from bot.memory import Recall, Standpoint
from bot.pictures import checked
from bot.ports import Conflict, Forbidden, Gap, NotFound, Receipt, Refused, Settled
from bot.recorded import Live, Recorded
from bot.suggestion import Suggestion
from bot.tool import Tool, Verdict
from bot.views import (
    ApprovalView,
    Health,
    IncidentView,
    ModelInfo,
    ModelStatus,
    PictureView,
    RunView,
    ThreadView,
)

INSTALLED = ("qwen3:latest", "llama3.2-vision:11b")


def echo(message: IncomingMessage) -> Sequence[Event]:
    """The default script: the run ends at once and says what it was told."""
    return [RunFinished(f"you said {message.text}")]


@dataclass
class FakeRun:
    thread: ThreadRef
    user: User
    log: list[Recorded] = field(default_factory=list[Recorded])

    @property
    def status(self) -> str:
        match self.log[-1].event:
            case RunFinished():
                return "done"
            case RunFailed():
                return "failed"
            case RunStopped():
                return "stopped"
            case ApprovalRequested():
                return "waiting"
            case _:
                return "running"


class FakeBot:
    """Implements ``bot.ports.Bot`` and, as *read*, ``bot.views.Reading``."""

    def __init__(self, script: Callable[[IncomingMessage], Sequence[Event]] = echo) -> None:
        self.script: Callable[[IncomingMessage], Sequence[Event]] = script
        self.roles: dict[str, Role] = {"admin": Role.ADMIN}
        self.runs: dict[str, FakeRun] = {}
        self.notes: list[tuple[str, str]] = []
        self.note_texts: list[str] = []
        self.installed: tuple[Command, ...] = ()
        self.toolbox: tuple[Tool, ...] = ()
        self.commanded: list[tuple[str, Mapping[str, JsonValue] | str, Caller]] = []
        self.parts: dict[str, str] = {"store": ""}
        self.auto = "qwen3:latest"
        self.followers = 0
        self.pictures: dict[str, PictureView] = {}
        """Those of messages, by ids that count up: ``picture1`` …"""
        self._inbox: dict[str, str] = {}
        self._feed: list[Recorded | Live] = []
        self._bell = asyncio.Event()
        self._moved = asyncio.Event()
        self._numbers = count(1)

    @property
    def read(self) -> "FakeBot":
        return self

    def record(self, run: str, *events: Event) -> None:
        for event in events:
            of = self.runs[run]
            recorded = Recorded(next(self._numbers), run, len(of.log), 0, of.thread, event)
            of.log.append(recorded)
            self.show(recorded)

    def show(self, item: Recorded | Live) -> None:
        self._feed.append(item)
        self._bell.set()
        self._bell = asyncio.Event()

    async def receive(self, message: IncomingMessage) -> Receipt:
        if message.id in self._inbox:
            return Receipt(self._inbox[message.id], "duplicate")
        if message.model not in ("auto", *INSTALLED):
            raise Refused(f"{message.model} is not installed; installed: {', '.join(INSTALLED)}")
        await self.check(message.thread, by=message.user)
        pictures = self._keep(message)
        run = f"run{next(self._numbers)}"
        self._inbox[message.id] = run
        self.runs[run] = FakeRun(message.thread, message.user)
        self.record(
            run,
            RunStarted(message.user, Role.ADMIN, message.text, message.model, pictures=pictures),
        )
        self.record(run, *self.script(message))
        return Receipt(run, "started")

    def _keep(self, message: IncomingMessage) -> tuple[str, ...]:
        kept = checked(message.attachments)
        ids = tuple(f"picture{len(self.pictures) + n}" for n in range(1, len(kept) + 1))
        for name, one in zip(ids, kept, strict=True):
            view = PictureView(message.thread, one.name, one.media_type, one.data)
            self.pictures[name] = view
        return ids

    async def picture(self, picture: str, *, by: User) -> PictureView:
        if picture not in self.pictures:
            raise NotFound(f"there is no picture {picture!r}")
        await self.check(self.pictures[picture].thread, by=by)
        return self.pictures[picture]

    async def decide(
        self,
        approval: str,
        decision: Decision,
        *,
        by: User,
        arguments: Mapping[str, JsonValue] | None = None,
        reason: str = "",
    ) -> Settled:
        if not (await self.role(by)).covers(Role.APPROVER):
            raise Forbidden("Deciding an approval needs the role approver")
        view = await self.approval(approval, by=by)
        if view.status != "pending":
            raise Conflict(f"{view.decided_by} was first: {view.status}")
        decided = ApprovalDecided(approval, view.request.call.id, decision, by, reason)
        self.record(view.run, decided, RunFinished(f"{decision}: {arguments or ''}{reason}"))
        return Settled(approval, "approved", view.run, f"{decision} by {by.name}")

    async def stop(self, run: str, *, by: User) -> None:
        await self.run(run, by=by)
        self.record(run, RunStopped(by.key))

    async def command(self, name: str, args: Mapping[str, JsonValue] | str, call: Caller) -> str:
        if name not in [command.name for command in self.installed]:
            raise NotFound(f"there is no command {name}")
        self.commanded.append((name, args, call))
        return f"{name} done"

    def changed(self, log: str) -> None:
        """Nobody follows."""

    async def events(
        self, *, after: str = "", thread: ThreadRef | None = None, by: User | None = None
    ) -> AsyncGenerator[Recorded | Live | Gap]:
        if thread is not None and by is not None:
            await self.thread(thread, by=by)
        at = len(self._feed) if after == "now" else 0
        self._follow(1)
        try:
            while True:
                bell = self._bell
                for item in self._feed[at:]:
                    at += 1
                    old = isinstance(item, Recorded) and item.position <= int(
                        after.replace("now", "") or 0
                    )
                    if not old and thread in (None, item.thread):
                        yield item
                if at == len(self._feed):
                    await bell.wait()
        finally:
            self._follow(-1)

    async def followed_by(self, number: int) -> None:
        """Until so many follow."""
        while self.followers != number:
            await self._moved.wait()

    def _follow(self, change: int) -> None:
        self.followers += change
        self._moved.set()
        self._moved = asyncio.Event()

    async def judge(self, tool: str, args: Mapping[str, JsonValue], *, by: User) -> Verdict:
        return Verdict()

    async def note(self, what: str, *, by: str, text: str = "") -> None:
        self.notes.append((what, by))
        self.note_texts.append(text)

    async def role(self, user: User) -> Role:
        role = self.roles.get(user.id, Role.NOBODY)
        return role if user.ceiling.covers(role) else user.ceiling

    async def threads(self, *, by: User) -> Sequence[ThreadView]:
        newest = {run.thread: run for run in self.runs.values()}
        return [
            ThreadView(thread, "title", 1.0, run.status, run.status == "waiting")
            for thread, run in newest.items()
            if by == run.user
        ]

    async def thread(self, thread: ThreadRef, *, by: User) -> Sequence[RunView]:
        await self.check(thread, by=by)
        runs = [name for name, run in self.runs.items() if run.thread == thread]
        if not runs:
            raise NotFound("there is no such thread")
        return [await self.run(name, by=by) for name in runs]

    async def run(self, run: str, *, by: User) -> RunView:
        found = self.runs.get(run)
        if found is None:
            raise NotFound("there is no such run")
        await self.check(found.thread, by=by)
        return RunView(run, found.thread, found.status, "qwen3", found.user.key, 1.0, found.log)

    async def approvals(self, *, by: User) -> Sequence[ApprovalView]:
        asked = [
            await self.approval(recorded.event.approval, by=by)
            for run in self.runs.values()
            for recorded in run.log
            if isinstance(recorded.event, ApprovalRequested)
        ]
        return [view for view in asked if view.status == "pending"]

    async def approval(self, approval: str, *, by: User) -> ApprovalView:
        for name, run in self.runs.items():
            events = [recorded.event for recorded in run.log]
            who = [e.by.name for e in events if isinstance(e, ApprovalDecided)]
            for event in events:
                if isinstance(event, ApprovalRequested) and event.approval == approval:
                    status = "approved" if who else "pending"
                    return ApprovalView(event, status, name, run.thread, "".join(who[:1]))
        raise NotFound("there is no such approval")

    async def memories(
        self, at: Standpoint, *, text: str = "", limit: int = 50, before: int = 0
    ) -> Recall:
        return Recall()

    async def incidents(self, *, by: User) -> Sequence[IncidentView]:
        return []

    async def tools(self, *, by: User) -> Sequence[Tool]:
        return self.toolbox

    async def commands(self, *, by: User) -> Sequence[Command]:
        return self.installed

    async def suggest(
        self, argument: str, given: Mapping[str, str], *, by: User
    ) -> Sequence[Suggestion]:
        return []

    def vocabulary(self) -> Sequence[Command]:
        return self.installed

    def has_command(self, name: str) -> bool:
        return any(command.name == name for command in self.installed)

    async def health(self) -> Health:
        models = tuple(ModelInfo(name, 1) for name in INSTALLED)
        model = ModelStatus(reachable=True, installed=models, auto=self.auto)
        return Health(self.parts, model, "supervised")

    async def check(self, thread: ThreadRef, *, by: User) -> None:
        members = [run.user.id for run in self.runs.values() if run.thread == thread]
        if members and by.id not in members and await self.role(by) is not Role.ADMIN:
            raise NotFound("there is no such thread")
