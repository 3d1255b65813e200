"""Looking at threads, runs and approvals: who asks decides what is there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.access import Access, authorize, may_see
from bot.approvals import Approvals
from bot.chat import Role, ThreadRef, User, incident_of, incident_thread
from bot.codec import decode
from bot.command import Command
from bot.events import ApprovalRequested, IncidentChanged, Noted
from bot.feed import Present, presented
from bot.journal import COLUMNS, ProcessLog, load, recorded
from bot.memory import Memory, Recall, Standpoint
from bot.pictures import Gallery
from bot.ports import NotFound, Row, Store
from bot.receiving import takes_part_in
from bot.recorded import Recorded
from bot.suggestion import Source, Suggestion
from bot.tool import Tool
from bot.views import ApprovalView, Health, IncidentView, PictureView, RunView, ThreadView

_MINE = "SELECT r.thread FROM inbox i JOIN runs r ON r.id = i.run WHERE i.sender = $1"
_DECIDABLE = (
    "SELECT r.thread FROM approvals a JOIN runs r ON r.id = a.run WHERE a.status = 'pending'"
)
_INCIDENTS = f"{incident_thread('')}%"
_RECENTLY = 7 * 86_400
"""Seconds for which an incident is among everybody's threads."""
_STANDING = (
    "SELECT e.data FROM runs r JOIN events e ON e.log_id = r.id"
    " WHERE r.thread = t.thread AND r.agent = 'incident' ORDER BY e.position DESC LIMIT 1"
)
_NEWEST_INCIDENTS = (
    f"SELECT {COLUMNS}, r.thread FROM runs r JOIN events e ON e.log_id = r.id"
    " WHERE r.agent = 'incident'"
    " AND e.seq = (SELECT MAX(seq) FROM events WHERE log_id = r.id)"
    " ORDER BY r.id DESC LIMIT 100"
)
_GOING = (
    "SELECT r.id, r.thread, r.status, t.title FROM runs r JOIN threads t ON t.thread = r.thread"
    " WHERE r.status IN ('queued', 'ready', 'running', 'waiting') ORDER BY r.id DESC LIMIT 50"
)
_RUN = "r.id, r.thread, r.status, r.model, r.requester, r.created"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is not in the store: it may change while the process runs."""

    tools: Callable[[], Mapping[str, Tool]]
    commands: Callable[[], Mapping[str, Command]]
    health: Callable[[], Awaitable[Health]]
    sources: Callable[[], Mapping[str, Source]]
    memory: Memory | None = None


class Reader:
    """Implements ``bot.views.Reading``."""

    def __init__(
        self,
        store: Store,
        access: Access,
        approvals: Approvals,
        process: ProcessLog,
        present: Present,
        gallery: Gallery,
        catalogue: Catalogue,
    ) -> None:
        self._store = store
        self._access = access
        self._approvals = approvals
        self._process = process
        self._present = present
        self._gallery = gallery
        self._catalogue = catalogue

    async def role(self, user: User) -> Role:
        return await self._access.role(user)

    async def health(self) -> Health:
        return await self._catalogue.health()

    async def threads(self, *, by: User) -> Sequence[ThreadView]:
        role = await self._role(by)
        visible = f"t.thread IN ({_MINE})"
        if role.covers(Role.OPERATOR):
            visible += f" OR (t.thread LIKE '{_INCIDENTS}' AND t.updated > {{now}} - {_RECENTLY})"
        if role.covers(Role.APPROVER):
            visible += f" OR t.thread IN ({_DECIDABLE})"
        if role.covers(Role.ADMIN):
            visible = "$1 = $1"
        rows = await self._store.read(
            "SELECT t.thread, t.title, t.updated,"
            " (SELECT status FROM runs r WHERE r.thread = t.thread ORDER BY r.id DESC LIMIT 1),"
            f" t.thread IN ({_DECIDABLE}),"
            f" CASE WHEN t.thread LIKE '{_INCIDENTS}' THEN ({_STANDING}) END"
            f" FROM threads t WHERE {visible}"
            " ORDER BY t.updated DESC LIMIT 200",
            by.key,
        )
        return [
            ThreadView(
                ThreadRef.parse(thread), title, updated, status or "", bool(waiting), _state(last)
            )
            for thread, title, updated, status, waiting, last in rows
        ]

    async def thread(self, thread: ThreadRef, *, by: User) -> Sequence[RunView]:
        await self.check(thread, by=by)
        await self._account(thread, by)
        runs = await self._store.read(
            f"SELECT {_RUN} FROM runs r WHERE r.thread = $1 ORDER BY r.id", str(thread)
        )
        # All events in one read: a follower may go on after the newest one and miss none.
        rows = await self._store.read(
            f"SELECT {COLUMNS} FROM runs r JOIN events e ON e.log_id = r.id"
            " WHERE r.thread = $1 ORDER BY e.position",
            str(thread),
        )
        logs: dict[str, list[Recorded]] = {}
        for row in rows:
            item = presented(recorded(row, thread), self._present)
            logs.setdefault(item.log, []).append(item)
        votes = await self._votes("thread = $1", str(thread))
        return [_view(run, logs[run[0]], votes.get(run[0], {})) for run in runs if run[0] in logs]

    async def run(self, run: str, *, by: User) -> RunView:
        rows = await self._store.read(f"SELECT {_RUN} FROM runs r WHERE r.id = $1", run)
        if not rows or not await self.sees(ThreadRef.parse(rows[0][1]), by=by):
            raise NotFound(f"there is no run {run!r}")
        await self._account(ThreadRef.parse(rows[0][1]), by)
        log = await load(self._store, run, ThreadRef.parse(rows[0][1]))
        votes = await self._votes("id = $1", run)
        events = [presented(item, self._present) for item in log]
        return _view(rows[0], events, votes.get(run, {}))

    async def memories(
        self, at: Standpoint, *, text: str = "", limit: int = 50, before: int = 0
    ) -> Recall:
        await self.check(at.thread, by=at.user)
        memory = self._catalogue.memory
        if memory is None:
            return Recall()
        if text:
            return await memory.recall(text, at, limit=limit)
        return Recall(tuple(await memory.list(at, limit=limit, before=before)))

    async def picture(self, picture: str, *, by: User) -> PictureView:
        found = await self._gallery.find(picture)
        if found is None or not await self.sees(found.thread, by=by):
            raise NotFound(f"there is no picture {picture!r}")
        await self._account(found.thread, by)
        return found

    async def approvals(self, *, by: User) -> Sequence[ApprovalView]:
        await self._role(by)
        rows = await self._store.read(
            "SELECT id FROM approvals WHERE status = 'pending' ORDER BY expires LIMIT 200"
        )
        views = [await self._approval(row[0]) for row in rows]
        return [view for view in views if await self.sees(view.thread, by=by)]

    async def approval(self, approval: str, *, by: User) -> ApprovalView:
        view = await self._approval(approval)
        if not await self.sees(view.thread, by=by):
            raise NotFound(f"there is no approval {approval!r}")
        return view

    async def incidents(self, *, by: User) -> Sequence[IncidentView]:
        authorize(await self._role(by), Role.OPERATOR, "Looking at the incidents")
        items = [
            presented(recorded(row, ThreadRef.parse(row[6])), self._present)
            for row in await self._store.read(_NEWEST_INCIDENTS)
        ]
        return [
            IncidentView(item.event, item.thread, item.at / 1e6)
            for item in items
            if isinstance(item.event, IncidentChanged) and item.thread
        ]

    async def tools(self, *, by: User) -> Sequence[Tool]:
        await self._role(by)
        return sorted(self._catalogue.tools().values(), key=lambda tool: tool.name)

    async def commands(self, *, by: User) -> Sequence[Command]:
        role = await self._role(by)
        return [command for command in self.vocabulary() if role.covers(command.role)]

    async def suggest(
        self, argument: str, given: Mapping[str, str], *, by: User
    ) -> Sequence[Suggestion]:
        role = await self._role(by)
        if argument == "approval":
            requests = [view.request for view in await self.approvals(by=by)]
            return [Suggestion(r.approval, f"{r.call.name} on {r.host}") for r in requests]
        if argument == "run":
            return await self._going(by)
        if argument == "tool":
            return [Suggestion(tool.name) for tool in await self.tools(by=by)]
        source = self._catalogue.sources().get(argument)
        if source is None:
            return ()
        authorize(role, source.role, f"Seeing what can be a {argument}")
        return await source.fn(given)

    async def _going(self, by: User) -> Sequence[Suggestion]:
        """Runs that are not over, newest first, in threads that they may see."""
        rows = await self._store.read(_GOING)
        seen = {row[1]: await self.sees(ThreadRef.parse(row[1]), by=by) for row in rows}
        return [Suggestion(row[0], f"{row[2]}: {row[3]}") for row in rows if seen[row[1]]]

    def vocabulary(self) -> Sequence[Command]:
        return sorted(self._catalogue.commands().values(), key=lambda command: command.name)

    def has_command(self, name: str) -> bool:
        return name.lower() in self._catalogue.commands()

    async def check(self, thread: ThreadRef, *, by: User) -> None:
        """Raises NotFound when there is no such thread for them. A new one is nobody's yet."""
        exists, _ = await takes_part_in(self._store, thread, by)
        if exists and not await self.sees(thread, by=by):
            raise NotFound(f"there is no thread {thread.thread!r}")

    async def sees(self, thread: ThreadRef, *, by: User) -> bool:
        role = await self._role(by)
        if role.covers(Role.ADMIN):
            return True
        _, takes_part = await takes_part_in(self._store, thread, by)
        may_decide = role.covers(Role.APPROVER) and bool(
            await self._store.read(f"{_DECIDABLE} AND r.thread = $1", str(thread))
        )
        incident = bool(incident_of(thread))
        return may_see(role, takes_part=takes_part, may_decide=may_decide, incident=incident)

    async def _votes(self, which: str, value: str) -> Mapping[str, Mapping[str, bool]]:
        """Run → person → whether the answer was good. *which*: a condition on the runs."""
        rows = await self._store.read(
            "SELECT f.run, f.person, f.good FROM feedback f"
            f" JOIN runs r ON r.id = f.run WHERE r.{which} ORDER BY f.at",
            value,
        )
        votes: dict[str, dict[str, bool]] = {}
        for run, person, good in rows:
            votes.setdefault(run, {})[person] = bool(good)
        return votes

    async def _account(self, thread: ThreadRef, by: User) -> None:
        """Admins see everything, and it is written down what they looked at."""
        exists, takes_part = await takes_part_in(self._store, thread, by)
        if incident_of(thread):
            return
        if exists and not takes_part and (await self._role(by)).covers(Role.ADMIN):
            await self._process.note(Noted("read as admin", by.key, str(thread)))

    async def _role(self, user: User) -> Role:
        role = await self._access.role(user)
        authorize(role, Role.VIEWER, "Looking at anything")
        return role

    async def _approval(self, approval: str) -> ApprovalView:
        row, request = await self._approvals.get(approval)
        [(thread,)] = await self._store.read("SELECT thread FROM runs WHERE id = $1", row.run)
        shown = self._present(request)
        assert isinstance(shown, ApprovalRequested)
        return ApprovalView(shown, row.status, row.run, ThreadRef.parse(thread), row.decided_by)


def _state(last: str | None) -> str:
    """From the newest event of an incident's log."""
    event = decode(IncidentChanged.kind, last) if last else None
    return event.state if isinstance(event, IncidentChanged) else ""


def _view(row: Row, events: Sequence[Recorded], votes: Mapping[str, bool]) -> RunView:
    run, thread, status, model, requester, created = row
    place = ThreadRef.parse(thread)
    return RunView(run, place, status, model, requester, created, events, votes)
