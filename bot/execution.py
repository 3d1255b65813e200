"""Running a call that was allowed, and telling how it ended."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from bot.chat import ThreadRef
from bot.events import Outcome, ToolFinished
from bot.feed import Feed
from bot.judged import Prepared
from bot.recorded import ToolOutput
from bot.redact import Redactor
from bot.resources import Resources
from bot.run import Run
from bot.tool import OutcomeUnknown, Tool, ToolCall, ToolContext, ToolError, ToolResult


class Executor:
    def __init__(self, resources: Resources, feed: Feed, redactor: Redactor) -> None:
        self._resources = resources
        self._feed = feed
        self._redact = redactor

    def context(self, run: Run, call: ToolCall, tool: Tool) -> ToolContext:
        """What a tool is handed for one call of one run."""
        return ToolContext(
            run_id=run.id,
            call_id=call.id,
            user=run.user,
            thread=run.thread,
            hosts=self._resources.hosts,
            memory=self._resources.memory,
            progress=self._progress(run.id, call.id, run.thread),
            deadline=monotonic() + tool.timeout,
            idempotency_key=f"{run.id}:{call.id}",
            tainted=run.ledger.tainted,
        )

    async def execute(self, prepared: Prepared) -> ToolFinished:
        """Run the call. A failure is its outcome; only bugs are raised."""
        began = monotonic()
        finished = await self._outcome(prepared)
        return replace(finished, seconds=round(monotonic() - began, 3))

    async def _outcome(self, prepared: Prepared) -> ToolFinished:
        seconds = prepared.tool.timeout
        try:
            async with asyncio.timeout(seconds):
                result = await prepared.tool(prepared.args, prepared.ctx)
        except OutcomeUnknown as error:
            return self._finished(prepared, "unknown", ToolResult(str(error)))
        except ToolError as error:
            return self._finished(prepared, "error", ToolResult(str(error)))
        except TimeoutError:
            outcome: Outcome = "error" if prepared.reads else "unknown"
            return self._finished(prepared, outcome, ToolResult(f"no end after {seconds:g} s"))
        return self._finished(prepared, "ok", result)

    def _finished(self, prepared: Prepared, outcome: Outcome, result: ToolResult) -> ToolFinished:
        finished = ToolFinished(
            call_id=prepared.call.id,
            outcome=outcome,
            output=result.text,
            trust=result.trust or prepared.verdict.trust,
            table=result.table,
            plot=result.plot,
        )
        return self._redact.presentable(finished)

    def _progress(self, run: str, call: str, thread: ThreadRef) -> Callable[[str], None]:
        """Shows a tool's output as it comes to whoever follows, redacted."""
        stream = self._redact.stream()
        offset = 0

        def show(text: str) -> None:
            nonlocal offset
            if safe := stream.feed(text):
                self._feed.live(ToolOutput(run, call, offset, safe, thread))
                offset += len(safe)

        return show
