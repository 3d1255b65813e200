"""Durable runs: whoever claims a run drives it; a lease says how long nobody else may.

A process that dies leaves rows, and after one lease somebody continues from them. Leases and
clocks matter for speed only: what makes a call run once is the fence in its log.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from time import monotonic, time

import structlog

from bot.access import Access
from bot.agents import Agent
from bot.approvals import Approvals
from bot.chat import ThreadRef
from bot.driving import Driver
from bot.feed import Feed
from bot.ids import new_id
from bot.ledger import STALE_AFTER
from bot.ports import Row, Store, StoreError
from bot.run import Claim, Lost, Run

log = structlog.get_logger()
_GIVE_UP = 5
"""Claims without a new event after which a run fails instead of being tried for ever."""
_COLUMNS = "id, thread, agent, fence, wake, claims, wake_at"
_CLAIM = f"""
UPDATE runs SET status = 'running', owner = $1, fence = fence + 1, lease = {{now}} + $2,
  claims = CASE WHEN head = (SELECT MAX(seq) FROM events WHERE log_id = runs.id)
           THEN claims + 1 ELSE 1 END,
  head = (SELECT MAX(seq) FROM events WHERE log_id = runs.id)
WHERE id IN (SELECT id FROM runs WHERE status = 'ready' OR (status = 'running' AND lease < {{now}}
    AND owner <> $1)
  ORDER BY CASE WHEN fence > 0 THEN 0 ELSE 1 END, created LIMIT $3 {{skip}})
