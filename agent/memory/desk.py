"""What people may do with memories, behind the commands: details, reviews, feedback, numbers."""

from collections.abc import Sequence

from agent.memory.index import Index
from agent.memory.memories import Memories
from agent.memory.notebook import Notebook
from agent.memory.spool import Spool
from agent.memory.wording import shown
from bot.access import Access, authorize
from bot.chat import Role, User
from bot.events import ModelReplied
from bot.journal import load
from bot.memory import BadMemory, Remembered, Standpoint
from bot.ports import NotFound, Refused, Store
from bot.receiving import takes_part_in


class Desk:
    def __init__(
        self, store: Store, notebook: Notebook, memories: Memories, index: Index, access: Access
    ) -> None:
        self.memories = memories
        self._store = store
        self._spool = Spool(store)
        self._notebook = notebook
        self._index = index
        self._access = access

    async def role(self, user: User) -> Role:
        return await self._access.role(user)

    async def found(self, ids: Sequence[int], at: Standpoint) -> Sequence[Remembered]:
        """Raises NotFound naming those that are not there."""
        try:
            return await self.memories.get(ids, at)
        except BadMemory as why:
            raise NotFound(str(why)) from why

    async def may_forget(self, memories: Sequence[Remembered], user: User) -> None:
        """People may forget what they told; what others told only approvers may."""
        others = [f"#{memory.id}" for memory in memories if memory.person != user.key]
        if others:
            what = f"Forgetting what others told ({', '.join(others)})"
            authorize(await self.role(user), Role.APPROVER, what)

    async def details(self, memory: int, at: Standpoint) -> str:
        """One memory with everything that is known of it, and what it replaced."""
        [found] = await self.found([memory], at)
        lines = [
            shown(found),
            f"scope {found.scope}, trust {found.trust}, used {found.used} times,"
            f" score {found.score:+}",
            f"from {found.thread}" + (f", run {found.run}" if found.run else ""),
        ]
        replaced = [f"replaced {shown(old)}" for old in await self._notebook.history(found)]
        return "\n".join((*lines, *replaced))

    async def waiting(self, at: Standpoint) -> Sequence[Remembered]:
        return await self._notebook.newest(at.keys, status="review", kind=None, limit=20)

    async def review(self, ids: Sequence[int], at: Standpoint, *, accept: bool) -> str:
        for each in ids:
            if await self._notebook.waiting(each, at.keys) is None:
                raise NotFound(f"no memory #{each} waits for a review here; memory review lists")
        for each in ids:
            await (self._notebook.accept if accept else self._notebook.reject)(each)
        if accept:
            self._index.wake()
        numbers = ", ".join(f"#{each}" for each in ids)
        return f"{'accepted' if accept else 'rejected'}: {numbers}"

    async def feedback(self, good: bool, run: str, at: Standpoint) -> str:  # noqa: FBT001 - it is what was said
        run = run or await self._newest(at)
        await self._took_part(run, at)
        used = [
            int(memory)
            for recorded in await load(self._store, run, None)
            if isinstance(recorded.event, ModelReplied)
            for memory in recorded.event.context.memories
        ]
        await self._notebook.judge(run, at.user.key, sorted(set(used)), good=good)
        count = len(set(used))
        about = f"{count} memories were used in it" if count != 1 else "one memory was used in it"
        return f"noted: {'good' if good else 'bad'}; {about}"

    async def stats(self) -> str:
        said = await stats(self._spool, self._store)
        return f"{said}\nby words only: {self._index.trouble}" if self._index.trouble else said

    async def _newest(self, at: Standpoint) -> str:
        rows = await self._store.read(
            "SELECT id FROM runs WHERE thread = $1 AND status IN ('done', 'failed', 'stopped')"
            " ORDER BY id DESC LIMIT 1",
            str(at.thread),
        )
        if not rows:
            raise Refused("nothing was answered in this thread yet: name the run")
        return rows[0][0]

    async def _took_part(self, run: str, at: Standpoint) -> None:
        """Only who took part in a thread, or an admin, judges what was answered there."""
        rows = await self._store.read("SELECT thread FROM runs WHERE id = $1", run)
        thread = at.thread.parse(rows[0][0]) if rows else None
        if thread is not None:
            _, takes_part = await takes_part_in(self._store, thread, at.user)
            if takes_part or (await self.role(at.user)).covers(Role.ADMIN):
                return
        raise NotFound(f"there is no run {run!r}")


async def stats(spool: Spool, store: Store) -> str:
    rows = await store.read(
        "SELECT status, kind, COUNT(*) FROM memories WHERE status <> 'forgotten'"
        " GROUP BY status, kind ORDER BY status, kind"
    )
    lines = [f"{status} {kind}: {count}" for status, kind, count in rows]
    lines += [f"index {name}: {held}" for name, held in await spool.indexes()]
    return "\n".join(lines) or "nothing is remembered yet"
