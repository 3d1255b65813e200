"""A program that runs in a container: its output as it comes, and its certain end."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Literal

from aiohttp import StreamReader

from bot.resources import CommandResult
from bot.tool import OutcomeUnknown, ToolError
from tools.engine import Engine, NotThere, frames
from tools.hosts.output import READ, Capture

GRACE = 1.0
"""Seconds between TERM and KILL, and between KILL and giving up."""
POLL = 0.1
_SIGNAL = """for pass in $3; do
  for p in /proc/[0-9]*; do
    if grep -qs -- "$1" "$p/environ"; then echo "$p"; kill -s "$2" "${p#/proc/}"; fi
  done
done"""
"""An engine cannot end what it was asked to run, and its process ids mean nothing in the container:
so all that a call starts is found by a variable of its own. Tells whom it found."""
_PASSES = {"KILL": "1 2 3 4"}
"""One that is killed late can start another in the meantime."""
_START = {"Detach": False, "Tty": False}


class Program:
    """One call of ``docker exec``. What it starts can be ended in containers that have a shell."""

    def __init__(
        self, engine: Engine, container: str, words: Sequence[str], *, user: str, workdir: str
    ) -> None:
        self._engine = engine
        self._container = container
        self._words = words
        self._user = user
        self._workdir = workdir
        self._mark = f"AI_CALL={secrets.token_hex(16)}"
        self._id = ""

    async def run(self, seconds: float, on_output: Callable[[str], None]) -> CommandResult:
        """Raises ToolError when it was never started, OutcomeUnknown when its end is not known.

        When cancelled, the caller has to :meth:`end` it."""
        began = monotonic()
        capture = Capture(on_output)
        self._id = await self._create(self._words, self._mark)
        try:
            async with self._stream(self._id) as content:
                why = await _follow(content, capture, seconds)
            code = None if why else await self._exit_code()
            ended = await self._ended(code)
        except ToolError as error:
            raise OutcomeUnknown(f"it was started, but then: {error}") from error
        output = capture.end()
        note = f"[{ended} {why}]\n" if ended != "exited" else ""
        return CommandResult(
            exit_code=code,
            output=output + ("\n" if note and output and not output.endswith("\n") else "") + note,
            dropped=capture.dropped,
            seconds=round(monotonic() - began, 3),
            ended=ended,
        )

    async def end(self) -> bool:
        """TERM, then KILL, to all that it started; whether nothing of it is left."""
        if not self._id:
            return True
        try:
            for name in ("TERM", "KILL"):
                await self._signal(name)
                deadline = monotonic() + GRACE
                while monotonic() < deadline:
                    if not await self._lives():
                        return True
                    await asyncio.sleep(POLL)
        except NotThere:
            return True  # the container went, and all that ran in it
        except ToolError:
            return False
        return False

    async def _ended(self, code: int | None) -> Literal["exited", "killed", "may still run"]:
        if code is not None:
            return "exited"
        return "killed" if await self.end() else "may still run"

    async def _exit_code(self) -> int | None:
        """None when it has closed its output and goes on: then it is ended."""
        deadline = monotonic() + GRACE
        while monotonic() < deadline:
            seen = await self._engine.ask(lambda client: client.exec_inspect(self._id))
            if not seen["Running"]:
                return seen["ExitCode"]
            await asyncio.sleep(POLL)
        return None

    async def _lives(self) -> bool:
        seen = await self._engine.ask(lambda client: client.exec_inspect(self._id))
        return seen["Running"] or await self._signal("0") != b""

    async def _signal(self, name: str) -> bytes:
        """Whom it found; not empty either when there is no shell to look."""
        finder = await self._create(
            ["sh", "-c", _SIGNAL, "sh", self._mark, name, _PASSES.get(name, "1")]
        )
        async with self._stream(finder) as content:
            return b"".join([data async for _, data in frames(content)])

    async def _create(self, words: Sequence[str], *environment: str) -> str:
        created = await self._engine.ask(
            lambda client: client.exec_create(
                self._container,
                words,
                environment=environment,
                user=self._user,
                workdir=self._workdir or None,
            )
        )
        return created["Id"]

    def _stream(self, one: str) -> AbstractAsyncContextManager[StreamReader]:
        return self._engine.stream("POST", f"/exec/{one}/start", body=_START, silent=True)


async def _follow(content: StreamReader, capture: Capture, seconds: float) -> str:
    """Take the output in. Why the program must be ended; empty when it ended by itself."""
    try:
        async with asyncio.timeout(seconds):
            async for _, data in frames(content):
                capture.feed(data)
                if capture.too_much:
                    return f"after more than {READ // 2**20} MiB of output"
    except TimeoutError:
        return f"after {seconds:g} s"
    return ""
