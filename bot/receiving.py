"""A message in: a run, a joined turn or a place in the queue, in one transaction."""

import re
from collections.abc import Sequence
from dataclasses import replace
from time import time

from bot.access import Access, authorize, may_see
from bot.approvals import supersede
from bot.chat import HEALER, IncomingMessage, Role, ThreadRef, User, incident_of
from bot.events import Event, MessageJoined, RunStarted
from bot.ids import new_id
from bot.journal import Head, entries, insert, sign
from bot.pictures import Picture, checked, keep
from bot.ports import Model, ModelError, NotFound, Query, Receipt, Refused, Store
from bot.redact import Redactor

LONGEST = 64 * 1024
"""Characters of a message."""
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ACTIVE = "status IN ('ready', 'running', 'waiting')"


class Receiver:
    def __init__(self, store: Store, access: Access, model: Model, redactor: Redactor) -> None:
        self._store = store
        self._access = access
        self._model = model
        self._redact = redactor

    async def receive(self, message: IncomingMessage) -> Receipt:
        """Durable when it returns. Raises Refused, and NotFound for a thread they may not see."""
        role = await self._access.role(message.user)
        authorize(role, Role.VIEWER, "Talking to the bot")
        named = [replace(each, name=self._redact(each.name)) for each in message.attachments]
        pictures = checked(named)
        text = self._redact(_readable(message.text, alone=not pictures))
        await self._check_model(message.model)
        if message.thread.platform == "web":
            await self._check_visible(message.thread, message.user, role)
        return await self._store.atomically(
            lambda query: _Arrival(query, message, role, text, pictures).place()
        )

    async def _check_model(self, name: str) -> None:
        if name == "auto":
            return
        try:
            await self._model.check(name)
        except ModelError as error:
            raise Refused(str(error)) from error

    async def _check_visible(self, thread: ThreadRef, user: User, role: Role) -> None:
        exists, takes_part = await takes_part_in(self._store, thread, user)
        incident = bool(incident_of(thread))
        if not exists:
            visible = not incident or user == HEALER  # who opens threads for its incidents
        else:
            visible = may_see(role, takes_part=takes_part, may_decide=False, incident=incident)
        if not visible:
            raise NotFound(f"there is no thread {thread.thread!r}")


class _Arrival:
    """One message, inside its transaction."""

    def __init__(
        self,
        query: Query,
        message: IncomingMessage,
        role: Role,
        text: str,
        pictures: Sequence[Picture],
    ) -> None:
        self._query = query
        self._message = message
        self._role = role
        self._text = text
        self._pictures = pictures
        self._thread = str(message.thread)

    async def place(self) -> Receipt:
        active = await self._query(
            "SELECT id, requester, role, agent, EXISTS (SELECT 1 FROM events e"
            " WHERE e.log_id = runs.id AND e.kind = 'stop_requested') FROM runs"
            f" WHERE thread = $1 AND {_ACTIVE} {{lock}}",
            self._thread,
        )
        ending = bool(active) and bool(active[0][4])
        joins = bool(active) and not ending and self._may_join(Role(active[0][2]), active[0][3])
        run = active[0][0] if joins else new_id()
        if known := await self._known(run):
            return Receipt(known, "duplicate")
        await keep(self._query, self._pictures, self._thread, self._message.user.key)
        self._touch_thread()
        if joins:
            await self._join(run, active[0][1])
            return Receipt(run, "joined")
        self._start(run, "queued" if active else "ready")
        return Receipt(run, "queued" if active else "started")

    @property
    def _ids(self) -> tuple[str, ...]:
        return tuple(each.id for each in self._pictures)

    def _may_join(self, role: Role, agent: str) -> bool:
        """Nobody's words ride on a run of more power than their own: not even its requester's,
        when they come through an API key of less. And an agent hears only what is said to it."""
        message = self._message
        return not message.fresh and message.agent == agent and self._role.covers(role)

    async def _known(self, run: str) -> str:
        """The run an earlier delivery of this message went to; empty when this is the first."""
        thread, message = self._message.thread, self._message
        place = str(ThreadRef(thread.platform, thread.space, thread.channel, ""))
        if await self._query(
            "INSERT INTO inbox VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING run",
            place, message.id, run, message.user.key,
        ):  # fmt: skip
            return ""
        [(known,)] = await self._query(
            "SELECT run FROM inbox WHERE place = $1 AND message = $2", place, message.id
        )
        return known

    def _touch_thread(self) -> None:
        self._query.later(
            "INSERT INTO threads VALUES ($1, $2, {now})"
            " ON CONFLICT (thread) DO UPDATE SET updated = excluded.updated",
            self._thread, " ".join(self._text.split())[:80] or self._pictures[0].name,
        )  # fmt: skip

    async def _join(self, run: str, requester: str) -> None:
        message = self._message
        events: list[Event] = [MessageJoined(message.user, self._role, self._text, self._ids)]
        if message.user.key == requester and message.addressed:
            closed = await supersede(self._query, run, "a newer message came", doubts=False)
            events = [*closed, *events]
        await sign(self._query, run, *events)

    def _start(self, run: str, status: str) -> None:
        message = self._message
        self._query.later(
            "INSERT INTO runs (id, thread, status, requester, role, model, agent, fresh, created)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            run, self._thread, status, message.user.key, self._role, message.model,
            message.agent, int(message.fresh), time(),
        )  # fmt: skip
        started = RunStarted(
            message.user, self._role, self._text, message.model, message.agent,
            fresh=message.fresh, source=message.source, pictures=self._ids,
        )  # fmt: skip
        insert(self._query, run, entries(Head(), [started]))


async def takes_part_in(store: Store, thread: ThreadRef, user: User) -> tuple[bool, bool]:
    """Whether the thread exists, and whether *user* said something in it."""
    [row] = await store.read(
        "SELECT EXISTS (SELECT 1 FROM threads WHERE thread = $1), EXISTS (SELECT 1 FROM inbox i"
        " JOIN runs r ON r.id = i.run WHERE i.sender = $2 AND r.thread = $1)",
        str(thread), user.key,
    )  # fmt: skip
    return bool(row[0]), bool(row[1])


def _readable(text: str, *, alone: bool) -> str:
    if alone and not text.strip():
        raise Refused("the message is empty: write what you want to know or have done")
    if len(text) > LONGEST:
        raise Refused(f"the message has {len(text)} characters; at most {LONGEST} are read")
    if _BINARY.search(text):
        raise Refused("the message holds binary data: send plain text")
    return text