RETURNING {_COLUMNS}"""


class Runtime:
    def __init__(
        self,
        store: Store,
        feed: Feed,
        access: Access,
        agents: Sequence[Agent],
        *,
        lease: float = 15.0,
        slots: int = 512,
    ) -> None:
        """*lease*: seconds; a third of it passes between two beats."""
        self.owner = new_id()
        self.trouble = ""
        """What keeps runs from being claimed, for ``/health``."""
        self._store = store
        self._feed = feed
        self._access = access
        self._agents = {each.name: each for each in agents}
        self._lease = lease
        self._slots = slots
        self._live: dict[str, tuple[Run, asyncio.Task[None]]] = {}
        self._ready = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    def wake(self) -> None:
        """A run became ready."""
        self._ready.set()

    def changed(self, run: str) -> None:
        """Somebody wrote a signal into the run's log: whoever owns it here reads it now."""
        self._feed.ring()
        self.wake()
        if run in self._live and self._tasks:
            self._tasks.create_task(self._look(*self._live[run]))

    async def take_over(self) -> None:
        """Claim at once what an earlier life of this process owned. Only under the file lock."""
        await self._store.write("UPDATE runs SET lease = 0 WHERE status = 'running'")
        await self._store.write("UPDATE locks SET until = 0 WHERE until > 0")

    async def serve(self, driver: Driver, approvals: Approvals) -> None:
        """Claim and drive runs until cancelled; then hand them back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._beat(approvals))
                await self._claim_for_ever(driver, tasks)
        finally:
            self._tasks = None
            await self._store.write(
                "UPDATE runs SET status = 'ready', owner = NULL"
                " WHERE owner = $1 AND status = 'running'",
                self.owner,
            )

    async def _claim_for_ever(self, driver: Driver, tasks: asyncio.TaskGroup) -> None:
        try:
            while True:
                self._ready.clear()
                await self._try_claim(driver, tasks)
                await self._ready.wait()
        finally:
            self._tasks = None  # who signals from now on finds nobody to tell, and the next life

    async def _try_claim(self, driver: Driver, tasks: asyncio.TaskGroup) -> None:
        """A full disk stops new work and not the process: every beat tries again."""
        try:
            await self._claim(driver, tasks)
        except StoreError as error:
            self.trouble = f"no run can be claimed: {error}"
            log.exception("claim failed")
        else:
            self.trouble = ""

    async def _claim(self, driver: Driver, tasks: asyncio.TaskGroup) -> None:
        while free := self._slots - len(self._live):
            asked = monotonic()
            rows = await self._store.write(_CLAIM, self.owner, self._lease, free)
            for row in rows:
                run = self._run(row)
                run.deadline = asked + self._lease
                task = tasks.create_task(self._advance(driver, run, row))
                self._live[run.id] = run, task
            if len(rows) < free:
                return

    def _run(self, row: Row) -> Run:
        identity, thread, agent, fence, wake = row[:5]
        claim = Claim(identity, ThreadRef.parse(thread), agent, self.owner, fence, wake)
        return Run(claim, self._store, self._agents[agent], self._feed.offer)

    async def _advance(self, driver: Driver, run: Run, row: Row) -> None:
        """One task per claimed run. Whatever cannot be written gives the run back."""
        try:
            if broken := await _guarded(run, self._attempt(driver, run, row)):
                await _guarded(run, driver.fail(run, broken))
        finally:
            self._forget(run)

    async def _attempt(self, driver: Driver, run: Run, row: Row) -> None:
        claims, wake_at = row[5:7]
        try:
            await self._begin(run, wake_at or 0.0)
            if claims > _GIVE_UP:
                await driver.fail(run, f"gave up after {_GIVE_UP} attempts without any progress")
            else:
                await driver.drive(run)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not run.ledger.stop or task is None:
                raise
            task.uncancel()
            await driver.stop(run)

    async def _begin(self, run: Run, wake_at: float) -> None:
        history = await run.load()
        late = time() - max(history[-1].at / 1e6, wake_at) > STALE_AFTER
        run.ledger.stale = run.ledger.stale or late
        run.role = await self._access.role(run.user)

    def _forget(self, run: Run) -> None:
        if run.id in self._live and self._live[run.id][0] is run:
            del self._live[run.id]
        if len(self._live) == self._slots - 1:
            self.wake()

    async def _look(self, run: Run, task: asyncio.Task[None]) -> None:
        """Read signals of a live run; a stop cancels whatever it is doing."""
        await _guarded(run, run.catch_up())
        if run.ledger.stop and not task.cancelling():
            task.cancel()

    async def _beat(self, approvals: Approvals) -> None:
        while True:
            try:
                await self._renew()
                await approvals.expire()
                await self._alarm()
            except StoreError as error:
                log.warning("beat missed", error=str(error))
                self.wake()
            await asyncio.sleep(self._lease / 3)

    async def _renew(self) -> None:
        """Extend the leases; find signals from elsewhere, and runs that lost their task."""
        asked = monotonic()
        rows = await self._store.write(
            "UPDATE runs SET lease = {now} + $2 WHERE owner = $1 AND status = 'running'"
            " RETURNING id, fence, wake",
            self.owner, self._lease,
        )  # fmt: skip
        for identity, fence, wake in rows:
            run, task = self._live.get(identity, (None, None))
            if run is None or task is None or run.owned[2] != fence:
                await self._give_back(identity, fence)
                continue
            run.deadline = asked + self._lease
            if run.wake != wake:
                await self._look(run, task)

    async def _give_back(self, run: str, fence: int) -> None:
        """The database failed under the run's task, or it ended without saying so."""
        await self._store.write(
            "UPDATE runs SET status = 'ready', owner = NULL"
            " WHERE id = $1 AND owner = $2 AND fence = $3",
            run, self.owner, fence,
        )  # fmt: skip
        self.wake()

    async def _alarm(self) -> None:
        """Wake runs whose time has come, and look for those of replicas that died."""
        await self._store.write(
            "UPDATE runs SET status = 'ready' WHERE status = 'waiting' AND wake_at <= {now}"
        )
        self.wake()


async def _guarded(run: Run, work: Awaitable[None]) -> str:
    """Do *work*; what broke it, for the person, or nothing. One run's failure harms no other."""
    try:
        await work
    except (Lost, StoreError) as error:
        log.warning("run given back", run=run.id, error=repr(error))
    except Exception as error:
        # Whatever broke, the person in the thread must hear of it, and the other runs go on.
        log.exception("run failed", run=run.id)
        return f"internal error: {error!r}"
    return ""
