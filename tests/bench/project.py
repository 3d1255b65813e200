"""This project: message in, run on a real database, feed, and a follower that waits for its end."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from agent.models.ollama import Ollama
from agent.models.roles import Wanted
from agent.models.router import Router
from bot.app import Pace
from bot.chat import IncomingMessage, ThreadRef, User
from bot.events import ENDS, RunFinished
from bot.ids import new_id
from bot.recorded import ModelDelta, Recorded
from bot.spending import Budget
from bot.tool import Risk, Tool, tool
from tests.bench.contender import CONTEXT, MODEL, RESULT
from tests.kernel_kit import BOB, Bench, process


@tool(risk=Risk.READ)
async def probe(n: int) -> str:
    """Probe the system and return the reading."""
    return RESULT


class Project:
    """The whole kernel but the adapters."""

    def __init__(self, bench: Bench, database: Path) -> None:
        self.bench = bench
        self.database: Path | None = database

    async def say(self, text: str, by: User = BOB) -> ThreadRef:
        """Say something in a new thread."""
        thread = ThreadRef("web", "", "", new_id())
        await self.bench.kernel.bot.receive(IncomingMessage(new_id(), thread, by, text))
        return thread

    async def stream(self, prompt: str) -> AsyncIterator[str]:
        thread = await self.say(prompt)
        shown = 0
        async with aclosing(self.bench.kernel.bot.events(thread=thread)) as feed:
            async for item in feed:
                if isinstance(item, ModelDelta):
                    shown += len(item.text)
                    yield item.text
                elif isinstance(item, Recorded) and isinstance(item.event, ENDS):
                    assert isinstance(item.event, RunFinished), item.event
                    if not shown:
                        yield item.event.text
                    return


@asynccontextmanager
async def opened(
    url: str, directory: Path, tools: Sequence[Tool] = (probe,)
) -> AsyncGenerator[Project]:
    """The kernel on a new database in *directory*, asking the Ollama at *url*."""
    model = Router([Ollama(url, (MODEL,), max_context=CONTEXT)], [Wanted(MODEL)])
    pace = Pace(budget=Budget(steps=1000, calls=1000, tokens=10**9))
    async with process(directory, model, tools, pace=pace) as bench:
        yield Project(bench, directory / "bot.db")
    await model.close()
